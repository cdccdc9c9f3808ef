/**
 * calico-agent drift: shows and corrects changes of others to the resources of the revision in
 * force.
 */
import { printable } from '../../../core/printable.ts';
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import { counted } from '../../../runtime/cli/issue-report.ts';
import type { OutputOptions, SocketOptions } from '../../../runtime/cli/options.ts';
import { write } from '../../../runtime/cli/print.ts';
import { revisionAndDigest } from '../../../runtime/cli/revision-and-digest.ts';
import { formatTable } from '../../../runtime/cli/table.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { DriftCorrection } from '../../../schemas/generated/agent-api/drift-correction.ts';
import type { Drift, DriftedField } from '../../../schemas/generated/agent-api/drift.ts';
import type { CommandContext } from '../command-context.ts';
import { createAgentClient, reading, surveyTimeoutMs } from '../daemon/agent-client.ts';
import { driftAnswer, driftCorrectionAnswer } from '../daemon/answers.ts';

interface DriftOptions extends SocketOptions, OutputOptions {
  readonly correct?: true;
}

export const addDrift = reading<Drift, DriftOptions>({
  name: 'drift',
  summary: 'show what somebody else changed, and put it back',
  description:
    'Shows what somebody else changed in the resources of the revision in force: the desired value, ' +
    'the value in the datastore, and, where the datastore knows it, who changed it and when. The ' +
    'agent puts it back by itself, unless agent.yaml says drift: { policy: report }. Exit status ' +
    '0: nothing drifted, or --correct put it back; 3: something still differs; 1: the drift ' +
    'cannot be read, or writing is on hold.',
  examples: [
    ['who changed what?', 'calico-agent drift'],
    ['put it back', 'calico-agent drift --correct'],
    [
      'for a script',
      "calico-agent drift -o json | jq -r '.fields[] | [.kind, .name, .path, .by] | @tsv'",
    ],
  ],
  options: (command) => command.option('--correct', 'put it back once, whatever the policy is'),
  path: '/v1/drift',
  timeoutMs: surveyTimeoutMs,
  answer: driftAnswer,
  text: driftText,
  afterwards: correctDrift,
});

async function correctDrift(
  report: Drift,
  { socket, correct }: DriftOptions,
  { stderr }: CommandContext,
): Promise<ExitStatus> {
  if (report.fields.length === 0) return 0;
  if (correct !== true) return 3;
  const request = {
    method: 'POST',
    path: '/v1/drift/correct',
    timeoutMs: surveyTimeoutMs,
  } as const;
  const changing = createAgentClient(socket).change(request);
  const outcome = await answerOf(changing, driftCorrectionAnswer);
  await write(stderr, correctionText(outcome));
  return outcome.left.length === 0 ? 0 : 3;
}

/** The agent has read everything back after the correction. */
function correctionText({ left, why = 'calico-agent status says why' }: DriftCorrection): string {
  if (left.length === 0) return 'everything is put back\n';
  const verb = objectsIn(left) === 1 ? 'differs' : 'differ';
  return `${counted(objectsIn(left), 'object')} still ${verb}: ${printable(why)}\n`;
}

function objectsIn(fields: readonly DriftedField[]): number {
  return new Set(fields.map(({ kind, name }) => `${kind} ${name}`)).size;
}

function driftText({ revision, fields }: Drift): string {
  if (revision === undefined) return 'nothing is in force, so nothing can have drifted';
  if (fields.length === 0) return 'nothing drifted';
  const count = objectsIn(fields);
  const verb = count === 1 ? 'differs' : 'differ';
  const head = `${counted(count, 'object')} ${verb} from ${revisionAndDigest(revision)}`;
  const rows = fields.map((field) => [
    `${field.kind} ${field.name}`,
    field.path ?? '-',
    ...desiredAndObserved(field),
    changedBy(field),
  ]);
  return `${head}\n${formatTable(['OBJECT', 'FIELD', 'DESIRED', 'OBSERVED', 'CHANGED BY'], rows)}`;
}

/** The two columns; for a whole object they tell whether it exists. */
function desiredAndObserved({ path, desired, observed }: DriftedField): [string, string] {
  if (path !== undefined) return [valueText(desired), valueText(observed)];
  const isGone = observed === undefined || observed === null;
  return isGone ? ['exists', 'gone'] : ['does not exist', 'exists'];
}

function changedBy({ by, at }: DriftedField): string {
  if (by === undefined) return at ?? 'not known';
  return at === undefined ? by : `${by}, ${at}`;
}

/** A field's value on one line of a table. */
function valueText(value: unknown): string {
  if (value === undefined || value === null) return 'none';
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return JSON.stringify(value);
  return value.length === 0 ? 'none' : value.map(itemText).join(', ');
}

/** Calico wraps each CIDR of a list: `{cidr: 10.0.0.0/8}`. */
function itemText(item: unknown): string {
  const isWrapped = typeof item === 'object' && item !== null && 'cidr' in item;
  return isWrapped ? valueText(item.cidr) : valueText(item);
}
