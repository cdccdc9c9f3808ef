/** The pool options: cidr, ipip, vxlan, nat-outgoing, manage-pools. */
import type { Place } from '../../issue.ts';
import type { Findings } from '../../findings.ts';
import { withoutUndefined } from '../../without-undefined.ts';
import type { Located } from '../yaml/located.ts';
import type { Family, Mode, Network, Pool, PoolField, Sourced } from '../model.ts';
import { booleanOf, oneOf } from '../yaml/read-values.ts';
import { readPoolNetwork } from '../values/pool-network.ts';
import { charmOptions } from './options.ts';
import { wordsOf } from './words.ts';

export interface CharmPools {
  /** Absent: pools are not managed. */
  readonly pools?: readonly Pool[];
  readonly unknownPools: Sourced<'keep' | 'delete'>;
}

const modes: readonly Mode[] = ['Always', 'CrossSubnet', 'Never'];

/** If manage-pools is absent, the agent makes the pools, and leaves others as they are. */
export function readCharmPools(
  options: ReadonlyMap<string, Located>,
  place: Place,
  findings: Findings,
): CharmPools {
  const managed = booleanOf(options.get('manage-pools'));
  const keep: Sourced<'keep'> = { value: 'keep', place: managed?.place ?? place };
  const hasCidr = options.has('cidr') && !isBlank(options.get('cidr'));
  checkModes(options, findings);
  if (!hasCidr) {
    checkWithoutCidr(options, managed, findings);
    return { unknownPools: keep };
  }
  const pools = readPools(options, findings);
  if (managed?.value === false) return { unknownPools: keep };
  return managed === undefined
    ? { pools, unknownPools: keep }
    : { pools, unknownPools: { value: 'delete', place: managed.place } };
}

function isBlank(node: Located | undefined): boolean {
  return node?.kind === 'scalar' && String(node.value).trim() === '';
}

function checkModes(options: ReadonlyMap<string, Located>, findings: Findings): void {
  const ipip = oneOf(options.get('ipip'), modes);
  const vxlan = oneOf(options.get('vxlan'), modes);
  if (ipip === undefined || vxlan === undefined) return;
  if (ipip.value === 'Never' || vxlan.value === 'Never') return;
  const message = `ipip (${ipip.value}) and vxlan (${vxlan.value}) exclude each other`;
  findings.error(vxlan.place, 'pool-ipip-and-vxlan', message, 'set one of them to Never');
}

function checkWithoutCidr(
  options: ReadonlyMap<string, Located>,
  managed: Sourced<boolean> | undefined,
  findings: Findings,
): void {
  if (managed?.value === true) {
    const message = 'manage-pools is true, but there is no cidr to make a pool of';
    const hint = 'give a cidr, or set manage-pools to false: otherwise every pool would go';
    findings.error(managed.place, 'manage-pools-without-cidr', message, hint);
  }
  if (managed !== undefined) return;
  const settings = {
    ipip: oneOf(options.get('ipip'), modes),
    vxlan: oneOf(options.get('vxlan'), modes),
    'nat-outgoing': booleanOf(options.get('nat-outgoing')),
  };
  for (const [name, setting] of Object.entries(settings)) {
    if (setting === undefined || setting.value === charmOptions.get(name)?.default) continue;
    const message = `${name} has no effect without cidr: it is a setting of the pool`;
    findings.warning(
      setting.place,
      'pool-option-without-cidr',
      message,
      "give the pool's cidr beside it",
    );
  }
}

/** The pools, with the charm's own names. */
function readPools(options: ReadonlyMap<string, Located>, findings: Findings): Pool[] {
  const networks = readNetworks(options.get('cidr'), findings);
  const isDualStack = networks.size > 1;
  return [...networks].map(([family, { value, place }]) => {
    const ipip = oneOf(options.get('ipip'), modes);
    const vxlan = oneOf(options.get('vxlan'), modes);
    const nat = booleanOf(options.get('nat-outgoing'));
    return {
      name: `ipv${family}`,
      network: value,
      ipip: readIpip(ipip, family, isDualStack, findings),
      // The options themselves have an issue when both are on.
      vxlan: ipip !== undefined && ipip.value !== 'Never' ? 'Never' : (vxlan?.value ?? 'Never'),
      natOutgoing: nat?.value ?? true,
      place,
      places: placesOf({
        cidr: place,
        ipip: ipip?.place,
        vxlan: vxlan?.place,
        natOutgoing: nat?.place,
      }),
    };
  });
}

function placesOf(places: Partial<Record<PoolField, Place | undefined>>): Pool['places'] {
  return withoutUndefined(places);
}

function readIpip(
  ipip: Sourced<Mode> | undefined,
  family: Family,
  isDualStack: boolean,
  findings: Findings,
): Mode {
  const mode = ipip?.value ?? 'Never';
  if (ipip === undefined || mode === 'Never' || family === 4 || !isDualStack) return mode;
  const message = `ipip (${mode}) is for IPv4 only: the IPv6 pool goes without`;
  findings.warning(ipip.place, 'pool-ipip-on-ipv6', message, 'vxlan is for both families');
  return 'Never';
}

/** The networks of the pools, at most one of each family. */
function readNetworks(
  cidr: Located | undefined,
  findings: Findings,
): Map<Family, Sourced<Network>> {
  const networks = new Map<Family, Sourced<Network>>();
  for (const word of wordsOf(cidr, 'cidr', 'commas')) {
    if (/[\s;|]/.test(word.value)) {
      const message = `"${word.value.slice(0, 80)}" is not one network`;
      findings.error(word.place, 'pool-cidr-invalid', message, 'separate networks by a comma');
      continue;
    }
    const network = readPoolNetwork(word, findings);
    if (network === undefined) continue;
    if (networks.has(network.family)) {
      const message = `cidr names a second IPv${network.family} network: ${network.cidr}`;
      const hint = 'the charm has one pool of each family; the native dialect has more';
      findings.error(word.place, 'pool-family-twice', message, hint);
    } else networks.set(network.family, { value: network, place: word.place });
  }
  return networks;
}
