/**
 * The grammar of ipv4AutoDetectionMethod and ipv6AutoDetectionMethod, which is narrower than that of
 * Calico: validateCalicoAutoDetectionMethod.
 */
import type { Findings } from '../../findings.ts';
import { parseAddress } from '../../config/net/address.ts';
import type { Sourced } from '../../config/model.ts';

const code = 'kops-auto-detection';
const known = ['first-found', 'can-reach=ADDRESS', 'interface=REGEX', 'skip-interface=REGEX'];

export function checkAutoDetection(
  { value, place }: Sourced<string>,
  family: 4 | 6,
  findings: Findings,
): void {
  const refuse = (message: string, hint: string): void =>
    findings.error(place, code, message, hint);
  const [method = '', argument, ...more] = value.split('=');
  if (more.length > 0)
    return refuse(`"${value}" has more than one "="`, 'kops takes no regular expression with "="');
  switch (method) {
    case 'first-found':
      return;
    case 'can-reach':
      if (argument === undefined)
        return refuse('"can-reach" without an address makes kops panic', 'write can-reach=ADDRESS');
      return checkAddress(argument, family, refuse);
    case 'interface':
    case 'skip-interface':
      if (argument === undefined)
        return refuse(`"${method}" without interfaces makes kops panic`, `write ${method}=eth.*`);
      return checkInterfaces(method, argument, refuse);
    default:
      return refuse(`kops does not take "${value}"`, unknownHint(method, family));
  }
}

type Refuse = (message: string, hint: string) => void;

function checkAddress(text: string, family: 4 | 6, refuse: Refuse): void {
  const address = parseAddress(text);
  if (address.ok && address.value.family === family) return;
  refuse(
    `"can-reach=" needs an IPv${family} address, and no name: "${text}"`,
    'write the address of the default gateway',
  );
}

function checkInterfaces(method: string, argument: string, refuse: Refuse): void {
  const patterns = argument.split(/\s*,\s*/);
  if (patterns[0] === '')
    return refuse(`"${method}=" needs a list of regular expressions`, `write ${method}=eth.*`);
  const broken = patterns.find((pattern) => !isRegularExpression(pattern));
  if (broken !== undefined)
    refuse(`"${broken}" is no regular expression`, 'close each bracket, as in eth[0-9]+');
}

/** Go's syntax is RE2; what JavaScript refuses, Go refuses too, but for named groups. */
function isRegularExpression(pattern: string): boolean {
  try {
    return new RegExp(pattern.replaceAll('(?P<', '(?<')) instanceof RegExp;
  } catch {
    return false;
  }
}

function unknownHint(method: string, family: 4 | 6): string {
  if (method === 'cidr' || method === 'kubernetes-internal-ip') {
    return `Calico takes it and kops does not; write ${family === 4 ? 'interface=eth.* or can-reach=ADDRESS' : 'interface=eth.*'}`;
  }
  return `write one of ${known.join(', ')}`;
}
