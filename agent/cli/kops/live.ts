/** The running cluster beside a document: `--live`, which check, edit and explain share. */
import type { Command } from 'commander';
import type { JudgedCluster } from '../../../core/kops/document/facts.ts';
import type { LivingCluster } from '../../../core/kops/living/living-cluster.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { RunningCluster } from '../../ports/platform/running-cluster.ts';
import type { CommandContext } from '../command-context.ts';
import { write } from '../../../runtime/cli/print.ts';
import { addLiveOptions, liveChoice, whereText, type LiveOptions } from '../input/live-options.ts';

export function addKopsLive(command: Command): Command {
  return addLiveOptions(command, 'compare with the running cluster too');
}

export interface Live {
  readonly cluster: LivingCluster;
  /** For the answer as data. */
  readonly named: { readonly runningCluster: RunningCluster };
}

/** Undefined: it was not asked for. @throws AppError where no part of the cluster can be read */
export async function readLive(
  options: LiveOptions,
  context: CommandContext,
): Promise<Live | undefined> {
  const choice = liveChoice(options);
  if (choice === undefined) return undefined;
  const cluster = await context.connectLivingKops(choice);
  try {
    const runningCluster = await cluster.where();
    await write(context.stderr, whereText(runningCluster));
    return { cluster: await cluster.read(), named: { runningCluster } };
  } finally {
    await cluster.close();
  }
}

/** One cluster runs, so the file must have that one alone. @throws AppError usage */
export function refuseSeveral(clusters: readonly JudgedCluster[]): void {
  if (clusters.length < 2) return;
  const names = clusters.map(({ name = '(no name)' }) => name).join(', ');
  throw new AppError(
    'usage',
    `cannot compare with the running cluster: the file has several (${names}); give a file with this one alone`,
  );
}
