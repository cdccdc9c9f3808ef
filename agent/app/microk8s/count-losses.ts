/** Counts what a destructive change of the CNI takes away. Reads only. */
import type { MicroK8s } from '../../ports/platform/microk8s.ts';

export interface Losses {
  readonly counts: readonly { readonly what: string; readonly count: number }[];
  /** Things that could not be counted, each with its reason. */
  readonly uncounted: readonly { readonly what: string; readonly why: string }[];
}

const kinds = [
  'nodes',
  'namespaces',
  'deployments',
  'statefulsets',
  'daemonsets',
  'jobs',
  'cronjobs',
  'pods',
  'services',
  'ingresses',
  'persistentvolumeclaims',
  'configmaps',
  'secrets',
];
const seconds = 60;
/** `deployment.apps/web`, and no warning that kubectl prints beside the names. */
const nameLine = /^[a-z0-9.-]+\/\S+$/;

export async function countLosses({ kubectl }: Pick<MicroK8s, 'kubectl'>): Promise<Losses> {
  const all = await Promise.all(
    kinds.map(async (what) => {
      const answer = await kubectl(['get', what, '-A', '-o', 'name'], seconds);
      const names = answer.output.split('\n').filter((line) => nameLine.test(line));
      return { what, answer, count: names.length };
    }),
  );
  return {
    counts: all.flatMap(({ what, count, answer }) => (answer.ok ? [{ what, count }] : [])),
    uncounted: all.flatMap(({ what, answer }) =>
      answer.ok ? [] : [{ what, why: answer.output.split('\n').at(-1)?.slice(0, 200) ?? '' }],
    ),
  };
}
