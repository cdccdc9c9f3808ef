/** Options and input that the commands of `calico-agent kops` share. */
import { InvalidArgumentError, type Command } from 'commander';
import { textBounds } from '../../../core/input/bounds.ts';
import type { NamedVersions } from '../../../core/kops/check/check-cluster.ts';
import { minorOf, oldestKops } from '../../../core/kops/versions.ts';
import { shellWord } from '../../../core/shell-word.ts';
import { readInput, type Input } from '../../../runtime/cli/read-input.ts';
import type { CommandContext } from '../command-context.ts';

export interface VersionOptions {
  /** Minor numbers. */
  readonly kopsVersion?: number;
  readonly kubernetesVersion?: number;
}

export const clusterArgument =
  'the document of the cluster, as "kops get cluster NAME -o yaml" prints it; may have instance groups too; - is stdin';

export function addVersionOptions(command: Command): Command {
  return command
    .option(
      '--kops-version <version>',
      'judge as this version of kops, 1.18 or v1.36.2 (default: that of Kubernetes, at most the newest known)',
      parseVersion,
    )
    .option(
      '--kubernetes-version <version>',
      'judge for this version of Kubernetes (default: spec.kubernetesVersion)',
      parseVersion,
    );
}

export function versionsOf({ kopsVersion, kubernetesVersion }: VersionOptions): NamedVersions {
  return {
    ...(kopsVersion !== undefined && { kops: kopsVersion }),
    ...(kubernetesVersion !== undefined && { kubernetes: kubernetesVersion }),
  };
}

function parseVersion(text: string): number {
  const minor = minorOf(text);
  if (minor !== undefined && minor >= oldestKops) return minor;
  throw new InvalidArgumentError(`It is a version such as 1.28, and at least 1.${oldestKops}.`);
}

export function readCluster(path: string, context: CommandContext): Promise<Input> {
  return readInput(path, textBounds.kops.maxBytes, context);
}

/** The document in a command that a person may paste. */
export function fileWord(name: string): string {
  return name === 'stdin' ? 'FILE' : shellWord(name);
}
