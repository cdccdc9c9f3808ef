/** How calico-node finds the node's addresses, in both families. */
import type { MicroK8sSettings } from '../../../config/platform/microk8s-settings.ts';
import type { Sourced } from '../../../config/sourced.ts';
import { issueAt } from '../../../findings.ts';
import { printable } from '../../../printable.ts';
import type { CalicoDaemonSet, ManifestValue } from '../cni-manifest.ts';
import { joinAsked, nothingAsked, type Asked } from './asked.ts';
import { reasonOf, type CalicoSetting } from './calico-setting.ts';

export function askAutodetection(
  { ipAutodetection = {} }: MicroK8sSettings,
  node: CalicoDaemonSet,
): Asked {
  const { ipv4, ipv6 } = ipAutodetection;
  return joinAsked([
    ipv4 === undefined ? nothingAsked : askMethod(4, ipv4, node),
    ipv6 === undefined ? nothingAsked : askMethod(6, ipv6, node),
  ]);
}

function askMethod(family: 4 | 6, { value, place }: Sourced<string>, node: CalicoDaemonSet): Asked {
  const name = family === 4 ? 'IP_AUTODETECTION_METHOD' : 'IP6_AUTODETECTION_METHOD';
  const reasons = reasonOf(`ipAutodetection.ipv${String(family)}`, place);
  const setting: CalicoSetting = { of: 'env', name, value, reasons };
  const address = family === 4 ? 'IP' : 'IP6';
  const joined = node.env.get(name);
  const isUsed = node.env.get(address)?.text === 'autodetect';
  return {
    files: [],
    calico: [setting],
    issues: [
      ...(joined !== undefined && isOfJoin(joined, value)
        ? [issueAt(place, 'note', 'cni-can-reach', joinText(name, joined))]
        : []),
      ...(isUsed ? [] : [unusedMethod(place, name, address)]),
    ],
  };
}

function isOfJoin({ text }: ManifestValue, value: string): boolean {
  return text !== value && text.startsWith('can-reach=');
}

function joinText(name: string, { text, place: { line = 0 } }: ManifestValue): string {
  return `line ${String(line)} of cni.yaml has "${printable(text.slice(0, 64))}": microk8s join writes it into every ${name === 'IP_AUTODETECTION_METHOD' ? 'first-found' : 'first-found, also for IPv6 with an IPv4 address'}, and does not apply it`;
}

function unusedMethod(
  place: Sourced<string>['place'],
  name: string,
  address: string,
): Asked['issues'][0] {
  const message = `${name} has no effect: ${address} is not "autodetect" in cni.yaml`;
  const hint =
    address === 'IP6'
      ? 'this cluster was made without IPv6; leave ipv6 out'
      : `set ${address} to autodetect`;
  return issueAt(place, 'warning', 'microk8s-method-unused', message, hint);
}
