/** npm run conformance -- COMMAND…: tries an agent by the vectors of schemas/protocol-vectors.json. */
import { randomBytes } from 'node:crypto';
import { InvalidArgumentError } from 'commander';
import { runScript, script } from '../build/script.ts';
import type { Dialogue, ProtocolVectors } from '../schemas/generated/protocol-vectors.ts';
import { startAgent } from './agent-process.ts';
import { playDialogue } from './play-dialogue.ts';
import { readVectors } from './read-vectors.ts';
import { startScriptedController } from './scripted-controller.ts';

interface Options {
  readonly only?: string;
  readonly slow?: true;
  readonly seconds: number;
  readonly cluster: string;
  readonly node: string;
}

await runScript(
  script('npm run conformance', 'Tries an agent by the conformance vectors of the control channel.')
    .argument(
      '<command...>',
      'starts the agent that is tried; gets CONFORMANCE_… in its environment',
    )
    .option('--only <text>', 'only the dialogues whose name has this text')
    .option('--slow', 'also those that take longer than a minute')
    .option('--seconds <number>', 'how long the agent may take for each step', seconds, 60)
    .option('--cluster <name>', 'the cluster of the agent', 'conformance')
    .option('--node <name>', 'the node of the agent', 'node-0')
    .passThroughOptions()
    .addHelpText('after', environmentHelp())
    .action(tryAgent),
);

async function tryAgent(command: readonly string[], options: Options): Promise<void> {
  const vectors = await readVectors();
  const { only = '', slow = false } = options;
  const chosen = vectors.dialogues.filter(
    ({ name, isSlow = false }) => name.includes(only) && (slow || !isSlow),
  );
  if (chosen.length === 0) throw new Error(`no dialogue has "${only}" in its name`);
  let failed = 0;
  for (const dialogue of chosen) {
    const fault = await faultIn(dialogue, vectors, command, options);
    if (fault === undefined) {
      console.log(`ok      ${dialogue.name}`);
      continue;
    }
    failed += 1;
    console.log(`FAILED  ${dialogue.name}\n        ${fault.replaceAll('\n', '\n        ')}`);
  }
  console.log(
    `${String(chosen.length - failed)} of ${String(chosen.length)} dialogues are as they must be`,
  );
  if (failed > 0) process.exitCode = 1;
}

/** Each dialogue has an agent and a folder of its own. */
async function faultIn(
  dialogue: Dialogue,
  { contents }: ProtocolVectors,
  command: readonly string[],
  { cluster, node, seconds: within }: Options,
): Promise<string | undefined> {
  const token = randomBytes(32).toString('hex');
  const controller = await startScriptedController(token);
  const setting = { url: controller.url, token, cluster, node };
  try {
    const agent = await startAgent(command, setting);
    try {
      await playDialogue(dialogue, {
        controller,
        agent,
        setting,
        contents,
        withinMs: within * 1000,
      });
      return undefined;
    } catch (error) {
      const fault = error instanceof Error ? error.message : String(error);
      return `${fault}\nits output ends with:\n${await agent.output()}`;
    } finally {
      await agent.end();
    }
  } finally {
    await controller.close();
  }
}

function seconds(text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new InvalidArgumentError('write a number of seconds above 0');
  return number;
}

function environmentHelp(): string {
  return `
The command gets in its environment
  CONFORMANCE_URL         the controller's address
  CONFORMANCE_TOKEN_FILE  a file with the token to show
  CONFORMANCE_CLUSTER     the cluster and
  CONFORMANCE_NODE        the node that it has to name
  CONFORMANCE_DIRECTORY   a folder of its own, which stays over a restart

It has to run until SIGTERM. To try calico-agent itself:
  npm run build && npm run conformance -- node --import tsx conformance/calico-agent.ts`;
}
