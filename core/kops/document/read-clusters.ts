/** A text with kops' documents → its clusters, each value with its place. */
import { textBounds } from '../../input/bounds.ts';
import { issueAt } from '../../findings.ts';
import type { Issue } from '../../issue.ts';
import { locateAll } from '../../config/yaml/located-yaml.ts';
import type { Located, LocatedEntry } from '../../config/yaml/located.ts';
import { entriesOf, fieldsOf, textOf } from '../../config/yaml/read-values.ts';
import type { KopsApi } from '../table/api-version.ts';

export interface KopsCluster {
  /** Among the documents of the text that are not empty. */
  readonly index: number;
  readonly api: KopsApi;
  readonly root: Located;
  readonly name?: string;
}

export interface ReadClusters {
  readonly clusters: readonly KopsCluster[];
  readonly issues: readonly Issue[];
}

/** Reads all documents; those of other kinds (InstanceGroup, SSHCredential) are left alone. */
export function readClusters(text: string): ReadClusters {
  const located = locateAll(text, textBounds.kops);
  if (!located.ok) return { clusters: [], issues: located.issues };
  const read = [located.root, ...located.others].map(readDocument);
  const clusters = read.flatMap(({ cluster }) => (cluster === undefined ? [] : [cluster]));
  const issues = read.flatMap((one) => one.issues);
  if (clusters.length > 0 || issues.length > 0) return { clusters, issues };
  return { clusters, issues: [noCluster(located.root)] };
}

interface ReadDocument {
  readonly cluster?: KopsCluster;
  readonly issues: readonly Issue[];
}

function readDocument(root: Located, index: number): ReadDocument {
  const fields = fieldsOf(root);
  if (textOf(fields.get('kind'))?.value !== 'Cluster') return { issues: [] };
  const apiVersion = textOf(fields.get('apiVersion'));
  const api = apis.get(apiVersion?.value ?? '');
  if (api === undefined) {
    const place = fields.get('apiVersion')?.place ?? root.place;
    const written =
      apiVersion === undefined
        ? 'it has no apiVersion'
        : `"${apiVersion.value}" is not one of kops`;
    return {
      issues: [
        issueAt(
          place,
          'error',
          'kops-api-version',
          `a Cluster of kops is expected, but ${written}`,
          'write apiVersion: kops.k8s.io/v1alpha2 (or kops.k8s.io/v1alpha3)',
        ),
      ],
    };
  }
  const name = textOf(fieldsOf(fields.get('metadata')).get('name'))?.value;
  return { cluster: { index, api, root, ...(name !== undefined && { name }) }, issues: [] };
}

/** kops/v1alpha2 is that of kops before 1.15; newer ones read it too (pkg/kopscodecs/codecs.go). */
const apis: ReadonlyMap<string, KopsApi> = new Map([
  ['kops.k8s.io/v1alpha2', 2],
  ['kops/v1alpha2', 2],
  ['kops.k8s.io/v1alpha3', 3],
]);

function noCluster(root: Located): Issue {
  return issueAt(
    root.place,
    'error',
    'kops-no-cluster',
    'there is no document of kind Cluster',
    'give it what "kops get cluster NAME -o yaml" prints, or the file of "kops create -f"',
  );
}

/** Whether two documents are of one cluster: a document without a name is of any. */
export function sameCluster(one: KopsCluster, other: KopsCluster): boolean {
  return one.name === undefined || other.name === undefined || one.name === other.name;
}

/** The value at a path of keys, as ['spec', 'podCIDR']. */
export function valueAt({ root }: KopsCluster, path: readonly string[]): Located | undefined {
  return path.reduce<Located | undefined>(
    (node, key) => entriesOf(node).find((entry) => entry.key === key)?.value,
    root,
  );
}

/** The entry at a path of keys, with the place of its key. */
export function entryAt(cluster: KopsCluster, path: readonly string[]): LocatedEntry | undefined {
  const parent = valueAt(cluster, path.slice(0, -1));
  return entriesOf(parent).find((entry) => entry.key === path.at(-1));
}

/** As people and kops write it: spec.networking.calico. */
export function dotted(path: readonly string[]): string {
  return path.join('.');
}
