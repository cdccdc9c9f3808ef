import {
  readControllerAddress,
  type AddressFault,
} from '../controller-address/controller-address.ts';
import type { Relation, RelationData } from './relation-data.ts';

export interface ControllerAccess {
  /** One address, or those of several units that share a store. */
  readonly url: string | readonly string[];
  readonly cluster?: string;
  readonly token: string;
  /** PEM. */
  readonly ca?: string;
}

export type ControllerRelation =
  | { readonly state: 'absent' }
  /**
   * The previous data counts: a hook tool failed, or there is no remote unit (then with the
   * reason).
   */
  | { readonly state: 'unknown'; readonly why?: string }
  | { readonly state: 'incomplete'; readonly why: string }
  /** The previous data counts: the units publish addresses, and none of them can be used. */
  | { readonly state: 'unusable'; readonly why: string }
  | {
      readonly state: 'complete';
      readonly access: ControllerAccess;
      /** Addresses that were left out, with the reasons; absent: none. */
      readonly leftOut?: string;
    };

/** The limits in agent-config.schema.json. */
const mostAddresses = 16;
const longestAddress = 2048;
const clusterName = /^[A-Za-z0-9][-A-Za-z0-9_.]*$/;

/**
 * Reads the interface "calico-controller": url, token, and optionally cluster and ca. An address
 * with which the agent could not start does not take the others from it.
 */
export function readControllerRelation(
  relations: readonly Relation[] | undefined,
): ControllerRelation {
  if (relations === undefined) return { state: 'unknown' };
  const [relation] = relations;
  if (relation === undefined) return { state: 'absent' };
  if (relation.published.length === 0) {
    return { state: 'unknown', why: 'the controller has no unit yet' };
  }
  const read = relation.published.flatMap((data) => readUnit(data ?? {}));
  const access = together(read.flatMap((one) => (typeof one === 'string' ? [] : [one])));
  const faults = [...new Set(read.filter((one) => typeof one === 'string'))];
  const why = `cannot use what the controller sent: ${faults.join('; ')}`;
  if (access !== undefined) {
    return { state: 'complete', access, ...(faults.length > 0 && { leftOut: why }) };
  }
  if (faults.length > 0) return { state: 'unusable', why };
  return { state: 'incomplete', why: 'the controller has not sent its address and token yet' };
}

interface UnitAccess {
  readonly access: ControllerAccess & { readonly url: string };
  /** Two units with the same one are one controller. */
  readonly place: string;
}

/** The addresses of the units that have the token, cluster and authority of the first one. */
function together(units: readonly UnitAccess[]): ControllerAccess | undefined {
  const first = units[0]?.access;
  if (first === undefined) return undefined;
  const urls = new Map<string, string>();
  for (const { access, place } of units) {
    const { url, token, cluster, ca } = access;
    const isAlike = token === first.token && cluster === first.cluster && ca === first.ca;
    if (isAlike && !urls.has(place)) urls.set(place, url);
  }
  if (urls.size === 1) return first;
  return { ...first, url: [...urls.values()].slice(0, mostAddresses) };
}

/** @returns what the unit gives; or what is wrong with it, as a text; nothing: it has sent nothing yet */
function readUnit({ url, token, cluster, ca }: RelationData): readonly (UnitAccess | string)[] {
  if (url === undefined || url === '' || token === undefined || token.trim() === '') return [];
  const read = readControllerAddress(url, false);
  if (!read.ok) return [`${read.shown} ${faultTexts[read.fault]}`];
  const { address } = read;
  if (!/^wss?:\/\/\S+$/.test(url) || url.length > longestAddress) {
    return [`${address.host.slice(0, 253)} ${faultTexts['no-address']}`];
  }
  if (cluster !== undefined && !(clusterName.test(cluster) && cluster.length <= 253)) {
    return [`the cluster "${cluster.slice(0, 100)}" of ${address.host} has no valid name`];
  }
  const access = {
    url,
    token: token.trim(),
    ...(cluster === undefined ? {} : { cluster }),
    ...(ca === undefined ? {} : { ca }),
  };
  return [{ access, place: address.url }];
}

const faultTexts: Readonly<Record<AddressFault, string>> = {
  'no-address': 'is no address wss://HOST:PORT',
  'with-secret': 'has a name or password in it',
  'plain-text': 'is without TLS (wss://)',
};
