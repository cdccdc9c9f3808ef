/** Each setting of the network: its value, where it comes from, and what it does. */
import type { Located } from '../../config/yaml/located.ts';
import { entriesOf } from '../../config/yaml/read-values.ts';
import { isLeftOut, networkValue, providerOf, type JudgedCluster } from '../document/facts.ts';
import { dotted } from '../document/read-clusters.ts';
import { fieldName, networkPath } from '../table/api-version.ts';
import type { KopsField } from '../table/field.ts';
import { defaultRanges, rangeInForce } from '../in-force/ranges-in-force.ts';
import { calicoInForce } from '../in-force/calico-in-force.ts';

export interface ExplainedValue {
  /** spec.networking.calico.mtu */
  readonly path: string;
  readonly value: string;
  readonly from: 'document' | 'default';
  /** 1-based; of the document. */
  readonly line?: number;
  readonly about?: string;
}

export function valuesOf(cluster: JudgedCluster): readonly ExplainedValue[] {
  return [
    ...Object.keys(rangeTexts).flatMap((name) => rangeValue(cluster, name)),
    ...providerValues(cluster),
  ];
}

const rangeTexts: Readonly<Record<string, string>> = {
  networkCIDR: 'addresses of the cloud network',
  additionalNetworkCIDRs: 'more addresses of the cloud network',
  nonMasqueradeCIDR: 'destinations that see the address of the pod',
  podCIDR: 'addresses of pods',
  serviceClusterIPRange: 'addresses of Services',
};

function rangeValue(cluster: JudgedCluster, name: string): readonly ExplainedValue[] {
  const node = networkValue(cluster, name);
  const path = dotted(networkPath(name, cluster.api, cluster.target.kops));
  const about = rangeTexts[name] ?? '';
  if (node !== undefined && !isLeftOut(node)) return [inDocument(path, node, about)];
  const value = Object.hasOwn(defaultRanges, name) ? rangeInForce(cluster, name) : undefined;
  return value === undefined ? [] : [{ path, value, from: 'default', about }];
}

function providerValues(cluster: JudgedCluster): readonly ExplainedValue[] {
  const found = providerOf(cluster);
  if (found === undefined) return [];
  const { provider, entry } = found;
  const base = `spec.networking.${entry.key}`;
  const given = entriesOf(entry.value).map(({ key, value }) => {
    const row = provider.fields.find((one) => fieldName(one, cluster.api) === key);
    return inDocument(`${base}.${key}`, value, row?.about);
  });
  const missing = provider.fields.flatMap((row) => {
    const name = fieldName(row, cluster.api);
    const isThere = entriesOf(entry.value).some(({ key }) => key === name);
    if (name === undefined || isThere || !isInForce(row, cluster)) return [];
    const value = initialOf(cluster, provider.key, row);
    return value === undefined ? [] : [byDefault(`${base}.${name}`, value, row.about)];
  });
  return [...given, ...missing];
}

function isInForce({ since, unusedSince, about }: KopsField, { target }: JudgedCluster): boolean {
  return (
    about !== undefined &&
    since <= target.kops &&
    (unusedSince === undefined || target.kops < unusedSince)
  );
}

function initialOf(
  cluster: JudgedCluster,
  key: string,
  { name, initial }: KopsField,
): string | undefined {
  if (key !== 'calico') return initial;
  const { encapsulation, ipip, vxlan, sourceCheck } = calicoInForce(cluster);
  switch (name) {
    case 'encapsulationMode':
      return encapsulation;
    case 'ipipMode':
      return ipip;
    case 'vxlanMode':
      return vxlan;
    case 'awsSrcDstCheck':
      return sourceCheck === 'felix' ? 'Disable' : 'DoNothing';
    default:
      return initial;
  }
}

function byDefault(path: string, value: string, about: string | undefined): ExplainedValue {
  return { path, value, from: 'default', ...(about !== undefined && { about }) };
}

function inDocument(path: string, node: Located, about: string | undefined): ExplainedValue {
  const { line } = node.place;
  return {
    path,
    value: textOfNode(node),
    from: 'document',
    ...(line !== undefined && { line }),
    ...(about !== undefined && { about }),
  };
}

function textOfNode(node: Located): string {
  if (node.kind === 'scalar') return node.value === null ? 'null' : node.source;
  if (node.kind === 'list') return `[${node.items.map(textOfNode).join(', ')}]`;
  return `{${node.entries.map(({ key, value }) => `${key}: ${textOfNode(value)}`).join(', ')}}`;
}
