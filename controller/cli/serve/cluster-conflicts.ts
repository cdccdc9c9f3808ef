/** What two clusters of one controller may not have in common. */
import path from 'node:path';
import type { Issue } from '../../../core/issue.ts';
import type { ClusterSettings } from '../../settings.ts';

/** A value that only one cluster may have. */
interface Claim {
  /** Of the cluster in the settings. */
  readonly pointer: string;
  readonly cluster: string;
  /** `name`, `listen` … */
  readonly what: string;
  /** Compared; the same for values that mean the same. */
  readonly value: string;
  readonly shown: string;
  readonly hint: string;
}

/**
 * Everything by which a node of one cluster could enter the other, or both would write the same files.
 * @param apiListen the address of the API
 */
export function conflictsOf(
  clusters: readonly ClusterSettings[],
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
      message: `"${claim.cluster}" and "${other.cluster}" have the same ${claim.what}: ${claim.shown}`,
      hint: claim.hint,
    });
  }
  return issues;
}

function claimsOf(
  { cluster, listen, stateDirectory, tokenFile, authority, etcd }: ClusterSettings,
  pointer: string,
): readonly Claim[] {
  const claim = (what: string, value: string | undefined, hint: string): Claim[] =>
    value === undefined ? [] : [{ pointer, cluster, what, value, shown: value, hint }];
  const file = (text: string | undefined): string | undefined => text && path.resolve(text);
  const keys =
    etcd && `${[...etcd.endpoints].toSorted().join(',')} ${etcd.prefix ?? `/${cluster}`}`;
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
    ...claim('store', keys, 'each cluster has keys of its own in etcd: leave store.prefix out'),
  ];
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
  if (one.what !== 'listen') return one.value === other.value;
  if (Number(portOf(one.value)) !== Number(portOf(other.value))) return false;
  const hosts = [one, other].map(({ value }) => value.replace(/:\d+$/, '').toLowerCase());
  return hosts[0] === hosts[1] || hosts.some((host) => wildcards.has(host));
}
