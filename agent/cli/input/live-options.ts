/** Options of commands that read a running cluster beside a file. */
import type { Command } from 'commander';
import { printable } from '../../../core/printable.ts';
import type { RunningCluster } from '../../ports/platform/running-cluster.ts';
import type { ClusterChoice } from '../command-context.ts';

export interface LiveOptions {
  readonly live?: true;
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** @param what completes "--live: …" */
export function addLiveOptions(command: Command, what: string): Command {
  return command
    .option('--live', `${what}, as kubectl reaches it; reads only`)
    .option('--kubeconfig <file>', 'how to reach the running cluster; means --live')
    .option('--context <name>', 'the context in the kubeconfig; means --live');
}

/** Undefined: the running cluster is not asked for. */
export function liveChoice({ live, kubeconfig, context }: LiveOptions): ClusterChoice | undefined {
  if (live !== true && kubeconfig === undefined && context === undefined) return undefined;
  return {
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(context !== undefined && { context }),
  };
}

/** On stderr, so that the answer stays a text that can be pasted, or data. */
export function whereText({ server, source }: RunningCluster): string {
  return `the running cluster is ${printable(`${server} (${source})`)}\n`;
}
