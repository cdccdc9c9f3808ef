/** Rules between the fields of cilium: validateNetworkingCilium. */
import type { Findings } from '../../findings.ts';
import type { Located } from '../../config/yaml/located.ts';
import { fieldsOf, itemsOf, textOf } from '../../config/yaml/read-values.ts';
import { cloudOf, isIpv6, providersOf, type JudgedCluster } from '../document/facts.ts';
import { entryAt, valueAt } from '../document/read-clusters.ts';
import { ciliumVersions } from '../table/cilium-fields.ts';

export function checkCilium(cluster: JudgedCluster, findings: Findings): void {
  const found = providersOf(cluster).find(({ provider }) => provider.key === 'cilium');
  if (found === undefined) return;
  const fields = fieldsOf(found.entry.value);
  checkVersion(cluster, fields, findings);
  checkIpam(cluster, fields, findings);
  checkIdentities(cluster, fields, findings);
  checkEncryption(cluster, fields, findings);
  checkSockets(cluster, fields, findings);
}

type Fields = ReadonlyMap<string, Located>;

function isOn(node: Located | undefined): boolean {
  return node?.kind === 'scalar' && node.value === true;
}

function checkVersion(
  { target, ...cluster }: JudgedCluster,
  fields: Fields,
  findings: Findings,
): void {
  const version = textOf(fields.get('version'));
  const allowed = ciliumVersions.findLast(({ kops }) => kops <= target.kops);
  if (version !== undefined && allowed !== undefined) {
    const [, minor] = /^v1\.(\d+)\.\d+/.exec(version.value) ?? [];
    const range =
      allowed.from === allowed.to
        ? `v1.${allowed.to}.x`
        : `v1.${allowed.from}.x to v1.${allowed.to}.x`;
    if (minor === undefined || Number(minor) < allowed.from || Number(minor) > allowed.to) {
      const message = `kops 1.${target.kops} takes Cilium ${range}, not ${version.value}`;
      findings.error(
        version.place,
        'kops-cilium-version',
        message,
        'take the line out, and kops uses its own version',
      );
    }
  }
  const hubble = fieldsOf(fields.get('hubble')).get('enabled');
  const certManager = fieldsOf(valueAt({ ...cluster }, ['spec', 'certManager'])).get('enabled');
  if (hubble === undefined || !isOn(hubble) || isOn(certManager) || version === undefined) return;
  if (target.kops < 20) return;
  const message = 'Hubble needs certificates of cert-manager, which is not on';
  findings.error(
    hubble.place,
    'kops-cilium-hubble',
    message,
    'write spec.certManager.enabled: true',
  );
}

function checkIpam(cluster: JudgedCluster, fields: Fields, findings: Findings): void {
  const ipam = textOf(fields.get('ipam'));
  if (ipam?.value !== 'eni') return;
  const cloud = cloudOf(cluster);
  if (cloud !== undefined && cloud !== 'aws') {
    const message = `ipam: eni takes addresses of AWS, and this cluster is on ${cloud}`;
    findings.error(
      ipam.place,
      'kops-cilium-ipam',
      message,
      'take the line out, or write kubernetes',
    );
  }
  if (isIpv6(cluster)) {
    const message = 'ipam: eni does not support IPv6';
    findings.error(ipam.place, 'kops-cilium-ipam', message, 'take the line out');
  }
}

function checkIdentities(cluster: JudgedCluster, fields: Fields, findings: Findings): void {
  const mode = textOf(fields.get('identityAllocationMode'));
  const managed = fields.get('etcdManaged');
  if (mode?.value === 'kvstore' && !isOn(managed)) {
    const message = 'identityAllocationMode: kvstore needs an etcd of its own';
    findings.error(
      mode.place,
      'kops-cilium-etcd',
      message,
      'write etcdManaged: true, and an etcd cluster named cilium',
    );
  }
  if (managed === undefined || !isOn(managed) || hasCiliumEtcd(cluster)) return;
  const place = entryAt(cluster, ['spec', 'etcdClusters'])?.keyPlace ?? managed.place;
  const message = 'etcdManaged needs an etcd cluster named cilium in spec.etcdClusters';
  findings.error(
    place,
    'kops-cilium-etcd',
    message,
    'copy the entry of the cluster "main", and name it cilium',
  );
}

function hasCiliumEtcd(cluster: JudgedCluster): boolean {
  return itemsOf(valueAt(cluster, ['spec', 'etcdClusters'])).some(
    (item) => textOf(fieldsOf(item).get('name'))?.value === 'cilium',
  );
}

function checkEncryption(cluster: JudgedCluster, fields: Fields, findings: Findings): void {
  const enabled = fields.get('enableEncryption');
  if (enabled !== undefined && isOn(enabled) && isIpv6(cluster) && cluster.target.kops >= 26) {
    const message = 'Cilium encrypts nothing in IPv6 clusters of kops';
    findings.error(enabled.place, 'kops-cilium-encryption', message, 'take the line out');
  }
  const type = fields.get('encryptionType');
  if (type === undefined || isOn(enabled) || cluster.target.kops < 26) return;
  const message = 'encryptionType needs enableEncryption';
  findings.error(
    type.place,
    'kops-cilium-encryption',
    message,
    'write enableEncryption: true beside it',
  );
}

function checkSockets({ target }: JudgedCluster, fields: Fields, findings: Findings): void {
  const only = fields.get('bpfLBSockHostNSOnly');
  if (only === undefined || !isOn(only) || isOn(fields.get('bpfLBSock')) || target.kops < 34)
    return;
  const message = 'bpfLBSockHostNSOnly needs bpfLBSock';
  findings.error(only.place, 'kops-cilium-sockets', message, 'write bpfLBSock: true beside it');
}
