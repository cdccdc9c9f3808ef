/** A cluster document → the line of `kops create cluster` that makes the same network. */
import type { Located } from '../../config/yaml/located.ts';
import { entriesOf, fieldsOf, itemsOf, textOf } from '../../config/yaml/read-values.ts';
import {
  cloudOf,
  isIpv6,
  isPrivate,
  networkText,
  networkValue,
  providerOf,
  type JudgedCluster,
} from '../document/facts.ts';
import { valueAt } from '../document/read-clusters.ts';
import { dotted } from '../document/read-clusters.ts';
import { fieldName } from '../table/api-version.ts';
import { isValid } from './flag-table.ts';
import { stanzaOf } from './stanza.ts';

export interface CreateLine {
  /** `kops create cluster --name … --networking …` */
  readonly words: readonly string[];
  /** Fields that no flag can set; edit the document afterwards. */
  readonly left: readonly string[];
}

/** undefined: this kops has no flag for the provider. */
export function toFlags(cluster: JudgedCluster): CreateLine | undefined {
  const found = providerOf(cluster);
  const flag = found && flagOf(cluster, found.provider, found.entry.value);
  if (found === undefined || flag === undefined) return undefined;
  const rest = flag.rest.filter(([name]) => isInForce(cluster, found.provider, name));
  const fields = fieldsToSet(rest, `spec.networking.${found.entry.key}`);
  const ranges = rangesToSet(cluster);
  const sets = [...ranges, ...fields.sets];
  const option = setOption(cluster.target.kops);
  return {
    words: [
      'kops',
      'create',
      'cluster',
      ...placeFlags(cluster),
      '--networking',
      flag.value,
      ...(option === undefined ? [] : sets.flatMap((set) => [option, set])),
    ],
    left: [
      ...fields.left,
      ...(option === undefined ? sets.map((set) => set.split('=')[0] ?? set) : []),
    ],
  };
}

/** --override took every field since 1.19, and is --set since 1.22 (create_cluster.go). */
function setOption(kops: number): string | undefined {
  if (kops >= 22) return '--set';
  return kops >= 19 ? '--override' : undefined;
}

function placeFlags(cluster: JudgedCluster): readonly string[] {
  const cloud = cloudOf(cluster);
  const zones = zonesOf(cluster);
  const version = textOf(valueAt(cluster, ['spec', 'kubernetesVersion']))?.value;
  const network = networkText(cluster, 'networkCIDR');
  return [
    '--name',
    cluster.name ?? 'NAME',
    ...(cloud === undefined ? [] : ['--cloud', cloud]),
    '--zones',
    zones.length > 0 ? zones.join(',') : 'ZONES',
    ...(version === undefined ? [] : ['--kubernetes-version', version]),
    ...(network === undefined ? [] : ['--network-cidr', network]),
    ...(isPrivate(cluster) ? ['--topology', 'private'] : []),
    ...(isIpv6(cluster) ? ['--ipv6'] : []),
  ];
}

function zonesOf(cluster: JudgedCluster): readonly string[] {
  const zones = itemsOf(networkValue(cluster, 'subnets')).flatMap(
    (item) => textOf(fieldsOf(item).get('zone'))?.value ?? [],
  );
  return [...new Set(zones)];
}

interface ChosenFlag {
  readonly value: string;
  /** Fields of the document that the flag does not set. */
  readonly rest: readonly (readonly [name: string, value: Located])[];
}

type Provider = NonNullable<ReturnType<typeof providerOf>>['provider'];

/** The flag whose fields the document has, with the most of them. */
function flagOf(
  cluster: JudgedCluster,
  provider: Provider,
  value: Located,
): ChosenFlag | undefined {
  // kops takes AWS where the line names no cloud.
  const cloud = cloudOf(cluster) ?? 'aws';
  const entries = entriesOf(value);
  const candidates = provider.flags
    .filter((flag) => isValid(flag, cluster.target.kops))
    .flatMap((flag) => {
      const stanza = stanzaOf({ provider, flag }, { ...cluster, cloud });
      if (stanza === undefined || !isIncluded(flag.sets ?? {}, cluster, provider, entries))
        return [];
      const written = Object.entries(stanza.value);
      const rest = entries.filter(
        ({ key, value: node }) => !written.some(([name, one]) => name === key && isSame(one, node)),
      );
      return [
        {
          value: flag.value,
          size: Object.keys(flag.sets ?? {}).length,
          rest: rest.map(({ key, value: node }) => [key, node] as const),
        },
      ];
    });
  const [best] = candidates.sort((one, other) => other.size - one.size);
  if (best !== undefined) return best;
  const any = provider.flags.find((flag) => isValid(flag, cluster.target.kops));
  return (
    any && { value: any.value, rest: entries.map(({ key, value: node }) => [key, node] as const) }
  );
}

function isIncluded(
  sets: Readonly<Record<string, unknown>>,
  { api }: JudgedCluster,
  { fields }: Provider,
  entries: ReturnType<typeof entriesOf>,
): boolean {
  return Object.entries(sets).every(([name, value]) => {
    const row = fields.find((one) => one.name === name);
    const key = row === undefined ? name : fieldName(row, api);
    const node = entries.find((entry) => entry.key === key)?.value;
    return node === undefined ? row?.initial === value : isSame(value, node);
  });
}

function isSame(value: unknown, node: Located): boolean {
  return node.kind === 'scalar' && node.value === value;
}

/** Fields that kops drops or does nothing with are no part of the line. */
function isInForce({ api, target }: JudgedCluster, { fields }: Provider, name: string): boolean {
  const row = fields.find((one) => fieldName(one, api) === name);
  if (row === undefined || row.since > target.kops) return false;
  return row.unusedSince === undefined || target.kops < row.unusedSince;
}

function fieldsToSet(
  rest: ChosenFlag['rest'],
  base: string,
): { readonly sets: readonly string[]; readonly left: readonly string[] } {
  const sets: string[] = [];
  const left: string[] = [];
  const add = (path: string, node: Located): void => {
    if (node.kind === 'map')
      for (const { key, value } of node.entries) add(`${path}.${key}`, value);
    else if (node.kind === 'list') left.push(path);
    else if (node.value !== null) sets.push(`${path}=${String(node.value)}`);
  };
  for (const [name, node] of rest) add(`${base}.${name}`, node);
  return { sets, left };
}

function rangesToSet(cluster: JudgedCluster): readonly string[] {
  return ['nonMasqueradeCIDR', 'podCIDR', 'serviceClusterIPRange'].flatMap((name) => {
    const value = networkText(cluster, name);
    if (value === undefined || isUsual(cluster, name, value)) return [];
    return [`${dotted(['spec', name])}=${value}`];
  });
}

function isUsual(cluster: JudgedCluster, name: string, value: string): boolean {
  return name === 'nonMasqueradeCIDR' && (value === '100.64.0.0/10' || isIpv6(cluster));
}
