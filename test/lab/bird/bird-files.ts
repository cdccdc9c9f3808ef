/**
 * The configuration of BIRD 1.6 that calico-node makes from Calico's resources for one node and
 * family. Source: Calico's confd/etc/calico/confd/templates/bird{,_ipam,_aggr}.cfg.template.
 * Without Felix and Calico's fork of BIRD there are no tunnels: routes of pools with IPIP or VXLAN
 * do not reach the kernel here, as where Felix writes them.
 */
import { createHash } from 'node:crypto';
import { calicoSessions, type CalicoSession } from '../calico/calico-sessions.ts';
import {
  globalSettings,
  nodesOf,
  specsOf,
  textIn,
  type CalicoNode,
  type CalicoState,
  type Family,
} from '../calico/calico-state.ts';

/**
 * @throws Error when the datastore has no such node: calico-node starts only when it has made it
 */
export function renderBirdFile(state: CalicoState, nodeName: string, family: Family): string {
  const node = nodesOf(state).find(({ name }) => name === nodeName);
  if (node === undefined) throw new Error(`there is no Node ${nodeName}`);
  const isOfFamily = (cidr: string): boolean => cidr.includes(':') === (family === 6);
  const blocks = (state.blocks.get(nodeName) ?? []).filter(isOfFamily);
  const pools = specsOf(state, 'IPPool')
    .map(({ spec }) => poolOf(spec))
    .filter(({ cidr }) => isOfFamily(cidr));
  return [
    staticRoutes(blocks),
    exportFunction(blocks, pools),
    kernelFilter(pools),
    `router id ${node.addresses[4] ?? hashedRouterId(nodeName)};`,
    ...listenLine(state, node),
    kernelAndDevices,
    ...bgp(state, node, family),
    '',
  ].join('\n');
}

/**
 * For a node without an IPv4 address, as with CALICO_ROUTER_ID=hash: confd/pkg/resource/template/
 * template_funcs.go (hashToIPv4).
 */
function hashedRouterId(nodeName: string): string {
  const [first = 0, ...others] = createHash('sha256').update(nodeName).digest().subarray(0, 4);
  return [first > 223 ? first - 32 : first, ...others].join('.');
}

interface Pool {
  readonly cidr: string;
  readonly isExported: boolean;
  readonly hasTunnels: boolean;
}

function poolOf(spec: Readonly<Record<string, unknown>>): Pool {
  const modes = [textIn(spec, 'ipipMode'), textIn(spec, 'vxlanMode')];
  return {
    cidr: textIn(spec, 'cidr') ?? '',
    isExported: spec['disableBGPExport'] !== true,
    hasTunnels: modes.some((mode) => mode !== undefined && mode !== 'Never'),
  };
}

function staticRoutes(blocks: readonly string[]): string {
  if (blocks.length === 0) return '# This node has no blocks.';
  return `protocol static {\n${blocks.map((block) => `  route ${block} blackhole;\n`).join('')}}`;
}

/**
 * A node announces its blocks and nothing below them, and otherwise everything within the pools.
 */
function exportFunction(blocks: readonly string[], pools: readonly Pool[]): string {
  const [open, closed] = [
    pools.filter((one) => one.isExported),
    pools.filter((one) => !one.isExported),
  ];
  return [
    'function calico_export_to_bgp_peers(bool internal_peer) {',
    ...closed.map(({ cidr }) => `  if (net ~ ${cidr}) then { reject; }`),
    ...blocks.flatMap((block) => [
      `  if (net = ${block}) then { accept; }`,
      `  if (net ~ ${block}) then { reject; }`,
    ]),
    ...open.map(({ cidr }) => `  if (net ~ ${cidr}) then { accept; }`),
    '}',
  ].join('\n');
}

function kernelFilter(pools: readonly Pool[]): string {
  return [
    'filter calico_kernel_programming {',
    ...pools.map(
      ({ cidr, hasTunnels }) =>
        `  if (net ~ ${cidr}) then { ${hasTunnels ? 'reject' : 'accept'}; }`,
    ),
    '  accept;',
    '}',
  ].join('\n');
}

function listenLine(state: CalicoState, node: CalicoNode): readonly string[] {
  const port = node.listenPort ?? globalSettings(state).listenPort;
  return port === undefined ? [] : [`listen bgp port ${String(port)};`];
}

const kernelAndDevices = `protocol kernel {
  learn;
  persist;
  scan time 2;
  import all;
  export filter calico_kernel_programming;
  graceful restart;
  merge paths on;
}
protocol device { scan time 2; }
protocol direct { interface -"cali*", -"kube-ipvs*", "*"; }`;

function bgp(state: CalicoState, node: CalicoNode, family: Family): readonly string[] {
  if (node.addresses[family] === undefined) return [`# IPv${String(family)} is off on this node.`];
  const ownAs = node.asNumber ?? globalSettings(state).asNumber;
  const template = `template bgp bgp_template {
  description "Connection to BGP peer";
  local as ${String(ownAs)};
  gateway recursive;
  add paths on;
  graceful restart;
  connect delay time 2;
  connect retry time 5;
  error wait time 5,30;
}`;
  const sessions = calicoSessions(state, node.name, family);
  return [template, ...sessions.map((session) => sessionBlock(session, ownAs))];
}

function sessionBlock(session: CalicoSession, ownAs: number): string {
  const { name, neighbor, port, asNumber, localAs, sourceAddress, ttlSecurity } = session;
  const isInternal = asNumber === (localAs ?? ownAs);
  const at = port === undefined ? neighbor : `${neighbor} port ${String(port)}`;
  const lines = [
    ...(localAs === undefined ? [] : [`local as ${String(localAs)}`]),
    `neighbor ${at} as ${String(asNumber)}`,
    ...(sourceAddress === undefined ? [] : [`source address ${sourceAddress}`]),
    ...(ttlSecurity === undefined
      ? ['ttl security off', 'multihop']
      : ['ttl security on', `multihop ${String(ttlSecurity)}`]),
    'import all',
    `export filter { calico_export_to_bgp_peers(${String(isInternal)}); reject; }`,
    ...furtherLines(session),
  ];
  return `protocol bgp ${name} from bgp_template {\n${lines.map((line) => `  ${line};\n`).join('')}}`;
}

function furtherLines(session: CalicoSession): readonly string[] {
  const { isPassive, restartSeconds, keepaliveSeconds, reflectsAs, nextHop, allowedLocalAs } =
    session;
  return [
    ...(isPassive ? ['passive on'] : []),
    ...(restartSeconds === undefined ? [] : [`graceful restart time ${String(restartSeconds)}`]),
    ...(keepaliveSeconds === undefined ? [] : [`keepalive time ${String(keepaliveSeconds)}`]),
    ...(reflectsAs === undefined ? [] : ['rr client', `rr cluster id ${reflectsAs}`]),
    ...(nextHop === undefined ? [] : [`next hop ${nextHop}`]),
    ...(allowedLocalAs === undefined ? [] : [`allow local as ${String(allowedLocalAs)}`]),
  ];
}
