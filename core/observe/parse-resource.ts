/**
 * What a datastore gives back, as a resource that a plan can work with. Both of Calico's API
 * groups have the same specs. Sources: api/pkg/apis/projectcalico/v3/{bgppeer,bgpconfig,ippool}.go.
 */
import { withoutUndefined } from '../without-undefined.ts';
import type {
  BGPConfiguration,
  BGPPeer,
  CalicoResource,
  IPPool,
  Metadata,
  ResourceKind,
} from '../render/desired.ts';

const apiVersions = ['projectcalico.org/v3', 'crd.projectcalico.org/v1'];
const apiVersion = 'projectcalico.org/v3';

export type ParsedResource =
  | { readonly kind: 'resource'; readonly resource: CalicoResource }
  /** Another kind of object, or one that says something that we never say: a peerSelector. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'broken'; readonly message: string };

export function parseResource(data: unknown): ParsedResource {
  const document = asRecord(data);
  if (document === undefined) return { kind: 'foreign' };
  if (!isCalicoVersion(document['apiVersion'])) return { kind: 'foreign' };
  const parse = specParsers.get(document['kind']);
  if (parse === undefined) return { kind: 'foreign' };
  const metadata = parseMetadata(document['metadata']);
  if (typeof metadata === 'string') return { kind: 'broken', message: metadata };
  const fields = new Fields(asRecord(document['spec']) ?? {});
  const resource = parse(metadata, fields);
  if (fields.wrong !== undefined)
    return { kind: 'broken', message: `spec.${fields.wrong} has the wrong type` };
  return resource === undefined ? { kind: 'foreign' } : { kind: 'resource', resource };
}

export function isCalicoVersion(version: unknown): boolean {
  return apiVersions.some((known) => known === version);
}

type SpecParser = (metadata: Metadata, fields: Fields) => CalicoResource | undefined;

/** By a kind that can be anything at all, such as "constructor". */
const specParsers: ReadonlyMap<unknown, SpecParser> = new Map<ResourceKind, SpecParser>([
  ['BGPPeer', parseBgpPeer],
  ['BGPConfiguration', parseBgpConfiguration],
  ['IPPool', parseIpPool],
]);

function parseBgpPeer(metadata: Metadata, fields: Fields): BGPPeer | undefined {
  const peerIP = fields.text('peerIP');
  const asNumber = fields.number('asNumber');
  const spec = withoutUndefined({
    node: fields.text('node'),
    nodeSelector: fields.text('nodeSelector'),
  });
  if (peerIP === undefined || asNumber === undefined) return undefined;
  return { apiVersion, kind: 'BGPPeer', metadata, spec: { ...spec, peerIP, asNumber } };
}

function parseBgpConfiguration(metadata: Metadata, fields: Fields): BGPConfiguration {
  const spec = withoutUndefined({
    asNumber: fields.number('asNumber'),
    nodeToNodeMeshEnabled: fields.flag('nodeToNodeMeshEnabled'),
    listenPort: fields.number('listenPort'),
    serviceClusterIPs: fields.cidrs('serviceClusterIPs'),
    serviceExternalIPs: fields.cidrs('serviceExternalIPs'),
    serviceLoadBalancerIPs: fields.cidrs('serviceLoadBalancerIPs'),
  });
  return { apiVersion, kind: 'BGPConfiguration', metadata, spec };
}

/** Absent fields have Calico's defaults: libcalico-go/lib/clientv3/ippool.go. */
function parseIpPool(metadata: Metadata, fields: Fields): IPPool | undefined {
  const cidr = fields.text('cidr');
  const spec = {
    ipipMode: fields.choice('ipipMode', modes) ?? 'Never',
    vxlanMode: fields.choice('vxlanMode', modes) ?? 'Never',
    natOutgoing: fields.flag('natOutgoing') ?? false,
    ...withoutUndefined({
      blockSize: fields.number('blockSize'),
      nodeSelector: fields.text('nodeSelector'),
      disabled: fields.flag('disabled'),
      assignmentMode: fields.choice('assignmentMode', ['Automatic', 'Manual'] as const),
    }),
  };
  if (cidr === undefined) return undefined;
  return { apiVersion, kind: 'IPPool', metadata, spec: { cidr, ...spec } };
}

const modes = ['Always', 'CrossSubnet', 'Never'] as const;

/** Reads fields of a spec and remembers the first that is not what it should be. */
class Fields {
  wrong: string | undefined;
  readonly #spec: Readonly<Record<string, unknown>>;

  constructor(spec: Readonly<Record<string, unknown>>) {
    this.#spec = spec;
  }

  text(name: string): string | undefined {
    return this.#read(name, (value) => (typeof value === 'string' ? value : undefined));
  }

  number(name: string): number | undefined {
    return this.#read(name, (value) => (Number.isSafeInteger(value) ? Number(value) : undefined));
  }

  flag(name: string): boolean | undefined {
    return this.#read(name, (value) => (typeof value === 'boolean' ? value : undefined));
  }

  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    return this.#read(name, (value) => choices.find((choice) => choice === value));
  }

  cidrs(name: string): { readonly cidr: string }[] | undefined {
    return this.#read(name, (value) => {
      if (!Array.isArray(value)) return undefined;
      const list = value.map((item: unknown) => asRecord(item)?.['cidr']);
      const cidrs = list.filter((cidr) => typeof cidr === 'string');
      return cidrs.length === list.length ? cidrs.map((cidr) => ({ cidr })) : undefined;
    });
  }

  #read<T>(name: string, parse: (value: unknown) => T | undefined): T | undefined {
    const value = this.#spec[name];
    if (value === undefined || value === null) return undefined;
    const parsed = parse(value);
    if (parsed === undefined) this.wrong ??= name;
    return parsed;
  }
}

function parseMetadata(data: unknown): Metadata | string {
  const metadata = asRecord(data);
  const name = metadata?.['name'];
  if (typeof name !== 'string' || name === '') return 'metadata.name is missing';
  const labels = parseTexts(metadata?.['labels']);
  const annotations = parseTexts(metadata?.['annotations']);
  if (labels === 'wrong' || annotations === 'wrong')
    return 'metadata has labels or annotations that are no texts';
  return { name, ...withoutUndefined({ labels, annotations }) };
}

function parseTexts(data: unknown): Record<string, string> | 'wrong' | undefined {
  if (data === undefined || data === null) return undefined;
  const record = asRecord(data);
  if (record === undefined) return 'wrong';
  const texts: [string, string][] = [];
  for (const [key, value] of Object.entries(record)) {
    if (typeof value !== 'string') return 'wrong';
    texts.push([key, value]);
  }
  return Object.fromEntries(texts);
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? { ...value }
    : undefined;
}
