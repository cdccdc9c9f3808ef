/** The words of a line `kops create cluster … --networking …` → the stanza that it writes. */
import type { Parsed } from '../../parsed.ts';
import { nameSome } from '../../name-some.ts';
import type { YamlValue } from '../../yaml-edit/written-value.ts';
import { hasRangesInNetworking, type KopsApi } from '../table/api-version.ts';
import { minorOf, targetOf, type KopsTarget } from '../versions.ts';
import { defaultFlag, flagNamed, flagsFor } from './flag-table.ts';
import { createsWithoutKubeProxy, stanzaOf } from './stanza.ts';

export interface CreatedStanza {
  /** The part of the document: {spec: {networking: …}}. */
  readonly document: Readonly<Record<string, YamlValue>>;
  readonly target: KopsTarget;
  /** Flags that say nothing about the network. */
  readonly ignored: readonly string[];
}

interface Versions {
  readonly kops?: number;
  readonly kubernetes?: number;
  readonly api: KopsApi;
}

/** Words may have `kops create cluster` in front; `--flag value` and `--flag=value` are the same. */
export function fromFlags(words: readonly string[], versions: Versions): Parsed<CreatedStanza> {
  const flags = readFlags(words);
  const inLine = minorOf(flags.known.get('kubernetes-version') ?? '');
  const target = targetOf(versions, inLine);
  const value = flags.known.get('networking') ?? defaultFlag(target.kops);
  const found = flagNamed(value, target.kops);
  if (found === undefined) {
    const valid = flagsFor(target.kops).map((flag) => flag.value);
    const message = `kops 1.${target.kops} does not take --networking ${value}`;
    return {
      ok: false,
      message,
      hint: `it takes ${nameSome(valid)}; other versions: --kops-version`,
    };
  }
  const cloud = flags.known.get('cloud') ?? 'aws';
  const stanza = stanzaOf(found, { api: versions.api, target, cloud });
  if (stanza === undefined) {
    const message = `v1alpha${versions.api} does not have the provider "${found.provider.key}"`;
    return { ok: false, message, hint: 'write it in v1alpha2: --api-version v1alpha2' };
  }
  if (flags.known.get('topology') === 'private' && found.provider.key === 'kubenet') {
    const message = 'kops refuses kubenet with --topology private';
    return { ok: false, message, hint: 'take a CNI provider, such as --networking calico' };
  }
  const isProxyOff = createsWithoutKubeProxy(found.provider.key, target);
  return {
    ok: true,
    value: {
      document: specOf(flags, stanza, isProxyOff, hasRangesInNetworking(versions.api, target.kops)),
      target,
      ignored: flags.ignored,
    },
  };
}

function specOf(
  { known }: ReadFlags,
  stanza: { readonly key: string; readonly value: Readonly<Record<string, YamlValue>> },
  isProxyOff: boolean,
  isInside: boolean,
): Readonly<Record<string, YamlValue>> {
  const [networkCIDR, ...more] = known.get('network-cidr')?.split(',') ?? [];
  const ranges = {
    ...(networkCIDR !== undefined && { networkCIDR }),
    ...(more.length > 0 && { additionalNetworkCIDRs: more }),
    ...(known.has('ipv6') && { nonMasqueradeCIDR: '::/0' }),
  };
  return {
    spec: {
      ...(isProxyOff && { kubeProxy: { enabled: false } }),
      ...(isInside ? {} : ranges),
      networking: { ...(isInside ? ranges : {}), [stanza.key]: stanza.value },
    },
  };
}

interface ReadFlags {
  readonly known: ReadonlyMap<string, string>;
  readonly ignored: readonly string[];
}

const meant = new Set([
  'networking',
  'cloud',
  'topology',
  'network-cidr',
  'ipv6',
  'kubernetes-version',
]);
const withoutValue = new Set([
  'ipv6',
  'yes',
  'dry-run',
  'bastion',
  'encrypt-etcd-storage',
  'associate-public-ip',
]);

function readFlags(words: readonly string[]): ReadFlags {
  const known = new Map<string, string>();
  const ignored: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const [, name, inline] = /^--([a-z0-9-]+)(?:=(.*))?$/.exec(words[index] ?? '') ?? [];
    if (name === undefined) continue;
    const takes = inline === undefined && !withoutValue.has(name);
    const value = inline ?? (takes ? (words[index + 1] ?? '') : 'true');
    if (takes) index += 1;
    if (meant.has(name)) known.set(name, value);
    else ignored.push(`--${name}`);
  }
  return { known, ignored };
}
