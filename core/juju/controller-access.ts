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
  | { readonly state: 'complete'; readonly access: ControllerAccess };

/** The limit in agent-config.schema.json. */
const mostAddresses = 16;
const clusterName = /^[A-Za-z0-9][-A-Za-z0-9_.]*$/;

/** Reads the interface "calico-controller": url, token, and optionally cluster and ca. */
export function readControllerRelation(
  relations: readonly Relation[] | undefined,
): ControllerRelation {
  if (relations === undefined) return { state: 'unknown' };
  const [relation] = relations;
  if (relation === undefined) return { state: 'absent' };
  const access = together(relation.published.flatMap((data) => readUnit(data ?? {})));
  if (relation.published.length === 0) {
    return { state: 'unknown', why: 'the controller has no unit yet' };
  }
  if (access !== undefined) return { state: 'complete', access };
  return { state: 'incomplete', why: 'the controller has not sent its address and token yet' };
}

interface UnitAccess extends ControllerAccess {
  readonly url: string;
}

/** The addresses of the units that have the token, cluster and authority of the first one. */
function together(units: readonly UnitAccess[]): ControllerAccess | undefined {
  const [first] = units;
  if (first === undefined) return undefined;
  const alike = units.filter(
    ({ token, cluster, ca }) =>
      token === first.token && cluster === first.cluster && ca === first.ca,
  );
  const urls = [...new Set(alike.map(({ url }) => url))].slice(0, mostAddresses);
  return urls.length === 1 ? first : { ...first, url: urls };
}

function readUnit({ url, token, cluster, ca }: RelationData): readonly UnitAccess[] {
  if (url === undefined || !/^wss?:\/\/\S+$/.test(url) || url.length > 2048) return [];
  if (token === undefined || token.trim() === '') return [];
  if (cluster !== undefined && !(clusterName.test(cluster) && cluster.length <= 253)) return [];
  return [
    {
      url,
      token: token.trim(),
      ...(cluster === undefined ? {} : { cluster }),
      ...(ca === undefined ? {} : { ca }),
    },
  ];
}
