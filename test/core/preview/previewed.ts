/** A preview of two configurations on some nodes. */
import { previewFleet, type PreviewQuestion } from '../../../core/preview/preview-fleet.ts';
import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { FleetPreview } from '../../../schemas/generated/fleet-preview.ts';
import { isFleetPreview } from '../../../schemas/generated/fleet-preview.validator.js';
import { nodesOf } from '../../support/samples/models.ts';

const base = {
  lineage: 'controller:default',
  number: 6,
  digest: `sha256:${'0'.repeat(64)}`,
} as const;

/** The text of a native document. */
export function config(sections: object): string {
  return JSON.stringify({ apiVersion: 'calico-agent/v1', kind: 'NetworkConfig', ...sections });
}

/** @param before undefined: compare with nothing */
export function previewed(
  before: string | undefined,
  after: string,
  nodes: readonly NodeFacts[],
  more: Partial<PreviewQuestion> = {},
): FleetPreview {
  const answer = previewFleet({
    text: after,
    ...(before !== undefined && { base: { ...base, text: before } }),
    nodes,
    away: [],
    unreadable: [],
    chosen: [],
    ...more,
  });
  if (!answer.ok) throw new Error(JSON.stringify(answer.issues));
  const document: unknown = JSON.parse(JSON.stringify(answer.preview));
  if (!isFleetPreview(document)) throw new Error(JSON.stringify(isFleetPreview.errors));
  return answer.preview;
}

/** Nodes of both families, in two racks; the first two have the label of reflectors. */
export function dualStack(count: number): readonly NodeFacts[] {
  return nodesOf(
    Array.from({ length: count }, (_unused, index) => ({
      name: `node-${String(index)}`,
      unit: `calico/${String(index)}`,
      addresses: [
        `10.${String(index >> 8)}.${String(index & 255)}.2/24`,
        `fd00:0:0:${index.toString(16)}::2/64`,
      ],
      labels: { rack: `r${String(index % 2)}`, ...(index < 2 && { reflector: 'yes' }) },
    })),
  );
}
