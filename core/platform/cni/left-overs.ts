/** Left-overs of an earlier CNI on a node, and the commands that remove its rules. Pure. */
import { parseConflist, type Conflist } from './conflist.ts';
import type { HostFile } from '../host-file.ts';
import type { HostLink } from './parse-links.ts';

export const formerCnis = ['flannel', 'calico', 'kube-router'] as const;
export type FormerCni = (typeof formerCnis)[number];

export interface LeftOvers {
  /** Interfaces by name. */
  readonly links: readonly string[];
  /** Paths of CNI configurations. */
  readonly files: readonly string[];
  /** Chains of the packet filter by family. */
  readonly chains: Readonly<Record<'ipv4' | 'ipv6', readonly string[]>>;
}

export interface FormerInput {
  /** CNI configurations in the order of their names. */
  readonly files: readonly HostFile[];
  /** Undefined: the kernel cannot be asked. */
  readonly links: readonly HostLink[] | undefined;
  /** The rules as iptables-save prints them; undefined: not known. */
  readonly rules: Readonly<Record<'ipv4' | 'ipv6', string | undefined>>;
  /** Whether K3s runs its own controller of network policies; undefined: not known. */
  readonly hasPolicyController: boolean | undefined;
}

export type FoundLeftOvers =
  | { readonly ok: true; readonly leftOvers: LeftOvers; readonly unknown: readonly string[] }
  /** Completes "cannot clean: …". */
  | { readonly ok: false; readonly why: string };

/**
 * The kernel keeps tunl0 as long as its module is loaded, and the interfaces of pods belong to pods
 * that still run.
 */
const interfaces: Readonly<Record<FormerCni, RegExp>> = {
  flannel: /^(?:flannel\.\d+|flannel-v6\.\d+|flannel-wg(?:-v6)?|cni0)$/,
  calico: /^(?:vxlan(?:-v6)?\.calico|wireguard\.cali|wg-v6\.cali)$/,
  'kube-router': /^(?:kube-bridge|kube-dummy-if|dummy0\.kube-router)$/,
};

/** Source: kube-router pkg/controllers/netpol, which K3s has in its own process. */
const policyChain = /^KUBE-(?:ROUTER-(?:INPUT|OUTPUT|FORWARD)|POD-FW-\w+|NWPLCY-\w+)$/;

interface Network {
  readonly path: string;
  readonly conflist: Conflist;
}

export function findLeftOvers(former: FormerCni, input: FormerInput): FoundLeftOvers {
  const read = input.files.filter(({ state }) => state !== 'absent').map(readNetwork);
  const unreadable = read.find((one) => 'why' in one);
  if (unreadable !== undefined) {
    const why = `the CNI configuration ${unreadable.path} cannot be read (${unreadable.why}), and may be the one in force`;
    return { ok: false, why };
  }
  const parsed = read.flatMap((one) => ('conflist' in one ? [one] : []));
  const networks = parsed.filter(({ conflist }) => isNetwork(conflist));
  const why = whyInForce(former, input, networks);
  if (why !== undefined) return { ok: false, why };
  const files = parsed.filter(({ conflist }) => isOf(former, conflist)).map(({ path }) => path);
  const links = input.links
    ?.map(({ name }) => name)
    .filter((name) => interfaces[former].test(name));
  const ofRules = former === 'kube-router';
  const chainsOf = (text: string | undefined): readonly string[] =>
    ofRules ? policyChains(text ?? '') : [];
  const { ipv4, ipv6 } = input.rules;
  return {
    ok: true,
    leftOvers: {
      files,
      links: links ?? [],
      chains: { ipv4: chainsOf(ipv4), ipv6: chainsOf(ipv6) },
    },
    unknown: [
      ...(ofRules && input.hasPolicyController === undefined
        ? [
            "K3s' own controller of network policies: a K3s agent learns from its servers whether it runs (disable-network-policy); it makes its chains again",
          ]
        : []),
      ...(links === undefined ? ['interfaces: "ip" gives no answer'] : []),
      ...(ofRules && ipv4 === undefined ? ['rules of IPv4: "iptables-save" gives no answer'] : []),
      ...(ofRules && ipv6 === undefined ? ['rules of IPv6: "ip6tables-save" gives no answer'] : []),
    ],
  };
}

/** Undefined: another CNI is in force, or comes into force with the clean-up. */
function whyInForce(
  former: FormerCni,
  { hasPolicyController, links }: FormerInput,
  networks: readonly Network[],
): string | undefined {
  const next = networks.find(({ conflist }) => !isOf(former, conflist))?.conflist;
  if (former === 'kube-router' && hasPolicyController === true) {
    return "K3s' own controller makes the rules of network policies, and is not disabled";
  }
  if (next === undefined) {
    return `no other CNI has a configuration on this node: without ${former} no pod would start`;
  }
  if (former === 'flannel' && isOf('calico', next) && next.ipam.includes('host-local')) {
    return "Calico has flannel's addresses and tunnels here (Canal): flannel is in force";
  }
  const [first] = networks;
  if (first === undefined || !isOf(former, first.conflist)) return undefined;
  if (links === undefined) {
    return `${first.path} comes first by name, and "ip" does not say whether ${former} still runs`;
  }
  const up = links.find(({ name, isUp }) => isUp && interfaces[former].test(name));
  if (up === undefined || hasInterface(next, links)) return undefined;
  return `${first.path} comes first by name, ${up.name} is up, and the next CNI (${next.plugins.join(', ')}) has no interface here: ${former} is in force`;
}

function readNetwork(file: HostFile): Network | { readonly path: string; readonly why: string } {
  const { path } = file;
  if (file.state === 'absent') return { path, why: 'it is gone' };
  if (file.state === 'unreadable') return { path, why: file.why };
  const parsed = parseConflist(file.text);
  return parsed.ok ? { path, conflist: parsed.value } : { path, why: parsed.why };
}

/** These connect no pod to other nodes. multus only calls the configuration of another CNI. */
const helpers: ReadonlySet<string> = new Set(
  'loopback bridge portmap firewall tuning bandwidth sbr vrf'.split(' '),
);

function isNetwork({ plugins }: Conflist): boolean {
  return (
    !plugins.some((plugin) => plugin.startsWith('multus')) &&
    plugins.some((plugin) => !helpers.has(plugin))
  );
}

/** Each CNI that runs has one of these. */
const interfacesOfRunning: readonly (readonly [plugin: string, form: RegExp])[] = [
  ['calico', /^(?:vxlan(?:-v6)?\.calico|wireguard\.cali|wg-v6\.cali|tunl0|cali[0-9a-f]{11})$/],
  ['flannel', interfaces.flannel],
  ['cilium-cni', /^(?:cilium_\w+|lxc\w+)$/],
];

/** Also where the agent does not know the names of the CNI's interfaces. */
function hasInterface({ plugins }: Conflist, links: readonly HostLink[]): boolean {
  const known = interfacesOfRunning.find(([plugin]) => plugins.includes(plugin));
  if (known === undefined) return true;
  const [, form] = known;
  // The kernel makes a tunl0 that is down as soon as its module is loaded.
  return links.some(({ name, isUp }) => form.test(name) && (name !== 'tunl0' || isUp));
}

function isOf(former: FormerCni, { name, plugins }: Conflist): boolean {
  if (former === 'kube-router') return /kube-?router/.test(name);
  return plugins.includes(former);
}

/** @param rules as iptables-save prints them */
export function policyChains(rules: string): readonly string[] {
  return rules
    .split('\n')
    .flatMap((line) => /^:(\S+) /.exec(line)?.[1] ?? [])
    .filter((chain) => policyChain.test(chain));
}

/**
 * The input of `iptables-restore --noflush` that takes these chains away, with the rules of others that
 * lead there, in one transaction; the other rules stay.
 * @param rules of one family, as iptables-save prints them
 */
export function withoutChains(rules: string): string {
  const tables: { name: string; chains: string[]; jumps: string[] }[] = [];
  for (const line of rules.split('\n')) {
    const name = /^\*(\w+)$/.exec(line)?.[1];
    if (name !== undefined) tables.push({ name, chains: [], jumps: [] });
    const table = tables.at(-1);
    const chain = /^:(\S+) /.exec(line)?.[1];
    if (chain !== undefined && policyChain.test(chain)) table?.chains.push(chain);
    const [, from = '', target = ''] = /^-A (\S+) .*-[jg] (\S+)/.exec(line) ?? [];
    if (policyChain.test(target) && !policyChain.test(from)) {
      table?.jumps.push(line.replace(/^-A /, '-D '));
    }
  }
  return tables
    .filter(({ chains }) => chains.length > 0)
    .map(({ name, chains, jumps }) =>
      [
        `*${name}`,
        ...chains.map((chain) => `:${chain} - [0:0]`),
        ...jumps,
        ...chains.map((chain) => `-X ${chain}`),
        'COMMIT',
        '',
      ].join('\n'),
    )
    .join('');
}
