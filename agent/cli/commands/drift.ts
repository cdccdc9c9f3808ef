/** calico-agent drift: what somebody else changed of what is in force. */
import type { Command } from 'commander';
import type { DriftedField } from '../../../core/plan/drift/drifted-field.ts';
import { printable } from '../../../core/printable.ts';
import { formatTable } from '../../../runtime/cli/table.ts';
import type { DriftCorrection, DriftReport } from '../../app/agent.ts';
import {
  createAgentClient,
  expectAnswer,
  jsonOf,
  surveyTimeoutMs,
} from '../daemon/agent-client.ts';
import { isDriftAnswer, isDriftCorrection } from '../daemon/answers.ts';
import { counted } from '../output/issue-report.ts';
import {
  addOutputOption,
  addSocketOption,
  examples,
  type OutputOptions,
  type SocketOptions,
} from '../options.ts';
import { printAnswer, write } from '../output/print.ts';
import { revisionText } from '../output/revision-text.ts';
import { valueText } from '../output/value-text.ts';
import type { CliWorld, Ending, ExitStatus } from '../world.ts';

interface DriftOptions extends SocketOptions, OutputOptions {
  readonly correct?: true;
}

export function addDrift(program: Command, world: CliWorld, ending: Ending): void {
  const command = program
    .command('drift')
    .summary('show what somebody else changed of what is in force')
    .description(
      'Shows what somebody else changed of what is in force: what is desired, what is there, and ' +
        'who changed it when, where the datastore knows. The agent puts it back by itself, unless ' +
        'agent.yaml says drift: { policy: report }. Exit status 0: nothing drifted, or --correct put ' +
        'it back; 3: something is still not as it was; 1: nobody could tell, or writing is on hold.',
    )
    .option('--correct', 'put it back once, whatever the policy is');
  addOutputOption(addSocketOption(command))
    .addHelpText(
      'after',
      examples([
        ['who changed what?', 'calico-agent drift'],
        ['put it back', 'calico-agent drift --correct'],
        [
          'for a script',
          "calico-agent drift -o json | jq -r '.fields[] | [.kind, .name, .path, .by] | @tsv'",
        ],
      ]),
    )
    .action(ending((options: DriftOptions) => drift(options, world)));
}

async function drift(
  { socket, output, correct }: DriftOptions,
  world: CliWorld,
): Promise<ExitStatus> {
  const client = createAgentClient(socket);
  const answer = jsonOf(
    await client.read({ method: 'GET', path: '/v1/drift', timeoutMs: surveyTimeoutMs }),
  );
  const report = expectAnswer(answer, isDriftAnswer);
  await printAnswer(world.stdout, output, report, driftText);
  if (report.fields.length === 0) return 0;
  if (correct !== true) return 3;
  const request = {
    method: 'POST',
    path: '/v1/drift/correct',
    timeoutMs: surveyTimeoutMs,
  } as const;
  const outcome = expectAnswer(jsonOf(await client.change(request)), isDriftCorrection);
  await write(world.stderr, correctionText(outcome));
  return outcome.left.length === 0 ? 0 : 3;
}

/** What the agent observed after it put everything back. */
function correctionText({ left, why = 'calico-agent status says why' }: DriftCorrection): string {
  if (left.length === 0) return 'it is put back\n';
  return `${counted(objectsIn(left), 'object')} still not as it was: ${printable(why)}\n`;
}

function objectsIn(fields: readonly DriftedField[]): number {
  return new Set(fields.map(({ kind, name }) => `${kind} ${name}`)).size;
}

function driftText({ revision, fields }: DriftReport): string {
  if (revision === undefined) return 'nothing is in force, so nothing can have drifted';
  if (fields.length === 0) return 'nothing drifted';
  const head = `${counted(objectsIn(fields), 'object')} not as ${revisionText(revision)} has it`;
  const rows = fields.map((field) => [
    `${field.kind} ${field.name}`,
    field.path ?? '-',
    ...desiredAndObserved(field),
    changedBy(field),
  ]);
  return `${head}\n${formatTable(['OBJECT', 'FIELD', 'DESIRED', 'OBSERVED', 'CHANGED BY'], rows)}`;
}

/** For an object as a whole: whether it is to be there, and whether it is. */
function desiredAndObserved({ path, desired, observed }: DriftedField): [string, string] {
  if (path !== undefined) return [valueText(desired), valueText(observed)];
  const isGone = observed === undefined || observed === null;
  return isGone ? ['to be there', 'gone'] : ['not to be there', 'there'];
}

function changedBy({ by, at }: DriftedField): string {
  if (by === undefined) return at ?? 'not known';
  return at === undefined ? by : `${by}, ${at}`;
}
