/** The network arguments of the kubelet on nodes of kubeadm, kops and Charmed Kubernetes, each with its place. */
import type {
  PlatformIssue,
  PlatformValue,
} from '../../../schemas/generated/agent-api/platform.ts';
import { fileIssue, hiddenIssue } from '../file-issues.ts';
import { isHidden, type HostFile } from '../host-file.ts';

export interface KubeletPaths {
  readonly flags: string;
  readonly config: string;
}

/**
 * Where each platform keeps them. Sources: kubeadm; kops nodeup/pkg/model/kubelet.go; the snap kubelet, and the
 * charms kubernetes-worker and kubernetes-control-plane.
 */
export const kubeletPaths = {
  kubeadm: {
    flags: '/var/lib/kubelet/kubeadm-flags.env',
    config: '/var/lib/kubelet/config.yaml',
  },
  kops: { flags: '/etc/sysconfig/kubelet', config: '/var/lib/kubelet/kubelet.conf' },
  'charmed-kubernetes': {
    flags: '/var/snap/kubelet/current/args',
    config: '/root/cdk/kubelet/config.yaml',
  },
} as const satisfies Readonly<Record<string, KubeletPaths>>;

export interface KubeletFiles {
  /** A file of variables of systemd, or the arguments of a snap. */
  readonly flags: HostFile;
  /** The KubeletConfiguration. */
  readonly config: HostFile;
}

const shown: ReadonlySet<string> = new Set([
  ...['node-ip', 'hostname-override', 'cluster-dns', 'cluster-domain', 'resolv-conf', 'pod-cidr'],
  ...['network-plugin', 'cni-conf-dir', 'cni-bin-dir'],
]);
/** Kubernetes 1.24 took them out, with dockershim. */
const removed: ReadonlySet<string> = new Set(['network-plugin', 'cni-conf-dir', 'cni-bin-dir']);

interface KubeletReport {
  readonly values: PlatformValue[];
  readonly issues: PlatformIssue[];
}

export function reportKubelet({ flags, config }: KubeletFiles): KubeletReport {
  const given = flagsIn(flags);
  const inConfig = config.state === 'text' ? configValues(config.path, config.text) : [];
  // A flag of the command line wins over the file. Source: cmd/kubelet/app/server.go.
  const names = new Set(given.map(({ name }) => name));
  return {
    values: [...given, ...inConfig.filter(({ name }) => !names.has(name))],
    issues: [
      ...[flags, config].filter(isHidden).map(hiddenIssue),
      ...given.flatMap(({ name, from }) => {
        const flag = name.replace('kubelet --', '');
        if (!removed.has(flag)) return [];
        const message = `--${flag} does not exist since Kubernetes 1.24: a newer kubelet does not start with it`;
        const hint = `take it out of ${flags.path}; containerd decides about the folders of the CNI`;
        const place = {
          file: flags.path,
          ...(from[0]?.line !== undefined && { line: from[0].line }),
        };
        return [fileIssue('warning', place, { code: 'kubelet-removed-flag', message, hint })];
      }),
    ],
  };
}

function flagsIn(file: HostFile): readonly PlatformValue[] {
  if (file.state !== 'text') return [];
  return file.text.split('\n').flatMap((line, index) =>
    [...wordsOf(line).matchAll(/--([\w-]+)(?:=("[^"]*"|\S*))?/g)].flatMap(
      ([, flag = '', value = 'true']) => {
        if (!shown.has(flag)) return [];
        return [valueOf(`kubelet --${flag}`, unquoted(value), file.path, index + 1)];
      },
    ),
  );
}

/** kubeadm and kops have all arguments in one variable, the snap one in each line. */
function wordsOf(line: string): string {
  const variable = variables.find((name) => line.startsWith(`${name}=`));
  if (variable === undefined) return line.startsWith('--') ? line : '';
  const value = line.slice(variable.length + 1).trimEnd();
  const [quote = ''] = value;
  if (quote !== '"' && quote !== "'") return value;
  return value.slice(1, value.endsWith(quote) && value.length > 1 ? -1 : undefined);
}

const variables = ['KUBELET_KUBEADM_ARGS', 'DAEMON_ARGS'];

function unquoted(value: string): string {
  return /^"(.*)"$/.exec(value)?.[1] ?? value;
}

/** The two fields of the top level that concern the network; kubeadm, kops and the charm write the file. */
function configValues(path: string, text: string): readonly PlatformValue[] {
  const lines = text.split('\n');
  const domain = lines.findIndex((line) => line.startsWith('clusterDomain:'));
  const dns = lines.findIndex((line) => line.startsWith('clusterDNS:'));
  const servers: string[] = [];
  for (const line of dns === -1 ? [] : lines.slice(dns + 1)) {
    const [, server] = /^\s*-\s+["']?([0-9A-Fa-f.:]+)["']?\s*$/.exec(line) ?? [];
    if (server === undefined) break;
    servers.push(server);
  }
  const [, name = ''] = /^clusterDomain:\s*["']?([\w.-]+)/.exec(lines[domain] ?? '') ?? [];
  return [
    ...(servers.length === 0
      ? []
      : [valueOf('kubelet --cluster-dns', servers.join(','), path, dns + 1)]),
    ...(name === '' ? [] : [valueOf('kubelet --cluster-domain', name, path, domain + 1)]),
  ];
}

function valueOf(name: string, value: string, file: string, line: number): PlatformValue {
  return { name, value, from: [{ kind: 'file', file, line }] };
}
