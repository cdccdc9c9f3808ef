import { expect } from 'chai';
import sinon from 'sinon';
import { tellWait } from '../../../controller/clusters/tell-wait.ts';

describe('a start that waits for its store', () => {
  it('is in the log after 3 s, with the store and the time', async () => {
    const clock = sinon.useFakeTimers();
    try {
      const lines: string[] = [];
      let shown: (() => string) | undefined;
      let end: () => void = () => undefined;
      const reading = new Promise<void>((resolve) => {
        end = resolve;
      });
      const told = tellWait(reading, {
        place: 'etcd at https://10.0.0.1:2379',
        elapsedMs: () => performance.now(),
        waiting: (text) => {
          shown = text;
        },
        logger: { warn: (line) => void lines.push(line) },
      });
      clock.tick(2999);
      expect(lines).to.deep.equal([]);
      clock.tick(1);
      const work = 'the state to be read from etcd at https://10.0.0.1:2379 and checked';
      expect(lines).to.deep.equal([`the start has waited 3 s for ${work}`]);
      clock.tick(9000);
      expect(shown?.()).to.equal(`has waited 12 s for ${work}`);
      end();
      await told;
      expect(shown).to.equal(undefined);
    } finally {
      clock.restore();
    }
  });
});
