import type { NodeSettings } from '../../calico/node.ts';
import { shellWord } from '../../shell-word.ts';

export const groupLabelValue = 'true';

type NodeTool = 'calicoctl' | 'kubectl' | 'kubectl-v3';

/**
 * Shell commands that change a node's settings, one per line. They remove only settings that
 * `before` has: a null for a Node without BGP settings would leave an empty spec.bgp, which
 * calicoctl refuses. On Kubernetes a Node's BGP settings are annotations:
 * libcalico-go/lib/backend/k8s/resources/node.go.
 */
export function nodeCommands(
  name: string,
  settings: NodeSettings,
  tool: NodeTool,
  before?: NodeSettings,
): string[] {
  const bgp = {
    asNumber: change(settings.asNumber, before?.asNumber),
    routeReflectorClusterID: change(
      settings.routeReflectorClusterID,
      before?.routeReflectorClusterID,
    ),
  };
  const kept = new Set(settings.groupLabels);
  const labels: Labels = [
    ...settings.groupLabels.map((label): Labels[number] => [label, groupLabelValue]),
    ...(before?.groupLabels ?? [])
      .filter((label) => !kept.has(label))
      .map((label): Labels[number] => [label, null]),
  ];
  return tool === 'calicoctl'
    ? calicoctlCommands(name, bgp, labels)
    : kubectlCommands(name, bgp, labels);
}

function change<T>(
  after: T | null | undefined,
  before: T | null | undefined,
): T | null | undefined {
  return after === null && (before === null || before === undefined) ? undefined : after;
}

interface BgpSettings {
  readonly asNumber: number | null | undefined;
  readonly routeReflectorClusterID: string | null | undefined;
}

type Labels = readonly (readonly [label: string, value: string | null])[];

function calicoctlCommands(name: string, bgp: BgpSettings, labels: Labels): string[] {
  const hasBgp = Object.values(bgp).some((value) => value !== undefined);
  const patch = {
    ...(labels.length === 0 ? {} : { metadata: { labels: Object.fromEntries(labels) } }),
    ...(hasBgp ? { spec: { bgp } } : {}),
  };
  if (Object.keys(patch).length === 0) return [];
  return [`calicoctl patch node ${shellWord(name)} -p ${shellWord(JSON.stringify(patch))}`];
}

function kubectlCommands(name: string, bgp: BgpSettings, labels: Labels): string[] {
  const annotations = [
    ...assignment('projectcalico.org/ASNumber', bgp.asNumber),
    ...assignment('projectcalico.org/RouteReflectorClusterID', bgp.routeReflectorClusterID),
  ];
  const assignments = labels.flatMap(([label, value]) => assignment(label, value));
  const command = (verb: string, words: readonly string[]): string[] => {
    if (words.length === 0) return [];
    return [`kubectl ${verb} node ${shellWord(name)} ${words.join(' ')} --overwrite`];
  };
  return [...command('annotate', annotations), ...command('label', assignments)];
}

/** `key=value`, or `key-`, which removes the key. */
function assignment(key: string, value: string | number | null | undefined): string[] {
  if (value === undefined) return [];
  return [shellWord(value === null ? `${key}-` : `${key}=${value}`)];
}
