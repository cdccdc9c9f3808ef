import { expect } from 'chai';
import sinon from 'sinon';
import { createInflow } from '../../../runtime/pacing/inflow.ts';
import { limitedLines } from '../../../runtime/pacing/limited-lines.ts';
import { createTurns } from '../../../runtime/pacing/spread.ts';

describe('work that others cause', () => {
  let clock: sinon.SinonFakeTimers;
  let now: number;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['setImmediate'] });
    now = 0;
    sinon.replace(performance, 'now', () => now);
  });
  afterEach(() => {
    clock.restore();
    sinon.restore();
  });

  it('takes a turn for its time and leaves the rest for the next ones, in order', () => {
    const turns = createTurns(20);
    const done: number[] = [];
    for (let n = 1; n <= 5; n += 1) {
      turns.run(() => {
        done.push(n);
        now += 15;
      });
    }
    expect(done).to.deep.equal([1, 2]);
    clock.next();
    expect(done).to.deep.equal([1, 2, 3, 4]);
    clock.next();
    expect(done).to.deep.equal([1, 2, 3, 4, 5]);
  });

  it('takes what comes while it works in a turn after what waits, once each', () => {
    const turns = createTurns(20);
    const done: string[] = [];
    const add = (name: string, inner?: string): void =>
      turns.run(() => {
        done.push(name);
        now += 15;
        if (inner !== undefined) add(inner);
      });
    add('a');
    add('b');
    add('c', 'f');
    add('d', 'g');
    add('e');
    for (let turn = 0; turn < 5; turn += 1) clock.next();
    expect(done).to.deep.equal(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    add('h');
    expect(done.at(-1)).to.equal('h');
  });
});

describe('the messages of the other side', () => {
  it('is too much beyond a number of messages or bytes in a while, and may continue after it', () => {
    const inflow = createInflow({ withinMs: 1000, messages: 3, bytes: 100 });
    const at = (now: number, bytes: number): boolean => inflow.take(bytes, now);
    expect([at(0, 1), at(1, 1), at(2, 1), at(3, 1)]).to.deep.equal([true, true, true, false]);
    expect([at(1000, 100), at(1001, 1)]).to.deep.equal([true, false]);
    expect(at(2000, 1)).to.equal(true);
  });
});

describe('log lines that others cause', () => {
  it('are bounded in a while; the rest is counted', () => {
    const lines: string[] = [];
    let now = 0;
    const info = (message: string, fields = {}): void =>
      void lines.push(`${message} ${JSON.stringify(fields)}`);
    const say = limitedLines(info, () => now, { everyMs: 1000, lines: 2 });
    for (const node of ['a', 'b', 'c', 'd']) say('joined', { node });
    now = 1000;
    say('joined', { node: 'e' });
    expect(lines).to.deep.equal([
      'joined {"node":"a"}',
      'joined {"node":"b"}',
      'lines of this kind were left out {"count":2}',
      'joined {"node":"e"}',
    ]);
  });
});
