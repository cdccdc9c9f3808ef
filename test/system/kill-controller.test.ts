/**
 * kill -9 of the built controller in each phase of a rollout, on both engines of its store: right before
 * a transition is on disk, or right after it. `npm run bench -- controller-kills` kills at all points.
 */
import { expect } from 'chai';
import { surviveKills, type Course } from '../support/killed-rollout/killed-rollout.ts';
import { needsEtcd, startEtcd, type RunningEtcd } from '../support/servers/etcd.ts';

interface Chain {
  readonly engine: 'embedded' | 'etcd';
  readonly course: Course;
  /** Each ends one process, by the names of test/support/killed-rollout/die-at-commit.cjs. */
  readonly points: readonly string[];
}

const chains: readonly Chain[] = [
  {
    engine: 'embedded',
    course: 'done',
    points: [
      'after forward 0 before',
      'after answers in forward 1 running',
      'after forward 3 barrier',
      'before forward 3 running',
    ],
  },
  {
    engine: 'etcd',
    course: 'aborted',
    points: [
      'before forward 0 running',
      'before back 0 running',
      'after back 1 running',
      'before aborted',
    ],
  },
];

describe('a rollout whose controller kill -9 ends', function () {
  this.timeout(600_000);
  let etcd: RunningEtcd;
  const ends = new Map<Chain, Promise<unknown>>();
  before(async function () {
    needsEtcd(this);
    etcd = await startEtcd();
    for (const chain of chains) {
      const how = chain.engine === 'etcd' ? { ...chain, etcd } : chain;
      ends.set(
        chain,
        surviveKills(how).catch((error: unknown) => error),
      );
    }
  });
  after(async () => {
    await Promise.all(ends.values());
    await etcd.stop();
  });

  for (const chain of chains) {
    const { engine, course, points } = chain;
    it(`is ${course} in the end, without a step twice or left out: ${engine}`, async () => {
      const end = await ends.get(chain);
      if (end instanceof Error) throw end;
      expect(end).to.deep.equal(points);
    });
  }
});
