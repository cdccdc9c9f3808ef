import { byText } from '../by-text.ts';
import type { Relation, RelationData } from './relation-data.ts';

export interface EtcdAccess {
  /** Sorted, so that the same cluster gives the same settings. */
  readonly endpoints: readonly [string, ...string[]];
  /** PEM; absent where the endpoints are plain http. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
}

export type EtcdRelation =
  | { readonly state: 'absent' }
  /** A hook tool failed, or there is no remote unit now: the previous data counts. */
  | { readonly state: 'unknown' }
  /** Related, but without the data to reach it (no longer, or not yet). */
  | { readonly state: 'incomplete'; readonly why: string }
  | { readonly state: 'complete'; readonly access: EtcdAccess };

/** The form that agent.yaml accepts. */
const endpoint = /^https?:\/\/[^\s/]+\/?$/;
const maxEndpoint = 300;
const maxEndpoints = 50;

/**
 * Source of the names: the interface "etcd" of the etcd charm, requires.py and provides.py:
 * connection_string (comma-separated), client_ca, client_cert, client_key.
 */
export function readEtcdRelation(relations: readonly Relation[] | undefined): EtcdRelation {
  if (relations === undefined) return { state: 'unknown' };
  const [relation] = relations;
  if (relation === undefined) return { state: 'absent' };
  const read = relation.published.map((data) => readUnit(data ?? {}));
  return read.find(({ state }) => state === 'complete') ?? read[0] ?? { state: 'unknown' };
}

function readUnit(data: RelationData): EtcdRelation {
  const endpoints = (data['connection_string'] ?? '')
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .toSorted(byText);
  const [first, ...others] = endpoints;
  if (first === undefined) return incomplete('etcd has not sent its addresses yet');
  if (endpoints.length > maxEndpoints || !endpoints.every(isEndpoint)) {
    return incomplete('etcd sent addresses that are no URLs (connection_string)');
  }
  if (endpoints.every((text) => text.startsWith('http:'))) {
    return { state: 'complete', access: { endpoints: [first, ...others] } };
  }
  const { client_ca: ca, client_cert: cert, client_key: key } = data;
  if (ca === undefined || cert === undefined || key === undefined) {
    return incomplete('etcd has not sent its certificates yet');
  }
  if (![ca, cert, key].every(isPem)) return incomplete('etcd sent certificates that are no PEM');
  const tls = { ca: ended(ca), cert: ended(cert), key: ended(key) };
  return { state: 'complete', access: { endpoints: [first, ...others], tls } };
}

function isEndpoint(text: string): boolean {
  return text.length <= maxEndpoint && endpoint.test(text);
}

function isPem(text: string): boolean {
  return text.trim().startsWith('-----BEGIN ');
}

function ended(pem: string): string {
  return `${pem.trim()}\n`;
}

function incomplete(why: string): EtcdRelation {
  return { state: 'incomplete', why };
}
