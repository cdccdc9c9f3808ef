#!/usr/bin/env node
/** The program calico-agent: its commands, one of which (`run`) is the daemon. */
import { printable } from '../core/printable.ts';
import { leaveAtOnceWhenDone } from '../runtime/process/leave-at-once.ts';
import type { RunOptions } from './daemon/run.ts';
import type { Logger } from '../runtime/log/logger.ts';
import { readPlainRun } from './cli/daemon/plain-run.ts';
import { callerOf } from '../runtime/cli/caller.ts';
import type { ExitStatus } from '../runtime/cli/terminal.ts';

async function main(argv: readonly string[]): Promise<ExitStatus> {
  const plain = readPlainRun(argv);
  if (plain !== undefined) {
    return runDaemon(plain);
  }
  const { runCli } = await import('./cli/run-cli.ts');
  const { stdin, stdout, stderr, env: environment } = process;
  return runCli(argv, {
    stdin,
    stdout,
    stderr,
    by: callerOf(environment),
    environment,
    runAgent: runDaemon,
    stateDirectory: async (given) =>
      (await import('./compose-on-disk.ts')).findStateDirectory(given),
    readHistory: async (directory) => (await import('./compose.ts')).readHistory(directory),
    readRevision: async (directory, name) =>
      (await import('./compose-on-disk.ts')).readRevision(directory, name),
    rollBackOnDisk: async (directory, request) =>
      (await import('./compose-on-disk.ts')).rollBackOnDisk(directory, request),
    readEvents: async (directory) => (await import('./compose.ts')).readEvents(directory),
    connectDatastore: async (choice) => (await import('./compose.ts')).connectChosen(choice),
    readSettings: async (config) => (await import('./settings.ts')).readSettings(config),
    guardRoutes: async () => (await import('./compose.ts')).guardRoutes(),
    supportSources: async (config) => (await import('./compose-support.ts')).supportSources(config),
    connectLxd: async () => (await import('./compose.ts')).connectLxd(plainWarnings(stderr)),
    readPlatform: async () => (await import('./compose.ts')).createLatePlatform().read(),
    connectEc2: async (aws) => {
      const { connectEc2, isInEc2 } = await import('./compose-cloud.ts');
      return (await isInEc2(aws, environment)) ? connectEc2(aws) : undefined;
    },
    connectImages: async (config) => (await import('./compose-images.ts')).connectImages(config),
    connectLivingKops: async (choice) =>
      (await import('./compose-living.ts')).connectLivingKops(choice),
    connectLivingMetalLb: async (choice) =>
      (await import('./compose-living.ts')).connectLivingMetalLb(choice),
    connectMicroK8s: async () => (await import('./compose-microk8s.ts')).connectMicroK8s(),
    connectCniCleaner: async () => (await import('./compose-cni-cleaner.ts')).connectCniCleaner(),
    connectK3sManifests: async () =>
      (await import('./compose-k3s-manifests.ts')).connectK3sManifests(),
    diagnoseHost: async (expected) => (await import('./compose.ts')).diagnoseHost(expected),
  });
}

async function runDaemon(options: RunOptions): Promise<ExitStatus> {
  const { saveMemory } = await import('./daemon/save-memory.ts');
  saveMemory();
  const { runAgent } = await import('./daemon/run.ts');
  return runAgent(options);
}

/** Commands have no log: their warnings go to stderr. */
function plainWarnings(stderr: NodeJS.WritableStream): Pick<Logger, 'warn'> {
  return {
    warn: (message, details) => {
      const why = typeof details?.['reason'] === 'string' ? `: ${details['reason']}` : '';
      stderr.write(`calico-agent: ${printable(`${message}${why}`)}\n`);
    },
  };
}

// Libraries' use of Node is nothing that an operator can mend.
process.noDeprecation = true;
leaveAtOnceWhenDone();
process.exitCode = await main(process.argv.slice(2));
