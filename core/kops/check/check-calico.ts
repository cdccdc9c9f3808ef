/** Rules between the fields of calico: validateNetworkingCalico, and what kops lets through. */
import type { Findings } from '../../findings.ts';
import type { Located } from '../../config/yaml/located.ts';
import { fieldsOf, scalarOf, textOf } from '../../config/yaml/read-values.ts';
import { cloudOf, isIpv6, providersOf, type JudgedCluster } from '../document/facts.ts';
import { checkAutoDetection } from './check-auto-detection.ts';

type Fields = ReadonlyMap<string, Located>;

export function checkCalico(cluster: JudgedCluster, findings: Findings): void {
  const found = providersOf(cluster).find(({ provider }) => provider.key === 'calico');
  const flannel = providersOf(cluster).find(({ provider }) => provider.key === 'flannel');
  if (flannel !== undefined)
    checkFlannel(cluster, fieldsOf(flannel.entry.value), flannel.entry, findings);
  if (found === undefined) return;
  const fields = fieldsOf(found.entry.value);
  checkEncapsulation(cluster, fields, findings);
  checkModes(fields, findings);
  checkSourceCheck(cluster, fields, findings);
  checkNumbers(fields, findings);
  checkWireguard(cluster, fields, findings);
  for (const [name, family] of [
    ['ipv4AutoDetectionMethod', 4],
    ['ipv6AutoDetectionMethod', 6],
  ] as const) {
    const method = textOf(fields.get(name));
    if (method !== undefined && method.value !== '') checkAutoDetection(method, family, findings);
  }
}

function checkEncapsulation(cluster: JudgedCluster, fields: Fields, findings: Findings): void {
  const mode = textOf(fields.get('encapsulationMode'));
  const ipv6 = isIpv6(cluster);
  if (mode === undefined) return;
  if (mode.value === 'none' && (!ipv6 || cluster.target.kops < 23)) {
    const message = 'encapsulationMode "none" is for IPv6 clusters only';
    const hint =
      'write ipip with ipipMode: CrossSubnet: packets inside of a subnet are then not encapsulated';
    findings.error(mode.place, 'kops-calico-encapsulation', message, hint);
  }
  if (mode.value !== 'none' && ipv6 && cluster.target.kops >= 23) {
    const message = 'an IPv6 cluster needs encapsulationMode "none"';
    findings.error(
      mode.place,
      'kops-calico-encapsulation',
      message,
      'take the line out: none is the default there',
    );
  }
  if (mode.value !== 'vxlan' && cloudOf(cluster) === 'azure' && cluster.target.kops >= 35) {
    const message =
      'Azure drops IP-in-IP packets, so kops takes only encapsulationMode "vxlan" there';
    findings.error(
      mode.place,
      'kops-calico-encapsulation',
      message,
      'write vxlan, or take the line out',
    );
  }
}

function checkModes(fields: Fields, findings: Findings): void {
  const encapsulation = textOf(fields.get('encapsulationMode'))?.value;
  for (const [name, needs] of [
    ['ipipMode', 'ipip'],
    ['vxlanMode', 'vxlan'],
  ] as const) {
    const mode = textOf(fields.get(name));
    if (mode === undefined || mode.value === 'Never') continue;
    if (encapsulation !== undefined && encapsulation !== needs) {
      const message = `${name} ${mode.value} needs encapsulationMode "${needs}", and it is "${encapsulation}"`;
      const hint = `write encapsulationMode: ${needs}, or take ${name} out`;
      findings.error(mode.place, 'kops-calico-mode', message, hint);
    } else if (encapsulation === undefined && needs === 'vxlan') {
      const message = 'vxlanMode has no effect with encapsulationMode "ipip", the default';
      findings.error(
        mode.place,
        'kops-calico-mode',
        message,
        'write encapsulationMode: vxlan beside it',
      );
    }
  }
}

function checkSourceCheck(cluster: JudgedCluster, fields: Fields, findings: Findings): void {
  const check = textOf(fields.get('awsSrcDstCheck'));
  if (check === undefined) return;
  const cloud = cloudOf(cluster);
  if (cloud !== undefined && cloud !== 'aws') {
    const message = `awsSrcDstCheck is for AWS only, and this cluster is on ${cloud}`;
    findings.warning(check.place, 'kops-calico-source-check', message, 'take the line out');
  } else if (isIpv6(cluster) && check.value !== 'DoNothing' && cluster.target.kops >= 26) {
    const message = 'awsSrcDstCheck of an IPv6 cluster can only be DoNothing';
    findings.error(check.place, 'kops-calico-source-check', message, 'take the line out');
  } else if (check.value === 'Enable' && encapsulatesSometimes(fields)) {
    const message =
      'with awsSrcDstCheck "Enable" AWS drops packets of pods between nodes of one subnet';
    const hint = 'write Disable, or Always for ipipMode (vxlanMode with vxlan)';
    findings.warning(check.place, 'kops-calico-source-check', message, hint);
  }
}

function encapsulatesSometimes(fields: Fields): boolean {
  const isVxlan = textOf(fields.get('encapsulationMode'))?.value === 'vxlan';
  const mode = textOf(fields.get(isVxlan ? 'vxlanMode' : 'ipipMode'))?.value;
  return mode !== 'Always';
}

/** The IPv4 minimum (RFC 791), and jumbo frames of AWS. */
const mtuRange = { least: 576, most: 9001 } as const;

function checkNumbers(fields: Fields, findings: Findings): void {
  const mtu = scalarOf(fields.get('mtu'));
  if (
    typeof mtu?.value === 'number' &&
    mtu.value !== 0 &&
    (mtu.value < mtuRange.least || mtu.value > mtuRange.most)
  ) {
    const message = `mtu ${mtu.value} is no MTU of a network; kops does not check it`;
    const hint =
      'on AWS 8981 with IP-in-IP, 8951 with VXLAN, 8941 with WireGuard; or take the line out, and Calico detects it';
    findings.error(mtu.place, 'kops-calico-mtu', message, hint);
  }
  const typha = scalarOf(fields.get('typhaReplicas'));
  if (typeof typha?.value === 'number' && typha.value < 0) {
    findings.error(
      typha.place,
      'kops-value',
      'typhaReplicas cannot be below 0',
      'take the line out, or write 3',
    );
  }
}

function checkWireguard(cluster: JudgedCluster, fields: Fields, findings: Findings): void {
  const wireguard = scalarOf(fields.get('wireguardEnabled'));
  if (wireguard?.value !== true || !isIpv6(cluster) || cluster.target.kops < 26) return;
  const message = 'kops does not support WireGuard in IPv6 clusters';
  findings.error(wireguard.place, 'kops-calico-wireguard', message, 'take the line out');
}

function checkFlannel(
  { target }: JudgedCluster,
  fields: Fields,
  { keyPlace }: { readonly keyPlace: Parameters<Findings['warning']>[0] },
  findings: Findings,
): void {
  if (target.kops < 8 || fields.has('backend')) return;
  const message = 'flannel without a backend is udp, which copies each packet through a program';
  findings.warning(
    keyPlace,
    'kops-flannel-udp',
    message,
    'write backend: vxlan, or udp where it is meant',
  );
}
