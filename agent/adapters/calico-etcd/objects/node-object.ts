/**
 * Calico's Node: libcalico-go/lib/apis/internalapi/node.go. The agent patches it, and never creates
 * or replaces it.
 */
import { readCalicoctlNodes } from '../../../../core/facts/calicoctl-nodes.ts';
import type { NodeAddress } from '../../../../core/facts/facts.ts';
import type { NodeSettings } from '../../../../core/calico/node.ts';
import { groupLabelPrefix } from '../../../../core/render/group-labels.ts';
import { groupLabelValue } from '../../../../core/render/documents/node-commands.ts';
import { recordAt, type RawObject } from './stored-object.ts';

export { calicoNodeSettings as nodeSettingsOf } from '../../../../core/observe/node-settings.ts';

/**
 * Changes only the fields of the settings. Removes an empty spec.bgp, because calicoctl refuses it.
 */
export function patchedNode(raw: RawObject, settings: NodeSettings): RawObject {
  const { bgp, ...otherSpec } = recordAt(raw, 'spec');
  const { labels, ...otherMetadata } = recordAt(raw, 'metadata');
  const patchedBgp = patched(recordAt({ bgp }, 'bgp'), {
    asNumber: settings.asNumber,
    routeReflectorClusterID: settings.routeReflectorClusterID,
  });
  const patchedLabels = Object.fromEntries([
    ...Object.entries(recordAt({ labels }, 'labels')).filter(([name]) => !isGroupLabel(name)),
    ...settings.groupLabels.map((name): [string, string] => [name, groupLabelValue]),
  ]);
  return {
    ...raw,
    metadata: { ...otherMetadata, ...filled('labels', patchedLabels) },
    spec: { ...otherSpec, ...filled('bgp', patchedBgp) },
  };
}

function patched(record: RawObject, changes: RawObject): RawObject {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  const all = { ...record, ...Object.fromEntries(given) };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
}

function filled(name: string, record: RawObject): RawObject {
  return Object.keys(record).length === 0 ? {} : { [name]: record };
}

function isGroupLabel(name: string): boolean {
  return name.startsWith(groupLabelPrefix);
}

export function nodeFactsOf(raw: RawObject): {
  readonly addresses: readonly NodeAddress[];
  readonly labels: Readonly<Record<string, string>>;
} {
  const facts = readCalicoctlNodes([raw]).nodes[0]?.facts;
  return { addresses: facts?.addresses ?? [], labels: facts?.labels ?? {} };
}
