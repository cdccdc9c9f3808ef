/** What two clusters of one controller may not have in common. */
import path from 'node:path';
import type { Issue } from '../../../core/issue.ts';
import { usualPrefix, type ClusterSettings, type EtcdStoreSettings } from '../../settings.ts';

/** Stands between a prefix that clusters share and the name of the cluster. No kind of record has this name. */
export const nested = '_/';

/** What is compared of a cluster. */
export interface ClaimingCluster extends Pick<
  ClusterSettings,
  'cluster' | 'listen' | 'stateDirectory' | 'tokenFile' | 'etcd'
> {
  readonly authority?: { readonly folder: string };
}

/** A value that only one cluster may have. */
interface Claim {
  /** Of the cluster in the settings. */
  readonly pointer: string;
  readonly cluster: string;
  /** `name`, `listen` … */
  readonly what: string;
  /** Compared; the same for values that mean the same. */
  readonly value: string;
  /** Of a store in etcd, whose prefix is the value. */
  readonly endpoints?: readonly string[];
  readonly shown: string;
  readonly hint: string;
}

/**
 * Everything by which a node of one cluster could enter the other, or both would write the same files.
 * @param apiListen the address of the API
 */
export function conflictsOf(
  clusters: readonly ClaimingCluster[],
  apiListen: string | undefined,
): readonly Issue[] {
  const claims = clusters.flatMap((one, at) => claimsOf(one, `/clusters/${String(at)}`));
  const taken: Claim[] = apiListen === undefined ? [] : listening(apiListen, '/api', 'the API');
  const issues: Issue[] = [];
  for (const claim of claims) {
    const other = taken.find((one) => one.pointer !== claim.pointer && isSame(one, claim));
    if (other === undefined) {
      taken.push(claim);
      continue;
    }
    issues.push({
      severity: 'error',
      pointer: `${claim.pointer}/${claim.what}`,
      code: 'same-for-two-clusters',
      message: messageOf(claim, other),
      hint: claim.hint,
    });
  }
  return issues;
}

function messageOf(
  { cluster, what, value, shown }: Claim,
  { cluster: other, value: otherValue }: Claim,
): string {
  if (what !== 'store' || value === otherValue) {
    return `"${cluster}" and "${other}" have the same ${what}: ${shown}`;
  }
  return `"${cluster}" and "${other}" share keys in etcd: one of ${value} and ${otherValue} begins the other`;
}

function claimsOf(
  { cluster, listen, stateDirectory, tokenFile, authority, etcd }: ClaimingCluster,
  pointer: string,
): readonly Claim[] {
  const claim = (what: string, value: string | undefined, hint: string): Claim[] =>
    value === undefined ? [] : [{ pointer, cluster, what, value, shown: value, hint }];
  const file = (text: string | undefined): string | undefined => text && path.resolve(text);
  return [
    ...claim('name', cluster, 'each cluster has a name of its own'),
    ...listening(listen, pointer, cluster),
    ...claim(
      'stateDirectory',
      file(stateDirectory),
      'each cluster has a state directory of its own',
    ),
    ...claim(
      'tokenFile',
      file(tokenFile),
      'agents could enter as nodes of the wrong cluster: make a token for each',
    ),
    ...claim(
      'authority',
      file(authority?.folder),
      'each cluster has an authority of its own: leave authority.folder out',
    ),
    ...(etcd === undefined ? [] : [storing(etcd, pointer, cluster)]),
  ];
}

function storing(etcd: EtcdStoreSettings, pointer: string, cluster: string): Claim {
  const { endpoints: given, prefix = usualPrefix(cluster) } = etcd;
  const endpoints = given.map((one) => one.toLowerCase().replace(/\/+$/, ''));
  const hint =
    'each cluster has keys of its own in etcd, and none of the prefixes may begin another one: leave store.prefix out, or choose another one';
  const shown = `${endpoints.join(', ')} ${prefix}`;
  return { pointer, cluster, what: 'store', value: prefix, shown, hint, endpoints };
}

/** One of the keys would be among those of the other, in its backups and where it looks for an empty store. */
function sharesKeys(one: Claim, other: Claim): boolean {
  const { endpoints = [] } = other;
  if (one.endpoints?.some((endpoint) => endpoints.includes(endpoint)) !== true) return false;
  return holds(one.value, other.value) || holds(other.value, one.value);
}

function holds(outer: string, inner: string): boolean {
  return inner.startsWith(outer) && !inner.slice(outer.length).startsWith(nested);
}

function listening(listen: string, pointer: string, cluster: string): Claim[] {
  const port = portOf(listen);
  // Port 0 is any free port.
  if (port === '' || Number(port) === 0) return [];
  const hint = 'each cluster has an address of its own for its agents: choose another port';
  return [{ pointer, cluster, what: 'listen', value: listen, shown: listen, hint }];
}

function portOf(listen: string): string {
  return /:(\d{1,5})$/.exec(listen)?.[1] ?? '';
}

const wildcards: ReadonlySet<string> = new Set(['0.0.0.0', '[::]']);

function isSame(one: Claim, other: Claim): boolean {
  if (one.what !== other.what) return false;
  if (one.what === 'store') return sharesKeys(one, other);
  if (one.what !== 'listen') return one.value === other.value;
  if (Number(portOf(one.value)) !== Number(portOf(other.value))) return false;
  const hosts = [one, other].map(({ value }) => value.replace(/:\d+$/, '').toLowerCase());
  return hosts[0] === hosts[1] || hosts.some((host) => wildcards.has(host));
}
