/** A revision, a node and a rollout as a controller stores them. */
import type { FleetStore } from '../../../../controller/app/store/fleet-store.ts';
import { digestOf } from '../../../../core/revision/digest.ts';
import type { Revision } from '../../../../core/revision/revision.ts';
import { beginRollout } from '../../../../core/rollout/begin-rollout.ts';
import type { Rollout } from '../../../../core/rollout/steps.ts';
import { plainStrategy } from '../../../../core/rollout/strategy.ts';
import type { StoredNode } from '../../../../schemas/generated/controller-state.ts';

export function revisionOf(number: number): Revision {
  return {
    formatVersion: 1,
    lineage: 'controller:default',
    number,
    digest: digestOf({ a: number }),
    mediaType: 'application/yaml',
    text: `a: ${String(number)}\n`,
    acceptedAt: '2026-01-01T00:00:00Z',
    source: 'controller',
    by: 'test',
  };
}

export const node: StoredNode = {
  name: 'node-0',
  facts: { addresses: ['10.0.0.2/24', 'fd00::2/64'], labels: {} },
  agentVersion: '0.1.0',
  lastSeenAt: '2026-01-01T00:00:00Z',
};

const twoWaves: Rollout = beginRollout(
  {
    kind: 'rollout',
    strategy: plainStrategy,
    waves: [
      { name: 'canary', nodes: ['node-0'] },
      { name: 'rest', nodes: ['node-1'] },
    ],
    base: 1,
    target: 2,
    by: 'test',
    at: '2026-10-26T12:00:00Z',
    members: 0,
  },
  0,
);

/** A rollout of revision 2 in two waves, from revision 1. */
export function withState(
  revisions: Partial<Rollout['revisions']>,
  state: Partial<Rollout['state']> = {},
): Rollout {
  return {
    ...twoWaves,
    revisions: { ...twoWaves.revisions, ...revisions },
    state: { ...twoWaves.state, ...state },
  };
}

export async function beginTwoWaves(fleet: FleetStore): Promise<void> {
  await fleet.load();
  await fleet.addRevision(revisionOf(1));
  await fleet.addRevision({ ...revisionOf(2), clusterShare: 'later' }, [twoWaves]);
}
