/** A revision and a node as a controller stores them. */
import { digestOf } from '../../../../core/revision/digest.ts';
import type { Revision } from '../../../../core/revision/revision.ts';
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
