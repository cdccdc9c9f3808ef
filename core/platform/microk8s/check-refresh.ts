/**
 * A refresh of the snap, or an upgrade by hand, replaces cni.yaml and loses the changes in it.
 * Source: canonical/microk8s scripts/calico/upgrade.py.
 */
import { printable } from '../../printable.ts';
import type { PlatformIssue } from '../../../schemas/generated/agent-api/platform.ts';
import { fileIssue } from '../file-issues.ts';
import type { CniManifest, ManifestValue } from './cni-manifest.ts';

const compared = [
  'CALICO_IPV4POOL_CIDR',
  'CALICO_IPV6POOL_CIDR',
  'CALICO_IPV4POOL_IPIP',
  'CALICO_IPV4POOL_VXLAN',
  'IP_AUTODETECTION_METHOD',
  'IP6_AUTODETECTION_METHOD',
];

export function imageVersion(image: ManifestValue | undefined): string | undefined {
  return /:(v[^:@/]+)$/.exec(image?.text ?? '')?.[1];
}

/** @param backup cni.yaml.backup: of the document's upgrade, or of microk8s join */
export function checkRefresh(now: CniManifest, backup: CniManifest): PlatformIssue[] {
  const [node] = now.daemonSets;
  const [before] = backup.daemonSets;
  const version = imageVersion(node?.image);
  const earlier = imageVersion(before?.image);
  if (node === undefined || before === undefined || version === undefined) return [];
  if (earlier === undefined || earlier === version) return [];
  const changed = [
    ...['calico_backend', 'veth_mtu'].map(
      (key) => [key, now.config.get(key), backup.config.get(key)] as const,
    ),
    ...compared.map((key) => [key, node.env.get(key), before.env.get(key)] as const),
  ].filter(([, one, other]) => other !== undefined && one?.text !== other.text);
  const [first] = changed;
  if (first === undefined) return [];
  const lost = changed
    .map(([key, one, other]) => `${key} ${other?.text ?? ''} (now ${one?.text ?? 'absent'})`)
    .join(', ');
  return [
    fileIssue('warning', first[1]?.place ?? node.place, {
      code: 'cni-replaced',
      message: `cni.yaml came with Calico ${version} in place of ${earlier}, and has lost settings of cni.yaml.backup: ${printable(lost.slice(0, 500))}`,
      hint: 'carry them over on all nodes; sudo touch /var/snap/microk8s/current/var/lock/no-manage-calico keeps a refresh from replacing it again',
    }),
  ];
}
