import { expect } from 'chai';
import { Duplex } from 'node:stream';
import { createPlaces } from '../../../runtime/network/connection-places.ts';

describe('places for connections', () => {
  it('are bounded for each address and in all, and come back when a connection ends', () => {
    const places = createPlaces(2, 3);
    const taken = ['a', 'a', 'b'].map((remote) => {
      const socket = new Duplex();
      places.take(remote, socket);
      return { remote, socket };
    });
    const left = (): readonly boolean[] => ['a', 'b', 'c'].map((one) => places.areLeft(one));
    expect(left(), 'all are taken').to.deep.equal([false, false, false]);
    taken[2]?.socket.emit('close');
    expect(left(), 'one of "b" is free').to.deep.equal([false, true, true]);
    taken[0]?.socket.emit('close');
    expect(left(), 'one of "a" as well').to.deep.equal([true, true, true]);
  });
});
