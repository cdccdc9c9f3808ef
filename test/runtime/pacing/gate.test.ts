import { expect } from 'chai';
import { EventEmitter } from 'node:events';
import { createGate } from '../../../runtime/pacing/gate.ts';
import { atOnce, createTurns } from '../../../runtime/pacing/spread.ts';

class Connection extends EventEmitter {
  isDestroyed = false;

  destroy(): void {
    this.isDestroyed = true;
  }
}

describe('a gate', () => {
  it('holds work until it opens, but not that of connections that have ended', () => {
    const gate = createGate(atOnce);
    const done: string[] = [];
    const ask = (name: string, connection = new Connection()): Connection => {
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
    expect(one.eventNames()).to.deep.equal([]);
  });

  it('holds one work of each connection, and ends those that ask or send more', () => {
    const gate = createGate(atOnce);
    const done: string[] = [];
    const [impatient, talkative, patient] = [new Connection(), new Connection(), new Connection()];
    for (const [n, connection] of [impatient, talkative, patient].entries()) {
      gate.run(connection, () => void done.push(`the first of ${String(n)}`));
    }
    for (let n = 0; n < 3; n += 1) gate.run(impatient, () => void done.push('a later one'));
    talkative.emit('readable');
    expect([impatient, talkative, patient].map((one) => one.isDestroyed)).to.deep.equal([
      true,
      true,
      false,
    ]);
    impatient.emit('close');
    talkative.emit('close');
    gate.open();
    expect(done).to.deep.equal(['the first of 2']);
  });

  it('says to all that it is open before their turns come, and not to those that came later', () => {
    const waiting: (() => void)[] = [];
    const gate = createGate({ run: (work) => void waiting.push(work) });
    const said: string[] = [];
    for (const name of ['one', 'two'])
      gate.run(
        new Connection(),
        () => void said.push(name),
        () => void said.push(`open to ${name}`),
      );
    gate.open();
    expect(said).to.deep.equal(['open to one', 'open to two']);
    for (const work of waiting) work();
    gate.run(
      new Connection(),
      () => void said.push('three'),
      () => void said.push('open to three'),
    );
    expect(said.slice(2)).to.deep.equal(['one', 'two', 'three']);
  });

  it('lets the work that came first go on before it begins with all the rest', async () => {
    const gate = createGate(createTurns());
    const done: string[] = [];
    const connections = Array.from({ length: 300 }, () => new Connection());
    let left = 2 * (connections.length - 1);
    await new Promise<void>((resolve) => {
      const finished = (name: string): void => {
        done.push(name);
        left -= 1;
        if (left === 0) resolve();
      };
      for (const connection of connections) {
        gate.run(connection, () => {
          finished('began');
          // As the answer of the other side does.
          setImmediate(() => finished('went on'));
        });
      }
      gate.open();
      connections.at(-1)?.emit('close');
    });
    expect(done.filter((name) => name === 'began')).to.have.length(299);
    expect(done.indexOf('went on')).to.be.lessThan(done.lastIndexOf('began'));
    expect(connections.flatMap((one) => one.eventNames())).to.deep.equal(['readable']);
  });
});
