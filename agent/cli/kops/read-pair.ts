/** A cluster document, and the one in force that it is compared with. */
import { issueAt } from '../../../core/findings.ts';
import type { Issue } from '../../../core/issue.ts';
import { checkText, type NamedVersions } from '../../../core/kops/check/check-cluster.ts';
import type { JudgedCluster } from '../../../core/kops/document/facts.ts';
import { sameCluster } from '../../../core/kops/document/read-clusters.ts';
import { printable } from '../../../core/printable.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Input } from '../../../runtime/cli/read-input.ts';
import type { CommandContext } from '../command-context.ts';
import { readCluster } from './options.ts';

/** Reads a document, and the one in force where it is named. @throws AppError usage */
export async function readPair(
  path: string,
  before: string | undefined,
  context: CommandContext,
): Promise<{ readonly input: Input; readonly before?: Input }> {
  if (path === '-' && before === '-') {
    throw new AppError('usage', 'cannot read both documents from stdin: give one as a file');
  }
  const input = await readCluster(path, context);
  return before === undefined ? { input } : { input, before: await readCluster(before, context) };
}

interface Pairs {
  /** In the order of the clusters. */
  readonly pairs: readonly Pair[];
  /** A warning for each cluster that the document in force does not have. */
  readonly issues: readonly Issue[];
}

interface Pair {
  readonly cluster: JudgedCluster;
  /** The same cluster in force; absent: there is nothing to compare with. */
  readonly old?: JudgedCluster;
}

/**
 * Finds the same clusters in the document in force.
 * @throws AppError invalid-config with its issues where that document has no cluster
 */
export function pairClusters(
  clusters: readonly JudgedCluster[],
  before: Input | undefined,
  versions: NamedVersions,
): Pairs {
  if (before === undefined) return { pairs: clusters.map((cluster) => ({ cluster })), issues: [] };
  const { clusters: known, issues } = checkText(before.text, versions);
  if (known.length === 0) {
    const message = `cannot compare with "${before.name}"`;
    throw new AppError('invalid-config', message, { issues, source: before.name });
  }
  const pairs = clusters.map((cluster): Pair => {
    const old = known.find((one) => sameCluster(one, cluster));
    return { cluster, ...(old !== undefined && { old }) };
  });
  return {
    pairs,
    issues: pairs.flatMap(({ cluster, old }) =>
      old === undefined ? [notCompared(cluster, before.name)] : [],
    ),
  };
}

function notCompared({ name = '', root }: JudgedCluster, file: string): Issue {
  const message = `the cluster "${printable(name)}" is not compared: ${file} does not have it`;
  const hint = 'give --before the document that "kops get cluster NAME -o yaml" prints for it';
  return issueAt(root.place, 'warning', 'kops-not-compared', message, hint);
}
