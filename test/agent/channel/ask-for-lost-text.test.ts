/**
 * A text that the disk lost while the connection is up: the agent asks the controller for it, not
 * too often.
 */
import { expect } from 'chai';
import { askForLostText } from '../../../agent/channel/ask-for-lost-text.ts';
import { createManualClock, type ManualClock } from '../../support/clocks/manual-clock.ts';
import { MemoryAgent } from '../../support/twins/memory-agent.ts';

const lineage = 'controller:default';
const timing = { patienceMs: 5000, everyMs: 60_000 };

/** A request in one turn of the loop is known in the next. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('asking the controller for a lost text', () => {
  let agent: MemoryAgent;
  let clock: ManualClock;
  let asked: number[];
  let stop: () => void;

  beforeEach(async () => {
    agent = new MemoryAgent({ name: 'node-0' });
    clock = createManualClock();
    asked = [];
    stop = askForLostText(agent, {
      lineage,
      clock,
      timing,
      askAgain: ({ number }) => void asked.push(number),
    });
    await accept(1);
  });
  afterEach(() => stop());

  const accept = async (number: number, from = lineage): Promise<void> => {
    await agent.offer({
      source: 'controller',
      lineage: from,
      number,
      digest: `sha256:${String(number).padStart(64, '0')}`,
      mediaType: 'application/yaml',
      text: '',
      by: 'test',
    });
    await turn();
  };
  const pass = async (milliseconds: number): Promise<void> => {
    clock.advance(milliseconds);
    await turn();
  };
  const lose = (): void => agent.loseText();

  it('asks when the text is still lost after five seconds', async () => {
    lose();
    await pass(4999);
    expect(asked).to.deep.equal([]);
    await pass(1);
    expect(asked).to.deep.equal([1]);
  });

  it('asks once a minute at most, however often it fails', async () => {
    lose();
    await pass(5000);
    for (let second = 0; second < 59; second += 1) {
      lose();
      await pass(1000);
    }
    expect(asked).to.deep.equal([1]);
    await pass(1000);
    expect(asked).to.deep.equal([1, 1]);
  });

  const silent: readonly [what: string, happens: () => Promise<void> | void][] = [
    [
      'the text is there again',
      () => {
        lose();
        agent.findText();
      },
    ],
    [
      'another revision was accepted meanwhile',
      async () => {
        lose();
        await accept(2);
      },
    ],
    [
      'it fails for another reason',
      () => {
        agent.forget();
        agent.fail('datastore-failed', true);
      },
    ],
    [
      'the configuration did not come from this controller',
      async () => {
        await accept(3, 'local:node-0');
        lose();
      },
    ],
    [
      'it was stopped',
      () => {
        lose();
        stop();
      },
    ],
  ];
  for (const [what, happens] of silent) {
    it(`does not ask when ${what}`, async () => {
      await happens();
      await pass(timing.everyMs);
      expect(asked).to.deep.equal([]);
    });
  }
});
