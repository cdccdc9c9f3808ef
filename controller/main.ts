#!/usr/bin/env node
/** calico-controller: brings one configuration to the agents of a cluster. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { printableLines } from '../core/printable.ts';
import { exitStatusOf, reasonOf } from '../runtime/errors.ts';
import { leaveAtOnceWhenDone } from '../runtime/process/leave-at-once.ts';
import { version } from '../runtime/version.ts';
import type { ServeOptions } from './cli/serve.ts';
import { defaultSocket, outputFormats, type ClientOptions, type Terminal } from './cli/settings.ts';

const terminal: Terminal = {
  out: (text) => void process.stdout.write(`${printableLines(text)}\n`),
  error: (text) => void process.stderr.write(`${printableLines(text)}\n`),
};

const defaultWaitSeconds = 60;

function buildProgram(finish: (status: number) => void): Command {
  const program = new Command('calico-controller')
    .description(
      'Brings one network configuration to the agents of a cluster, and says how it went.',
    )
    .version(version)
    .exitOverride()
    .showHelpAfterError('(calico-controller --help says more)')
    .addHelpText('after', exitCodes);

  program
    .command('serve')
    .description('run the controller')
    .requiredOption('--token-file <FILE>', 'the secret that agents show, at least 16 signs')
    .option('--listen <ADDRESS>', 'where agents connect, HOST:PORT', '127.0.0.1:7843')
    .option('--tls-cert <FILE>', 'certificate, PEM')
    .option('--tls-key <FILE>', 'its private key, PEM')
    .option('--plaintext-beyond-loopback', 'listen on a network without TLS', false)
    .option('--cluster <NAME>', 'the cluster whose agents may connect', parseCluster, 'default')
    .option('--state-directory <DIR>', 'where it remembers', '/var/lib/calico-controller')
    .option('--socket <PATH>', 'for the other commands', defaultSocket)
    .option(
      '--forget-after <DAYS>',
      'forget nodes that are away for longer; 0 never does',
      parseDays,
      30,
    )
    .addOption(choice('--log-level <LEVEL>', ['error', 'warn', 'info', 'debug'], 'info'))
    .addOption(choice('--log-format <FORMAT>', ['text', 'json'], 'text'))
    .addHelpText('after', serveExamples)
    .action(async (options: ServeArguments) => {
      const { serve } = await import('./cli/serve.ts');
      finish(await serve(serveOptions(options)));
    });

  clientCommand(program, 'nodes', 'list the nodes: what they are and how far they are')
    .addHelpText('after', nodesExamples)
    .action(async (options: ClientOptions) => {
      const { nodes } = await import('./cli/nodes.ts');
      finish(await nodes(options, terminal));
    });

  clientCommand(program, 'push', 'check a configuration and bring it to all nodes')
    .argument('<config>', 'a configuration of either dialect; - is stdin')
    .option(
      '--wait [seconds]',
      'until every connected node has confirmed it or failed; one that goes away has not confirmed',
      parseSeconds,
    )
    .option('--retry', 'also on nodes that rejected this very content before')
    .addHelpText('after', pushExamples)
    .action(async (file: string, { wait, ...options }: PushArguments) => {
      const { push } = await import('./cli/push.ts');
      const waitSeconds = wait === true ? defaultWaitSeconds : wait;
      const waiting = waitSeconds === undefined ? {} : { waitSeconds };
      finish(await push(file, { ...options, ...waiting }, terminal));
    });

  clientCommand(program, 'forget', 'forget nodes that will not come back')
    .argument('<node...>', 'their names; none of them may be connected')
    .addHelpText('after', forgetExamples)
    .action(async (names: readonly string[], options: ClientOptions) => {
      const { forget } = await import('./cli/forget.ts');
      finish(await forget(names, options, terminal));
    });

  clientCommand(program, 'status', 'say how the controller and its fleet are')
    .addHelpText('after', statusExamples)
    .action(async (options: ClientOptions) => {
      const { status } = await import('./cli/status.ts');
      finish(await status(options, terminal));
    });
  return program;
}

interface ServeArguments {
  readonly tokenFile: string;
  readonly listen: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly plaintextBeyondLoopback: boolean;
  readonly cluster: string;
  readonly stateDirectory: string;
  readonly socket: string;
  readonly forgetAfter: number;
  readonly logLevel: NonNullable<ServeOptions['log']['level']>;
  readonly logFormat: NonNullable<ServeOptions['log']['format']>;
}

interface PushArguments extends ClientOptions {
  readonly retry?: true;
  readonly wait?: number | true;
}

function serveOptions(given: ServeArguments): ServeOptions {
  const { tlsCert, tlsKey, logLevel, logFormat, forgetAfter: forgetAfterDays, ...others } = given;
  const settings = { ...others, forgetAfterDays };
  const log = { level: logLevel, format: logFormat };
  if (tlsCert === undefined && tlsKey === undefined) return { ...settings, log };
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new InvalidArgumentError('error: --tls-cert and --tls-key go together');
  }
  return { ...settings, log, tls: { certFile: tlsCert, keyFile: tlsKey } };
}

function clientCommand(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option('--socket <PATH>', "the controller's socket", defaultSocket)
    .addOption(choice('-o, --output <FORMAT>', outputFormats, 'text'));
}

function choice(flags: string, choices: readonly string[], preset: string): Option {
  return new Option(flags).choices(choices).default(preset);
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds >= 0 && seconds <= 3600) return seconds;
  throw new InvalidArgumentError('write a number of seconds from 0 to 3600.');
}

function parseDays(text: string): number {
  const days = Number(text);
  if (/^\d{1,5}$/.test(text)) return days;
  throw new InvalidArgumentError('write a number of days from 0 to 99999.');
}

function parseCluster(text: string): string {
  if (/^[A-Za-z0-9][-A-Za-z0-9_.]*$/.test(text) && text.length <= 253) return text;
  throw new InvalidArgumentError('a name has letters, digits, dots, dashes and underscores only.');
}

const exitCodes = `
Exit codes: 0 done, 1 failed, 2 refused input.`;

const serveExamples = `
Examples:
  (umask 077; head -c 32 /dev/urandom | base64 -w 0 > token)
  calico-controller serve --token-file token --state-directory ./state --socket ./controller.sock
  calico-controller serve --token-file /etc/calico-controller/token \\
    --listen 10.0.0.10:7843 --tls-cert cert.pem --tls-key key.pem`;

const nodesExamples = `
Examples:
  calico-controller nodes
  calico-controller nodes -o json | jq -r '.nodes[] | select(.connected | not) | .name'`;

const pushExamples = `
Examples:
  calico-controller push network.yaml --wait
  calico-controller push network.yaml --retry --wait
  juju config calico --format yaml | calico-controller push - --wait=120`;

const forgetExamples = `
Examples:
  calico-controller forget node-7
  calico-controller forget node-7 node-8 -o json

A push is checked against every node that is known, also against those that are away.`;

const statusExamples = `
Examples:
  calico-controller status
  calico-controller status -o json | jq .push`;

async function main(): Promise<number> {
  let status = 0;
  const program = buildProgram((result) => {
    status = result;
  });
  try {
    await program.parseAsync();
    return status;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has said it, except what an action found wrong with its options.
      if (error instanceof InvalidArgumentError) terminal.error(error.message);
      return error.exitCode === 0 ? 0 : 2;
    }
    terminal.error(`calico-controller: ${reasonOf(error)}`);
    return exitStatusOf(error);
  }
}

leaveAtOnceWhenDone();
process.exitCode = await main();
