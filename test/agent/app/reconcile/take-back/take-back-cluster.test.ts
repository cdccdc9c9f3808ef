import { expect } from 'chai';
import {
  createTakeBackCluster,
  type TakeBackClusterDeps,
} from '../../../../../agent/app/reconcile/take-back/take-back-cluster.ts';
import type { AgentState } from '../../../../../agent/app/state/agent-state.ts';
import type { Rejection } from '../../../../../core/revision/revision.ts';
import type { WriterRecord } from '../../../../../core/writer/writer-record.ts';
import { createManualClock, type ManualClock } from '../../../../support/clocks/manual-clock.ts';

const minuteMs = 60_000;
const at = '2026-01-01T00:00:00Z';
const rejection = (number: number): Rejection => ({
  ...{ lineage: 'local', number, digest: `sha256:${String(number)}` },
  ...{ at, reason: 'LXD refused it' },
});
const recordOf = (number: number, by = 'node-0'): WriterRecord => {
  const { lineage, digest } = rejection(number);
  return { formatVersion: 1, generation: 3, revision: { lineage, number, digest }, by, at };
};

describe('the way back of edits of Kubernetes objects', () => {
  let clock: ManualClock;
  let state: AgentState;
  let record: WriterRecord | undefined;
  let onClaim: () => string | undefined;
  let did: string[];
  let warned: string[];
  beforeEach(() => {
    clock = createManualClock();
    state = { formatVersion: 1, lineages: [], rejected: [rejection(7)], editedCluster: true };
    record = undefined;
    onClaim = () => undefined;
    did = [];
    warned = [];
  });

  const start = (): ReturnType<typeof createTakeBackCluster> => {
    const log = (message: string): void => void warned.push(message);
    const deps: TakeBackClusterDeps = {
      targets: {
        cluster: {
          observe: () => {
            did.push('observe');
            return Promise.resolve({ objects: [], workloads: [], strayPods: [] });
          },
          apply: () => Promise.reject(new Error('there is nothing to change')),
          rollout: () => Promise.reject(new Error('there is no rollout')),
        },
      },
      records: {
        state: {
          current: () => state,
          change: async (decide) => {
            const { state: next, result } = await decide(state);
            state = next ?? state;
            return result;
          },
        },
      },
      node: { facts: () => ({ name: 'node-1' }) },
      writer: {
        takeTurn: () => {
          did.push('claim');
          return Promise.resolve(onClaim());
        },
        done: () => Promise.resolve(void did.push('done')),
        read: () => Promise.resolve(record === undefined ? {} : { record }),
        answerOnce: () => Promise.resolve(void did.push('answer')),
        announceTakeBack: () => Promise.resolve(void did.push('announce')),
      },
      report: { logger: { debug: log, info: log, warn: log, error: log } },
      clock,
    };
    return createTakeBackCluster(deps);
  };

  it('is gone where no revision counts any more', async () => {
    expect(await start()(rejection(7))).to.equal(undefined);
    expect(did).to.deep.equal(['claim', 'observe', 'answer', 'done']);
    expect(state.editedCluster).to.equal(undefined);
  });

  it('is not begun where the objects are those of another revision', async () => {
    record = recordOf(8);
    expect(await start()(rejection(7))).to.equal(undefined);
    expect(did).to.deep.equal([]);
    expect(state.editedCluster).to.equal(undefined);
  });

  it('is told to the others first, also where another revision was rejected since', async () => {
    record = recordOf(7, 'node-1');
    state = { ...state, begun: rejection(7) };
    expect(await start()(rejection(7))).to.equal('the other agents learn of it');
    state = { ...state, rejected: [rejection(7), rejection(8)] };
    expect(await start()(rejection(8))).to.equal('the other agents learn of it');
    expect(did).to.deep.equal(['announce', 'announce']);
    expect(state.editedCluster).to.equal(true);
  });

  it('is not told where the revision was in the cluster before this agent was installed anew', async () => {
    record = recordOf(7, 'node-1');
    expect(await start()(rejection(7))).to.equal(undefined);
    expect(did).to.deep.equal([]);
    expect(warned).to.have.length(1);
    expect(state.editedCluster).to.equal(undefined);
  });

  it('ends where another revision came before the writer lease', async () => {
    onClaim = () => {
      record = recordOf(8);
      return undefined;
    };
    expect(await start()(rejection(7))).to.equal(undefined);
    expect(did).to.deep.equal(['claim', 'done']);
    expect(state.editedCluster).to.equal(undefined);
  });

  it('has its time for each revision, and a line in the log when that is over', async () => {
    onClaim = () => 'node-0';
    const takeBack = start();
    const waits = 'the agent of node "node-0" has the writer lease';
    expect(await takeBack(rejection(7))).to.equal(waits);
    clock.advance(16 * minuteMs);
    expect(await takeBack(rejection(7))).to.equal(undefined);
    expect(await takeBack(rejection(7))).to.equal(undefined);
    expect(warned).to.have.length(1);
    expect(warned[0]).to.contain('the time to put them back is over');
    clock.advance(60 * minuteMs);
    expect(await takeBack(rejection(8))).to.equal(waits);
  });
});
