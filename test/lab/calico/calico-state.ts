/** The part of the datastore about BGP that calico-node reads. */
import { parseSelector } from '../../../core/config/net/selector.ts';

export interface CalicoDocument {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
}

export interface CalicoState {
  readonly documents: readonly CalicoDocument[];
  /** The address blocks of each node. */
  readonly blocks: ReadonlyMap<string, readonly string[]>;
}

export interface CalicoNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Without prefix length. */
  readonly addresses: { readonly 4?: string; readonly 6?: string };
  readonly asNumber?: number;
  readonly clusterId?: string;
  readonly listenPort?: number;
}

export type Family = 4 | 6;

const resourcePrefix = '/calico/resources/v3/projectcalico.org/';
const affinityPattern = /^\/calico\/ipam\/v2\/host\/([^/]+)\/ipv[46]\/block\/(.+)$/;

/** It reads only what is below these keys. */
export const readPrefixes = [resourcePrefix, '/calico/ipam/v2/host/'] as const;

export function resourceKey(plural: string, name: string): string {
  return `${resourcePrefix}${plural}/${name}`;
}

/** A confirmed block of a node: libcalico-go/lib/backend/model/block_affinity.go. */
export function affinityKey(node: string, block: string): string {
  return `/calico/ipam/v2/host/${node}/${blockPlace(block)}`;
}

/** The block itself, with the addresses in use: libcalico-go/lib/backend/model/block.go. */
export function blockKey(block: string): string {
  return `/calico/ipam/v2/assignment/${blockPlace(block)}`;
}

function blockPlace(block: string): string {
  return `${block.includes(':') ? 'ipv6' : 'ipv4'}/block/${block.replace('/', '-')}`;
}

/** A value that is not JSON is skipped silently, as in Calico. */
export function calicoStateOf(values: ReadonlyMap<string, string>): CalicoState {
  const documents: CalicoDocument[] = [];
  const blocks = new Map<string, readonly string[]>();
  for (const [key, value] of [...values].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const [, node, block] = affinityPattern.exec(key) ?? [];
    if (node !== undefined && block !== undefined) {
      const cidr = block.replace(/-(\d+)$/, '/$1').replaceAll('-', ':');
      blocks.set(node, [...(blocks.get(node) ?? []), cidr]);
    } else if (key.startsWith(resourcePrefix)) {
      const document = documentOf(value);
      if (document !== undefined) documents.push(document);
    }
  }
  return { documents, blocks };
}

function documentOf(text: string): CalicoDocument | undefined {
  try {
    const document: CalicoDocument = JSON.parse(text);
    return document;
  } catch {
    return undefined;
  }
}

export function specsOf(
  state: CalicoState,
  kind: string,
): readonly { readonly name: string; readonly spec: Readonly<Record<string, unknown>> }[] {
  return state.documents
    .filter((document) => document.kind === kind)
    .map(({ metadata, spec = {} }) => ({ name: metadata.name, spec }));
}

/** The settings of the BGPConfiguration `default`. */
export interface GlobalSettings {
  readonly asNumber: number;
  readonly isMeshed: boolean;
  readonly listenPort?: number;
  readonly meshRestartSeconds?: number;
}

export function globalSettings(state: CalicoState): GlobalSettings {
  const spec = specsOf(state, 'BGPConfiguration').find(({ name }) => name === 'default')?.spec;
  const listenPort = numberIn(spec, 'listenPort');
  const meshRestartSeconds = secondsIn(spec, 'nodeMeshMaxRestartTime');
  return {
    asNumber: numberIn(spec, 'asNumber') ?? 64512,
    isMeshed: spec?.['nodeToNodeMeshEnabled'] !== false,
    ...(listenPort !== undefined && { listenPort }),
    ...(meshRestartSeconds !== undefined && { meshRestartSeconds }),
  };
}

export function nodesOf(state: CalicoState): readonly CalicoNode[] {
  const configurations = specsOf(state, 'BGPConfiguration');
  return state.documents
    .filter(({ kind }) => kind === 'Node')
    .map(({ metadata: { name, labels = {} }, spec }) => {
      const bgp = objectIn(spec, 'bgp');
      const own = configurations.find((configuration) => configuration.name === `node.${name}`);
      const [v4, v6] = ['ipv4Address', 'ipv6Address'].map((key) => textIn(bgp, key)?.split('/')[0]);
      const asNumber = numberIn(bgp, 'asNumber');
      const clusterId = textIn(bgp, 'routeReflectorClusterID');
      const listenPort = numberIn(own?.spec, 'listenPort');
      return {
        name,
        labels,
        addresses: { ...(v4 !== undefined && { 4: v4 }), ...(v6 !== undefined && { 6: v6 }) },
        ...(asNumber !== undefined && { asNumber }),
        ...(clusterId !== undefined && { clusterId }),
        ...(listenPort !== undefined && { listenPort }),
      };
    });
}

export function nodesMatching(
  nodes: readonly CalicoNode[],
  selector: string,
): readonly CalicoNode[] {
  const parsed = parseSelector(selector);
  return parsed.ok ? nodes.filter(({ labels }) => parsed.selector.matches(labels)) : [];
}

type Spec = Readonly<Record<string, unknown>> | undefined;

export function textIn(spec: Spec, key: string): string | undefined {
  const value = spec?.[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** An AS number may be written as `hi.lo`: api/pkg/lib/numorstring/asnumber.go. */
export function numberIn(spec: Spec, key: string): number | undefined {
  const value = spec?.[key];
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  const [high = '', low] = value.split('.');
  return low === undefined ? Number(high) : Number(high) * 65_536 + Number(low);
}

/** The seconds of a duration such as `1m30s`, rounded. */
export function secondsIn(spec: Spec, key: string): number | undefined {
  const value = textIn(spec, key);
  if (value === undefined) return undefined;
  const unitSeconds: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 0.001 };
  const parts = [...value.matchAll(/([\d.]+)(ms|[hms])/g)];
  const seconds = parts.map(([, count, unit = 's']) => Number(count) * (unitSeconds[unit] ?? 0));
  return Math.round(seconds.reduce((sum, one) => sum + one, 0));
}

function objectIn(spec: Spec, key: string): Spec {
  const value = spec?.[key];
  return typeof value === 'object' && value !== null ? { ...value } : undefined;
}
