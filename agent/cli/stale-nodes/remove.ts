import { nameSome } from '../../../core/name-some.ts';
import { printable } from '../../../core/printable.ts';
import { freeingHint } from '../../../core/survey/freeing-hint.ts';
import type { StaleNode } from '../../../core/survey/stale-node.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { DaemonClient } from '../../../runtime/cli/daemon-client.ts';
import { surveyTimeoutMs } from '../daemon/agent-client.ts';
import { printResult, write, type OutputForm } from '../../../runtime/cli/print.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { CommandContext } from '../command-context.ts';

export interface Removal {
  readonly force: boolean;
  readonly living: readonly string[] | undefined;
}

interface Failure {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

/** Removes the nodes one after the other; a failure for one does not stop the others. */
export async function removeStaleNodes(
  client: DaemonClient,
  nodes: readonly StaleNode[],
  removal: Removal,
  output: OutputForm,
  context: CommandContext,
): Promise<ExitStatus> {
  const removed: StaleNode[] = [];
  const failed: Failure[] = [];
  for (const node of nodes) {
    const failure = await removeOne(client, node.name, removal);
    if (failure === undefined) removed.push(node);
    else failed.push(failure);
  }
  for (const { message } of failed)
    await write(context.stderr, `calico-agent: ${printable(message)}\n`);
  const text = (): string => removed.map(removedText).join('');
  const names = removed.map(({ name }) => name);
  await printResult(context.stdout, output, { removed: names, failed }, text);
  return failed.length === 0 ? 0 : 1;
}

function removedText({ name, objects, blocks }: StaleNode): string {
  const used = blocks.filter(({ addresses }) => addresses > 0).length;
  const left = [
    ...(used === 0 ? [] : [`${String(used)} of its blocks with addresses in use`]),
    ...(objects.length === 0 ? [] : [nameSome(objects)]),
  ];
  const hints = [
    ...(used === 0 ? [] : [`  hint: ${freeingHint}\n`]),
    ...(objects.length === 0 ? [] : [deletingHint(objects)]),
  ];
  const end = left.length === 0 ? '' : `; left are ${left.join(' and ')}`;
  return `${printable(name)} is removed${end}\n${hints.join('')}`;
}

/**
 * Our agents delete the objects of our configurations themselves; a person has to delete the
 * others.
 */
function deletingHint(objects: readonly string[]): string {
  const first = objects[0]?.replace('/', ' ') ?? '';
  return `  hint: delete each of these that no configuration makes: calicoctl delete ${printable(first)}\n`;
}

/** @throws an error that concerns all nodes: the daemon does not answer, or is on hold */
async function removeOne(
  client: DaemonClient,
  name: string,
  { force, living }: Removal,
): Promise<Failure | undefined> {
  try {
    await client.change({
      method: 'POST',
      path: '/v1/stale-nodes/remove',
      body: JSON.stringify({ name, force, ...(living === undefined ? {} : { living }) }),
      timeoutMs: surveyTimeoutMs,
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError) || !ofOneNode.has(error.code)) throw error;
    return { name, code: error.code, message: error.message };
  }
}

const ofOneNode: ReadonlySet<string> = new Set([
  'not-found',
  'datastore-conflict',
  'datastore-failed',
]);
