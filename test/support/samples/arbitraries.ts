/** Random fleets and configurations, small enough that rules meet nodes and each other. */
import fc from 'fast-check';
import { networkOf } from '../../../core/config/net/address.ts';
import { unifyPorts } from '../../../core/config/unify-ports.ts';
import { checkPeerConflicts } from '../../../core/config/checks/peer-conflicts.ts';
import { gatherFindings } from '../../../core/findings.ts';
import type {
  Group,
  Match,
  NetworkModel,
  Network,
  Peer,
  Sourced,
} from '../../../core/config/model.ts';
import { parseSelector, type Selector } from '../../../core/config/net/selector.ts';
import type { NodeAddress, NodeFacts } from '../../../core/facts/facts.ts';
import { hasErrors } from '../../../core/issue.ts';
import type { Resolution } from '../../../core/resolve/resolution.ts';
import { resolveAll } from './models.ts';

export interface Fleet {
  readonly model: NetworkModel;
  readonly nodes: readonly NodeFacts[];
  readonly resolutions: readonly Resolution[];
}

function sourced<T>(value: T): Sourced<T> {
  return { value, place: { pointer: '/x' } };
}

const names = ['node-0', 'node-1', 'Node-2', 'node-3', 'node-4'];
const racks = ['a', 'b'];

const nodes: fc.Arbitrary<readonly NodeFacts[]> = fc.tuple(
  ...names.map((name, index) =>
    fc.record({
      name: fc.constant(name),
      units: fc.constant([`calico/${index}`]),
      addresses: fc
        .tuple(fc.nat(2), fc.boolean())
        .map(([subnet, isDual]) => addressesOf(subnet, index + 2, isDual)),
      labels: fc.constantFrom(...racks).map((rack) => ({ rack })),
    }),
  ),
);

function addressesOf(subnet: number, host: number, isDual: boolean): readonly NodeAddress[] {
  const v4 = { family: 4, address: `10.0.${subnet}.${host}`, prefixLength: 24 } as const;
  const v6 = { family: 6, address: `fd00:${subnet + 1}::${host}`, prefixLength: 64 } as const;
  return isDual ? [v4, v6] : [v4];
}

/** Routers, and addresses that nodes may have: reflectors. One AS number each, for the most part. */
const peer: fc.Arbitrary<Peer> = fc
  .tuple(
    fc.constantFrom(
      ...[2, 3, 4].map((host) => `10.0.0.${host}`),
      '10.0.9.1',
      'fd00:1::2',
      'fd00:9::1',
    ),
    fc.constantFrom(64512, 64512, 64512, 64600),
    fc.constantFrom(undefined, undefined, undefined, 179, 1179),
  )
  .map(peerOf);

function peerOf([address, asNumber, port]: [string, number, number | undefined]): Peer {
  const family = address.includes(':') ? 6 : 4;
  const place = { pointer: '/x' };
  return { address, family, asNumber, ...(port === undefined ? {} : { port }), place };
}

const subnet: fc.Arbitrary<Network> = fc.oneof(
  fc
    .tuple(fc.nat(2), fc.constantFrom(16, 22, 24))
    .map(([part, length]) => networkOf({ family: 4, address: `10.0.${part}.0` }, length)),
  fc.nat(2).map((part) => networkOf({ family: 6, address: `fd00:${part + 1}::` }, 64)),
);

function selector(text: string): Selector {
  const parsed = parseSelector(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.selector;
}

const some = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<Sourced<T>[]> =>
  fc.array(one.map(sourced), { minLength: 1, maxLength: 3 });

const match: fc.Arbitrary<Match> = fc.oneof(
  fc.record({ subnets: some(subnet) }),
  fc.record({ units: some(fc.nat(5).map((number) => `calico/${number}`)) }),
  fc.record({ nodes: some(fc.constantFrom(...names)) }),
  fc.record({
    selector: fc.constantFrom("rack == 'a'", '!has(x)').map((t) => sourced(selector(t))),
  }),
  fc.record({
    subnets: some(subnet),
    selector: fc.constantFrom("rack == 'b'").map((text) => sourced(selector(text))),
  }),
);

const asNumber = fc.constantFrom(64512, 64600).map(sourced);
const optional = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(one, { nil: undefined, freq: 3 });
const peers = fc.array(peer, { maxLength: 3 });

const groups: fc.Arbitrary<readonly Group[]> = fc
  .array(fc.tuple(match, optional(asNumber), optional(fc.constant(sourced('1.0.0.1'))), peers), {
    maxLength: 4,
  })
  .map((list) =>
    list.map(([kinds, number, clusterId, ofGroup], index) => ({
      name: `g${index}`,
      title: `group g${index}`,
      match: kinds,
      ...(number && { asNumber: number }),
      ...(clusterId && { routeReflectorClusterId: clusterId }),
      peers: ofGroup,
      place: { pointer: '/x' },
    })),
  );

const pools: fc.Arbitrary<NetworkModel['pools']> = optional(
  fc.uniqueArray(fc.nat(2), { maxLength: 2 }).map((numbers) =>
    numbers.map((number) => ({
      name: `pool-${number}`,
      network: networkOf({ family: 4, address: `192.168.${number}.0` }, 24),
      ipip: 'Never',
      vxlan: 'Never',
      natOutgoing: number === 1,
      place: { pointer: '/x' },
      places: {},
    })),
  ),
);

function hasPeerConflicts(one: NetworkModel): boolean {
  const findings = gatherFindings();
  checkPeerConflicts(one, findings);
  return hasErrors(findings.issues);
}

interface Parts {
  readonly groups: readonly Group[];
  readonly peers: readonly Peer[];
  readonly pools: NetworkModel['pools'];
  readonly asNumber: Sourced<number> | undefined;
  readonly mesh: Sourced<boolean> | undefined;
  readonly unknownPools: NetworkModel['unknownPools'];
  readonly manages: boolean;
}

function modelOf({ mesh, manages, ...parts }: Parts): NetworkModel {
  return {
    dialect: 'native',
    digest: '',
    unitApplication: 'calico',
    bgp: {
      peers: parts.peers,
      ...(parts.asNumber && { asNumber: parts.asNumber }),
      ...(mesh && { nodeToNodeMesh: mesh }),
    },
    ...(parts.pools && { pools: parts.pools }),
    unknownPools: parts.unknownPools,
    groups: parts.groups,
    managesNode: { asNumber: manages, routeReflectorClusterId: manages },
  };
}

const model: fc.Arbitrary<NetworkModel> = fc
  .record({
    groups,
    peers,
    pools,
    asNumber: optional(asNumber),
    mesh: optional(fc.boolean().map(sourced)),
    unknownPools: fc.constantFrom('keep' as const, 'delete' as const).map(sourced),
    manages: fc.boolean(),
  })
  .map((parts) => unifyPorts(modelOf(parts), gatherFindings()));

/** Without ties and conflicts, which are refused before anything is rendered. */
export const fleet: fc.Arbitrary<Fleet> = fc
  .tuple(model, nodes)
  .filter(([one]) => !hasPeerConflicts(one))
  .map(([one, facts]) => ({ model: one, nodes: facts, resolutions: resolveAll(one, facts) }))
  .filter(({ resolutions }) => !resolutions.some(({ issues }) => hasErrors(issues)));
