/** How calico-node finds its addresses. Source: Calico node/pkg/lifecycle/startup/autodetection. */
const grammar =
  /^(?:first-found|kubernetes-internal-ip|(?:can-reach|interface|skip-interface|cidr)=.+)$/;

export const autodetectionHint =
  'one of first-found, can-reach=ADDRESS, interface=REGEX, skip-interface=REGEX, cidr=NETWORK, kubernetes-internal-ip';

export function isAutodetectionMethod(text: string): boolean {
  return grammar.test(text);
}
