/** How calico-node finds its addresses. Source: Calico node/pkg/lifecycle/startup/autodetection. */
import { issueAt } from '../../findings.ts';
import type { Issue } from '../../issue.ts';
import { printable } from '../../printable.ts';
import { parseAddress } from '../net/address.ts';
import type { Sourced } from '../sourced.ts';

const grammar =
  /^(?:first-found|kubernetes-internal-ip|(?:can-reach|interface|skip-interface|cidr)=.+)$/;

export const autodetectionHint =
  'one of first-found, can-reach=ADDRESS, interface=REGEX, skip-interface=REGEX, cidr=NETWORK, kubernetes-internal-ip';

export function isAutodetectionMethod(text: string): boolean {
  return grammar.test(text);
}

/** Undefined: calico-node can find an address of this family with the method. */
export function methodIssue(family: 4 | 6, { value, place }: Sourced<string>): Issue | undefined {
  const shown = printable(value.slice(0, 64));
  if (!isAutodetectionMethod(value)) {
    const message = `"${shown}" is no method of Calico's`;
    return issueAt(place, 'error', 'cni-autodetection', message, autodetectionHint);
  }
  const other = otherFamily(value, family);
  if (other === undefined) return undefined;
  const message = `"${shown}" is of IPv${String(other)}: calico-node finds no IPv${String(family)} address with it`;
  const hint = `write an address or a network of IPv${String(family)}`;
  return issueAt(place, 'error', 'cni-can-reach-family', message, hint);
}

/** Absent: the same one, or the method does not name an address. */
function otherFamily(method: string, family: 4 | 6): 4 | 6 | undefined {
  const targets = /^(?:can-reach|cidr)=(.*)$/.exec(method)?.[1]?.split(',') ?? [];
  return targets
    .map((target) => parseAddress(target.trim().replace(/\/\d+$/, '')))
    .flatMap((parsed) => (parsed.ok ? [parsed.value.family] : []))
    .find((one) => one !== family);
}
