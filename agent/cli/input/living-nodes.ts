/** Reads NODES, the list of the cluster's nodes, in the forms that check and render take. */
import type { ParsedNodes } from '../../../core/facts/facts.ts';
import { AppError } from '../../../runtime/errors.ts';
import { readInput } from '../../../runtime/cli/read-input.ts';
import type { CommandContext } from '../command-context.ts';

export interface LivingNodesOptions {
  readonly nodes?: string;
  readonly unitApplication?: string;
}

/** The names; undefined: none were given. @throws AppError with the issues of the input */
export async function readLivingNodes(
  { nodes: file, unitApplication }: LivingNodesOptions,
  context: CommandContext,
): Promise<readonly string[] | undefined> {
  if (file === undefined) return undefined;
  const { maxNodesBytes, parseNodes } = await import('../../../core/facts/parse-nodes.ts');
  const { name, text } = await readInput(file, maxNodesBytes, context);
  const parsed = parseNodes(text, unitApplication === undefined ? {} : { unitApplication });
  if (!parsed.ok) {
    const { issues } = parsed;
    throw new AppError('usage', `cannot use ${name} as the list of nodes`, { issues });
  }
  return namesOf(parsed, name);
}

/** Refuses an empty list, with which all nodes of the cluster would count as gone. */
function namesOf(
  { nodes }: Extract<ParsedNodes, { readonly ok: true }>,
  name: string,
): readonly string[] {
  if (nodes.length > 0) return nodes.map((node) => node.name);
  throw new AppError('usage', `cannot use ${name} as the list of nodes: it is empty`);
}
