/** The state of a fleet as the first records of a new store. */
import type { Revision } from '../../../core/revision/revision.ts';
import type { StoredNode } from '../../../schemas/generated/controller-state.ts';
import type { RecordChange } from '../../ports/store.ts';
import { identityName, nodeName, numbersName, revisionName } from './fleet-keys.ts';
import { identityText, nodeText, numbersText } from './fleet-texts.ts';

export interface FleetState {
  readonly cluster: string;
  readonly nodes: readonly StoredNode[];
  readonly revisions: readonly Revision[];
  /** 0 for none. */
  readonly lastNumber: number;
}

export function fleetRecords({
  cluster,
  nodes,
  revisions,
  lastNumber,
}: FleetState): readonly RecordChange[] {
  return [
    { ...identityName, text: identityText(cluster) },
    ...(lastNumber === 0 ? [] : [{ ...numbersName(cluster), text: numbersText(lastNumber) }]),
    ...revisions.map((revision) => ({
      ...revisionName(cluster, revision.number),
      text: JSON.stringify(revision),
    })),
    ...nodes.map((node) => {
      const named = { ...node, name: node.name.toLowerCase() };
      return { ...nodeName(cluster, named.name), text: nodeText(cluster, named) };
    }),
  ];
}
