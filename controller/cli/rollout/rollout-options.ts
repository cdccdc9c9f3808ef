/** The options of a rollout, which `rollout start` and `propose` share. */
import type { Command } from 'commander';
import { gather } from '../../../runtime/cli/options.ts';

export interface RolloutOptions {
  readonly strategy?: string;
  readonly retry?: true;
  readonly acceptLoss?: true;
  /** False: --no-guard. */
  readonly guard: boolean;
  readonly supersede?: true;
  readonly despite?: readonly string[];
}

export function addRolloutOptions(command: Command): Command {
  return command
    .option('--strategy <file>', 'the waves, their terms and windows: a RolloutStrategy')
    .option('--retry', 'also on agents that rejected the same content before')
    .option('--accept-loss', 'also if it costs traffic that guard routes do not carry')
    .option('--no-guard', 'without guard routes on all nodes')
    .option('--supersede', 'also while another rollout or a push is running, which ends')
    .option(
      '--despite <node>',
      'as of a push: the errors of this node become warnings; may be given several times',
      gather,
    );
}
