import { expect } from 'chai';
import { EventEmitter } from 'node:events';
import { createGate } from '../../../runtime/pacing/gate.ts';
import { atOnce } from '../../../runtime/pacing/spread.ts';

describe('a gate', () => {
  it('holds work until it opens, but not that of connections that have ended', () => {
    const gate = createGate(atOnce);
    const done: string[] = [];
    const ask = (name: string): EventEmitter => {
      const connection = new EventEmitter();
      gate.run(connection, () => void done.push(name));
      return connection;
    };
    const one = ask('one');
    ask('two').emit('close');
    ask('three');
    expect(done).to.deep.equal([]);
    gate.open();
    ask('four');
    expect(done).to.deep.equal(['one', 'three', 'four']);
    expect(one.listenerCount('close')).to.equal(0);
  });
});
