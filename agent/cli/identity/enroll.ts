/** calico-agent enroll: the first certificate of this node, from a controller. */
import { hostname } from 'node:os';
import { setTimeout as rest } from 'node:timers/promises';
import { AppError } from '../../../runtime/errors.ts';
import { readTokenFile } from '../../../runtime/files/token-file.ts';
import {
  addWaitOption,
  examples,
  secondsToWait,
  type WaitOptions,
} from '../../../runtime/cli/options.ts';
import { write } from '../../../runtime/cli/print.ts';
import { readInput } from '../../../runtime/cli/read-input.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { Enrolled } from '../../app/identity/enrol.ts';
import type { AddAgentCommand, CommandContext } from '../command-context.ts';

interface EnrollOptions extends WaitOptions {
  readonly controller: readonly string[];
  readonly tokenFile: string;
  readonly caFile?: string;
  readonly caDigest?: string;
  readonly node?: string;
  readonly cluster: string;
  readonly config?: string;
  readonly replace: boolean;
}

const maxTokenBytes = 4096;

export const addEnroll: AddAgentCommand = (program, context, toAction) => {
  const command = program
    .command('enroll')
    .summary('get the certificate of this node from a controller')
    .description(
      'Makes a key on this node, and asks the controller for its certificate, with an enrolment ' +
        'token. The key never leaves the node. Prints the lines for agent.yaml. A run that was ' +
        'interrupted is completed by the next one. With --wait it tries again while the controller ' +
        'cannot be reached or is busy; a refusal ends it at once.',
    )
    .requiredOption(
      '--controller <address>',
      'the controller, wss://HOST:PORT; may be repeated for several that share a store',
      gather,
    )
    .requiredOption('--token-file <file>', 'file with the enrolment token; - is stdin')
    .option('--ca-file <file>', 'the authority of the controller, PEM')
    .option('--ca-digest <digest>', 'the digest of the authority, as token create prints it')
    .option('--node <name>', "this node's name (default: that of agent.yaml, else the host name)")
    .option('--cluster <name>', 'the cluster of the controller', 'default')
    .option('--config <file>', 'agent.yaml, for the name and the state directory')
    .option('--replace', 'also where this node has a valid certificate; for a new key', false);
  addWaitOption(command, 'the controller answers')
    .addHelpText(
      'after',
      examples([
        [
          'with the token on stdin',
          'calico-agent enroll --controller wss://controller.example.org:7843 \\\n' +
            '    --token-file - --ca-digest sha256:DIGEST',
        ],
        [
          'at the first boot, when the controller may come later',
          'calico-agent enroll --controller wss://controller.example.org:7843 \\\n' +
            '    --token-file /root/token --ca-digest sha256:DIGEST --wait 600',
        ],
      ]),
    )
    .action(toAction((options: EnrollOptions) => enroll(options, context)));
};

async function enroll(
  {
    controller: given,
    tokenFile,
    caFile,
    caDigest,
    node: named,
    config,
    wait,
    ...others
  }: EnrollOptions,
  context: CommandContext,
): Promise<ExitStatus> {
  const { stdout, stderr } = context;
  if (caFile !== undefined && caDigest !== undefined) {
    throw new AppError('usage', 'give either --ca-file or --ca-digest');
  }
  const { usableControllers } = await import('./enroll-addresses.ts');
  const controllers = await usableControllers(given);
  const { agent, stateDirectory } = await context.readSettings(config);
  const token = await tokenOf(tokenFile, context);
  const { enrol } = await import('../../app/identity/enrol.ts');
  const { askInTurn } = await import('../../app/identity/ask-in-turn.ts');
  const { enrolWithin } = await import('../../app/identity/enrol-within.ts');
  const node = named ?? agent.node.name ?? hostname();
  const ca = {
    ...(caFile !== undefined && { caFile }),
    ...(caDigest !== undefined && { caDigest }),
  };
  const wanted = { token, node, stateDirectory, ...ca, ...others };
  const work = (): Promise<Enrolled> =>
    askInTurn(controllers, (controller) => enrol({ ...wanted, controller }, Date.now()));
  const enrolled = await enrolWithin(work, {
    ms: (secondsToWait(wait === undefined ? {} : { wait }) ?? 0) * 1000,
    elapsed: () => performance.now(),
    random: Math.random,
    rest,
    tell: (reason, pauseMs) =>
      write(stderr, `${reason}; trying again in ${String(Math.ceil(pauseMs / 1000))} s\n`),
  });
  await write(stdout, enrolledText(enrolled, { controllers, cluster: others.cluster }));
  return 0;
}

function enrolledText(
  { node, nodeFile, caFile, validFrom, validUntil }: Enrolled,
  { controllers, cluster }: { readonly controllers: readonly string[]; readonly cluster: string },
): string {
  const lines = [
    `enrolled ${node}; the certificate is valid until ${validUntil}`,
    ...clockLines(validFrom, Date.now()),
    'Write these lines into agent.yaml, and reload the agent:',
    '',
    'controller:',
    `  url: ${urlText(controllers)}`,
    `  cluster: ${cluster}`,
    ...(caFile === undefined ? [] : [`  caFile: ${caFile}`]),
    '  identity:',
    `    certFile: ${nodeFile}`,
    `    keyFile: ${nodeFile}`,
  ];
  return `${lines.join('\n')}\n`;
}

function gather(address: string, others: readonly string[] | undefined): readonly string[] {
  return [...(others ?? []), address];
}

/** One address, or a list in YAML. */
function urlText(controllers: readonly string[]): string {
  const [first = '', ...others] = controllers;
  if (others.length === 0) return first;
  return `[${controllers.map((address) => JSON.stringify(address)).join(', ')}]`;
}

/** @param now in ms since 1970 */
function clockLines(validFrom: string, now: number): readonly string[] {
  if (Date.parse(validFrom) <= now) return [];
  const clocks = `the clock of this machine says ${new Date(now).toISOString()}`;
  return [`It is valid from ${validFrom}, and ${clocks}: compare it with that of the controller`];
}

async function tokenOf(file: string, context: CommandContext): Promise<string> {
  if (file !== '-') return (await readTokenFile(file)).token;
  return (await readInput('-', maxTokenBytes, context)).text.trim();
}
