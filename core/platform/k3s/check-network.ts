/** Whether the network that K3s gets from its flags fits together, and fits to the node as it lives. */
import {
  contains,
  kindOf,
  overlaps,
  parseAddress,
  parseNetwork,
} from '../../config/net/address.ts';
import type { Network } from '../../config/model.ts';
import { nearestName } from '../../nearest-name.ts';
import { printable } from '../../printable.ts';
import type { PlatformIssue } from '../../../schemas/generated/agent-api/platform.ts';
import { fileIssue, type FilePlace } from '../file-issues.ts';
import { backendFault, backendName, knownBackends, minorOf } from './flannel-backends.ts';
import { inForce, itemsInForce, textInForce, type GivenFlags } from './merge.ts';

export interface LivingNode {
  /** As `k3s --version` prints it. */
  readonly version?: string | undefined;
  /** Flannel's configuration, from the file that K3s wrote when this node joined. */
  readonly flannel?: {
    readonly file: string;
    readonly networks: readonly string[];
    readonly backend?: string;
  };
  /** The file by which containerd takes Calico. */
  readonly calico?: string;
  /** Whether that file lets pods forward; absent: it cannot be read. */
  readonly allowsForwarding?: boolean;
}

export function checkNetwork(given: GivenFlags, node: LivingNode): PlatformIssue[] {
  return [
    ...checkBackend(given, node),
    ...checkRanges(given),
    ...checkDns(given),
    ...checkDisabled(given),
    ...checkCalico(given, node),
    ...checkForwarding(node),
    ...checkLiving(given, node),
  ];
}

function placeOf(given: GivenFlags, name: string): FilePlace | undefined {
  return inForce(given, name).at(-1)?.place;
}

function checkBackend(given: GivenFlags, { version }: LivingNode): PlatformIssue[] {
  const value = textInForce(given, 'flannel-backend') ?? '';
  const minor = minorOf(version);
  const fault = backendFault(value, minor);
  if (fault === undefined) return [];
  const instead = backendName(value) === 'wireguard' || backendName(value) === 'ipsec';
  const hint = instead
    ? 'wireguard-native encrypts in its place: change it on all servers, then restart all nodes, servers first'
    : `one of ${knownBackends(minor).join(', ')}`;
  return [
    fileIssue('error', placeOf(given, 'flannel-backend'), {
      code: 'k3s-flannel-backend',
      message: `K3s does not start with the flannel backend "${printable(value.slice(0, 64))}": ${fault}`,
      hint,
    }),
  ];
}

const ranges = ['cluster-cidr', 'service-cidr'] as const;

function networksOf(given: GivenFlags, name: string): readonly Network[] {
  return itemsInForce(given, name).flatMap((item) => {
    const parsed = parseNetwork(item);
    return parsed.ok ? [parsed.value.network] : [];
  });
}

function checkRanges(given: GivenFlags): PlatformIssue[] {
  const single = ranges.flatMap((name) => [
    ...checkSyntax(given, name),
    ...checkTwice(given, name),
  ]);
  const [pods = [], services = []] = ranges.map((name) => networksOf(given, name));
  const isShared = pods.some((one) => services.some((other) => overlaps(one, other)));
  if (!isShared) return single;
  const place = placeOf(given, 'service-cidr') ?? placeOf(given, 'cluster-cidr');
  const message = 'cluster-cidr and service-cidr overlap: addresses of pods and services collide';
  return [...single, fileIssue('error', place, { code: 'k3s-ranges-overlap', message })];
}

function checkSyntax(given: GivenFlags, name: string): PlatformIssue[] {
  const wrong = itemsInForce(given, name).filter((item) => !parseNetwork(item).ok);
  return wrong.slice(0, 1).map((item) =>
    fileIssue('error', placeOf(given, name), {
      code: 'k3s-no-network',
      message: `${name} has "${printable(item.slice(0, 64))}", which is no network`,
      hint: 'write it as 10.42.0.0/16',
    }),
  );
}

/** Repeatable flags of several places add up, which is easily forgotten of the command line. */
function checkTwice(given: GivenFlags, name: string): PlatformIssue[] {
  const values = inForce(given, name);
  const kinds = new Set(values.map(({ kind }) => kind));
  const families = itemsInForce(given, name).map((item) => (item.includes(':') ? 6 : 4));
  if (new Set(families).size === families.length) return [];
  const [first, ...others] = values;
  const last = others.at(-1);
  if (first === undefined || last === undefined) return [];
  const where = `${first.place.file}, line ${String(first.place.line ?? 0)}`;
  const why = kinds.size > 1 ? 'the command line adds to the files' : 'the values add up';
  return [
    fileIssue('error', last.place, {
      code: 'k3s-given-twice',
      message: `${name} is given here and in ${where}, and ${why}: K3s gets two of one address family, and takes one at most`,
      hint: 'keep it in one place',
    }),
  ];
}

function checkDns(given: GivenFlags): PlatformIssue[] {
  const services = networksOf(given, 'service-cidr');
  const outside = itemsInForce(given, 'cluster-dns').find((item) => {
    const parsed = parseAddress(item);
    return !parsed.ok || !services.some((network) => contains(network, parsed.value));
  });
  if (outside === undefined) return [];
  const range = textInForce(given, 'service-cidr') ?? '';
  const address = parseAddress(outside);
  // People put the address of NodeLocal DNSCache here, which K3s takes as well.
  const isLocal = address.ok && kindOf(address.value) === 'link-local';
  const message = `cluster-dns "${printable(outside.slice(0, 64))}" is no address of service-cidr ${printable(range.slice(0, 128))}`;
  return [
    fileIssue(isLocal ? 'warning' : 'error', placeOf(given, 'cluster-dns'), {
      code: 'k3s-dns-outside',
      message: isLocal ? `${message}: a cache on every node has to answer there` : message,
      hint: isLocal
        ? 'with NodeLocal DNSCache this is right; else take the tenth address of the service range'
        : 'take the tenth address of the service range, or leave the line away',
    }),
  ];
}

const components = [
  'coredns',
  'servicelb',
  'traefik',
  'local-storage',
  'metrics-server',
  'runtimes',
];

/** Names that people write into `disable` although they have flags of their own. */
const ownFlags: Readonly<Record<string, string>> = {
  'network-policy': 'disable-network-policy: true',
  flannel: 'flannel-backend: none',
  'kube-proxy': 'disable-kube-proxy: true',
  'cloud-controller': 'disable-cloud-controller: true',
  'helm-controller': 'disable-helm-controller: true',
};

function checkDisabled(given: GivenFlags): PlatformIssue[] {
  return inForce(given, 'disable').flatMap(({ text, place }) =>
    text.split(',').flatMap((item) => {
      const name = item.trim();
      if (name === '' || components.includes(name)) return [];
      const nearest = nearestName(name, components);
      const own = ownFlags[name];
      const hint =
        own !== undefined
          ? `write ${own}`
          : nearest === undefined
            ? `K3s ships ${components.join(', ')}`
            : `did you mean ${nearest}?`;
      const message = `"${printable(name.slice(0, 64))}" is no component that K3s ships: disabling it does nothing`;
      return [fileIssue('warning', place, { code: 'k3s-disable-unknown', message, hint })];
    }),
  );
}

/** ServiceLB's pods, and others with a network of their own, forward. Source: docs.k3s.io networking/basic-network-options. */
function checkForwarding({ calico, allowsForwarding }: LivingNode): PlatformIssue[] {
  if (calico === undefined || allowsForwarding !== false) return [];
  return [
    fileIssue(
      'warning',
      { file: calico },
      {
        code: 'k3s-calico-forwarding',
        message:
          'Calico switches forwarding off in pods, and K3s needs it on: container_settings.allow_ip_forwarding is not true',
        hint: 'operator: spec.calicoNetwork.containerIPForwarding: Enabled in the Installation; manifest: "container_settings": {"allow_ip_forwarding": true} beside "type": "calico" in the ConfigMap calico-config, then a rollout restart of calico-node; with k3s.cni: calico and rights in Kubernetes the agent does it',
      },
    ),
  ];
}

function checkCalico(given: GivenFlags, { calico }: LivingNode): PlatformIssue[] {
  if (calico === undefined) return [];
  const isOff = textInForce(given, 'flannel-backend') === 'none';
  if (!isOff) {
    return [
      fileIssue('error', placeOf(given, 'flannel-backend') ?? { file: calico }, {
        code: 'k3s-calico-beside-flannel',
        message: `Calico is installed (${calico}), and K3s runs flannel beside it: flannel-backend is "${textInForce(given, 'flannel-backend') ?? ''}", expected none`,
        hint: 'flannel-backend: none and disable-network-policy: true on all servers; a node that lived with flannel needs a reboot',
      }),
    ];
  }
  if (/^(?:1|t|true)$/i.test(textInForce(given, 'disable-network-policy') ?? '')) return [];
  return [
    fileIssue('warning', placeOf(given, 'disable-network-policy') ?? { file: calico }, {
      code: 'k3s-two-policy-controllers',
      message:
        "Calico enforces network policies, and so does K3s' own controller: expected disable-network-policy: true",
      hint: 'set it on all servers; the rules KUBE-ROUTER-* of before stay until a reboot',
    }),
  ];
}

/** Sources: issues 2603, 3967, 3489 and 5514 of k3s-io/k3s. */
function checkLiving(given: GivenFlags, { flannel }: LivingNode): PlatformIssue[] {
  if (flannel === undefined) return [];
  const asked = networksOf(given, 'cluster-cidr');
  const strange = flannel.networks.find((text) => {
    const living = parseNetwork(text);
    return living.ok && asked.length > 0 && !asked.some((one) => isSame(one, living.value.network));
  });
  const issues: PlatformIssue[] = [];
  if (strange !== undefined) {
    const value = textInForce(given, 'cluster-cidr') ?? '';
    issues.push(
      fileIssue('error', placeOf(given, 'cluster-cidr') ?? { file: flannel.file }, {
        code: 'k3s-fixed-at-first-start',
        message: `cluster-cidr is ${printable(value.slice(0, 128))}, and this node lives with ${printable(strange.slice(0, 64))} (${flannel.file}): K3s fixes it at the first start of the cluster`,
        hint: 'put the old value back; another range needs a new cluster',
      }),
    );
  }
  const backend = backendName(textInForce(given, 'flannel-backend') ?? '');
  const { backend: running } = flannel;
  if (running !== undefined && backend !== '' && backend !== 'none' && running !== backend) {
    issues.push(
      fileIssue('warning', placeOf(given, 'flannel-backend') ?? { file: flannel.file }, {
        code: 'k3s-backend-differs',
        message: `flannel-backend is ${printable(backend)}, and flannel runs with ${printable(running.slice(0, 64))} (${flannel.file})`,
        hint: 'set the same backend on all servers, then restart all nodes, servers first',
      }),
    );
  }
  return issues;
}

function isSame(one: Network, other: Network): boolean {
  return contains(one, other) && contains(other, one);
}
