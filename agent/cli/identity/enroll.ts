/** calico-agent enroll: the first certificate of this node, from a controller. */
import { hostname } from 'node:os';
import { AppError } from '../../../runtime/errors.ts';
import { readTokenFile } from '../../../runtime/files/token-file.ts';
import { examples } from '../../../runtime/cli/options.ts';
import { write } from '../../../runtime/cli/print.ts';
import { readInput } from '../../../runtime/cli/read-input.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { AddAgentCommand, CommandContext } from '../command-context.ts';

interface EnrollOptions {
  readonly controller: string;
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
  program
    .command('enroll')
    .summary('get the certificate of this node from a controller')
    .description(
      'Makes a key on this node, and asks the controller for its certificate, with an enrolment ' +
        'token. The key never leaves the node. Prints the lines for agent.yaml. A run that was ' +
        'interrupted is completed by the next one.',
    )
    .requiredOption('--controller <address>', 'the controller, wss://HOST:PORT')
    .requiredOption('--token-file <file>', 'file with the enrolment token; - is stdin')
    .option('--ca-file <file>', 'the authority of the controller, PEM')
    .option('--ca-digest <digest>', 'the digest of the authority, as token create prints it')
    .option('--node <name>', "this node's name (default: that of agent.yaml, else the host name)")
    .option('--cluster <name>', 'the cluster of the controller', 'default')
    .option('--config <file>', 'agent.yaml, for the name and the state directory')
    .option('--replace', 'also where this node has a valid certificate; for a new key', false)
    .addHelpText(
      'after',
      examples([
        [
          'with the token on stdin',
          'calico-agent enroll --controller wss://controller.example.org:7843 \\\n' +
            '    --token-file - --ca-digest sha256:DIGEST',
        ],
      ]),
    )
    .action(toAction((options: EnrollOptions) => enroll(options, context)));
};

async function enroll(
  { controller, tokenFile, caFile, caDigest, node: given, config, ...rest }: EnrollOptions,
  context: CommandContext,
): Promise<ExitStatus> {
  const { stdout } = context;
  if (caFile !== undefined && caDigest !== undefined) {
    throw new AppError('usage', 'give either --ca-file or --ca-digest');
  }
  const { agent, stateDirectory } = await context.readSettings(config);
  const token = await tokenOf(tokenFile, context);
  const { enrol } = await import('../../app/identity/enrol.ts');
  const node = given ?? agent.node.name ?? hostname();
  const ca = {
    ...(caFile !== undefined && { caFile }),
    ...(caDigest !== undefined && { caDigest }),
  };
  const wanted = { controller, token, node, stateDirectory, ...ca, ...rest };
  const enrolled = await enrol(wanted, Date.now());
  const { nodeFile, validUntil, node: name } = enrolled;
  const lines = [
    `enrolled ${name}; the certificate is valid until ${validUntil}`,
    'Write these lines into agent.yaml, and reload the agent:',
    '',
    'controller:',
    `  url: ${controller}`,
    `  cluster: ${rest.cluster}`,
    ...(enrolled.caFile === undefined ? [] : [`  caFile: ${enrolled.caFile}`]),
    '  identity:',
    `    certFile: ${nodeFile}`,
    `    keyFile: ${nodeFile}`,
  ];
  await write(stdout, `${lines.join('\n')}\n`);
  return 0;
}

async function tokenOf(file: string, context: CommandContext): Promise<string> {
  if (file !== '-') return (await readTokenFile(file)).token;
  return (await readInput('-', maxTokenBytes, context)).text.trim();
}
