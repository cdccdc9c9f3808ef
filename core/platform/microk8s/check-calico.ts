/** Checks that related parts of cni.yaml agree. */
import { parseAddress } from '../../config/net/address.ts';
import { printable } from '../../printable.ts';
import type { PlatformIssue } from '../../../schemas/generated/agent-api/platform.ts';
import { fileIssue, type FilePlace } from '../file-issues.ts';
import {
  autodetectionHint,
  isAutodetectionMethod,
} from '../../config/platform/autodetection-method.ts';
import type { CalicoDaemonSet, CniManifest, ManifestValue, Probe } from './cni-manifest.ts';

/** MicroK8s' own pool; the document calls it default-ipv4-pool, which does not exist. */
export const poolName = 'default-ipv4-ippool';

export function checkCalico(file: string, manifest: CniManifest): PlatformIssue[] {
  const { daemonSets, config, issues } = manifest;
  const [node, second] = daemonSets;
  if (node === undefined) {
    if (issues.length > 0) return [];
    return [
      fileIssue(
        'error',
        { file },
        {
          code: 'cni-no-daemonset',
          message:
            'there is no DaemonSet calico-node in it: MicroK8s applies something else than Calico, or the file is no YAML',
          hint: 'compare it with /snap/microk8s/current/upgrade-scripts/000-switch-to-calico/resources/calico.yaml',
        },
      ),
    ];
  }
  if (second !== undefined) {
    return [
      fileIssue('error', second.place, {
        code: 'cni-two-daemonsets',
        message: `a second DaemonSet calico-node, after the one in line ${String(node.place.line ?? 0)}: the last one is applied over the first`,
        hint: 'keep one of them',
      }),
    ];
  }
  const backend = config.get('calico_backend');
  return [...checkMethods(node), ...checkProbes(node, backend), ...checkPool(node, backend)];
}

const methods = [
  ['IP_AUTODETECTION_METHOD', 4],
  ['IP6_AUTODETECTION_METHOD', 6],
] as const;

function checkMethods({ env }: CalicoDaemonSet): readonly PlatformIssue[] {
  return methods.flatMap(([name, family]) => {
    const value = env.get(name);
    return value === undefined ? [] : checkMethod(name, family, value);
  });
}

function checkMethod(
  name: string,
  family: 4 | 6,
  { text, place }: ManifestValue,
): readonly PlatformIssue[] {
  const shown = printable(text.slice(0, 64));
  if (!isAutodetectionMethod(text)) {
    return [
      fileIssue('error', place, {
        code: 'cni-autodetection',
        message: `${name} is "${shown}", which is no method of Calico's`,
        hint: autodetectionHint,
      }),
    ];
  }
  const target = /^can-reach=(.*)$/.exec(text)?.[1];
  if (target === undefined) return [];
  const address = parseAddress(target);
  if (address.ok && address.value.family !== family) {
    return [
      fileIssue('error', place, {
        code: 'cni-can-reach-family',
        message: `${name} is "${shown}", an address of IPv${String(address.value.family)}: no IPv${String(family)} address is found with it; microk8s join writes it in place of every first-found`,
        hint: `write first-found, or an address of IPv${String(family)}, on all nodes`,
      }),
    ];
  }
  return [
    fileIssue('note', place, {
      code: 'cni-can-reach',
      message: `${name} is "${shown}": microk8s join writes the address that it contacted in place of first-found, and in cni.yaml.backup too; the living value is the one that the contacted node set`,
      hint: 'microk8s kubectl -n kube-system get ds calico-node -o yaml shows the living value',
    }),
  ];
}

function checkProbes(
  { liveness, readiness }: CalicoDaemonSet,
  backend: ManifestValue | undefined,
): readonly PlatformIssue[] {
  const probes = [
    [liveness, 'live'],
    [readiness, 'ready'],
  ] as const;
  return probes.flatMap(([probe, what]) =>
    probe === undefined ? [] : checkProbe(probe, what, backend?.text),
  );
}

function checkProbe(
  { arguments: given, place }: Probe,
  what: 'live' | 'ready',
  backend: string | undefined,
): readonly PlatformIssue[] {
  const [bird, felix] = [`-bird-${what}`, `-felix-${what}`];
  const has = (name: string): boolean => given.includes(name) || given.includes(`-${name}`);
  const issues: PlatformIssue[] = [];
  if (!has(felix)) {
    issues.push(
      fileIssue('warning', place, {
        code: 'cni-felix-probe',
        message: `the probe lacks ${felix}: a Felix that hangs is not noticed`,
        hint: `keep ${felix}, and add ${bird} below it: the document replaces it`,
      }),
    );
  }
  if (backend === 'bird' && !has(bird)) {
    issues.push(
      fileIssue('warning', place, {
        code: 'cni-bird-probe',
        message: `calico_backend is bird, and the probe lacks ${bird}: a BIRD that fails is not noticed`,
        hint: `add ${bird} below ${felix}`,
      }),
    );
  }
  if (backend !== undefined && backend !== 'bird' && has(bird)) {
    issues.push(
      fileIssue('error', place, {
        code: 'cni-probe-without-bird',
        message: `the probe asks for BIRD (${bird}), and calico_backend is ${printable(backend.slice(0, 32))}: calico-node never becomes ready`,
        hint: 'set calico_backend: "bird" in calico-config, or take the argument away',
      }),
    );
  }
  return issues;
}

function isOn(value: ManifestValue | undefined): boolean {
  return value !== undefined && value.text !== 'Never';
}

function checkPool(
  { env }: CalicoDaemonSet,
  backend: ManifestValue | undefined,
): readonly PlatformIssue[] {
  const ipip = env.get('CALICO_IPV4POOL_IPIP');
  const vxlan = env.get('CALICO_IPV4POOL_VXLAN');
  const later = `it acts while no pool exists: the living pool ${poolName} has to be changed as well`;
  const finding = (
    place: FilePlace | undefined,
    code: string,
    message: string,
    hint: string,
  ): PlatformIssue[] => [fileIssue('error', place, { code, message, hint })];
  if (ipip !== undefined && isOn(ipip) && isOn(vxlan)) {
    return finding(
      ipip.place,
      'cni-two-encapsulations',
      'CALICO_IPV4POOL_IPIP and CALICO_IPV4POOL_VXLAN are both on: Calico makes no pool of them',
      `keep one; ${later}`,
    );
  }
  if (backend?.text === 'vxlan' && ipip !== undefined && isOn(ipip)) {
    return finding(
      ipip.place,
      'cni-ipip-without-bird',
      'CALICO_IPV4POOL_IPIP needs BIRD for its routes, and calico_backend is vxlan',
      `set calico_backend: "bird" in calico-config, or name the variable CALICO_IPV4POOL_VXLAN; ${later}`,
    );
  }
  if (backend?.text === 'bird' && vxlan !== undefined && isOn(vxlan)) {
    return [
      fileIssue('warning', vxlan.place, {
        code: 'cni-vxlan-with-bird',
        message:
          'calico_backend is bird, and the pool of CALICO_IPV4POOL_VXLAN stays in VXLAN: BGP is on by half',
        hint: `name the variable CALICO_IPV4POOL_IPIP; ${later}`,
      }),
    ];
  }
  return [];
}
