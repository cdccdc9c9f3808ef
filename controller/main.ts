#!/usr/bin/env node
/** The program calico-controller: its commands, one of which (`serve`) is the daemon. */
import { callerOf } from '../runtime/cli/caller.ts';
import { leaveAtOnceWhenDone } from '../runtime/process/leave-at-once.ts';
import { runCli } from './cli/run-cli.ts';

// Hides Node's warnings about libraries, which an operator cannot mend.
process.noDeprecation = true;
leaveAtOnceWhenDone();
const { stdin, stdout, stderr, env, argv } = process;
process.exitCode = await runCli(argv.slice(2), {
  stdin,
  stdout,
  stderr,
  by: callerOf(env),
  initTools: () => import('./init-tools.ts'),
  storeTools: () => import('./store-tools.ts'),
  serve: async (settings, reread) => (await import('./serve.ts')).serve(settings, reread),
});
