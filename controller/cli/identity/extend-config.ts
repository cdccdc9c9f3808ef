/** Names an authority in controller.yaml, and keeps everything else in it, with its comments. */
import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { parseDocument, stringify, type Document } from 'yaml';
import { textBounds } from '../../../core/input/bounds.ts';
import { AppError } from '../../../runtime/errors.ts';
import { writeFileAtomic } from '../../../runtime/files/atomic-file.ts';
import { readTextFile } from '../../../runtime/files/read-text-file.ts';
import { replaceFile } from '../../../runtime/files/replace-file.ts';

const head = 'apiVersion: calico-agent/v1\nkind: ControllerConfig\n';

/** What is added to the settings. */
export type Addition =
  /** The authority of the only cluster. */
  | { readonly kind: 'one'; readonly folder: string }
  /** A further cluster; it keeps its authority where clusters do by default. */
  | { readonly kind: 'cluster'; readonly name: string; readonly listen: string }
  /** The authority of a cluster that is listed, by its place in the list. */
  | { readonly kind: 'authority'; readonly at: number };

/**
 * A new file refuses the shared token, unless there is a file with one beside it.
 * @returns the text about it, or, where it cannot be written, with the lines for a person
 */
export async function extendConfig(file: string, addition: Addition): Promise<string> {
  const before = await readTextFile(file, textBounds.controllerSettings.maxBytes);
  const usesToken = before !== undefined || (await isThere(path.join(path.dirname(file), 'token')));
  const document = parseDocument(before ?? head);
  const added = addedBy(addition, { usesToken });
  extend(document, addition, added);
  try {
    if (before === undefined) await writeFileAtomic(file, document.toString(), { mode: 0o644 });
    else await replaceFile(file, document.toString());
    const needsToken = addition.kind === 'one' && !document.has('sharedToken');
    return `wrote ${file}\n${needsToken ? sharedTokenText(file) : ''}`;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const lines = (before === undefined ? head : '') + stringify(added);
    return `${error.message}; add these lines to it:\n\n${lines}`;
  }
}

/** Agents may use the token of before; a controller that never had one does not start without this setting. */
function sharedTokenText(file: string): string {
  return `the shared token still counts, and the controller needs its --token-file; where no agent uses it, set sharedToken: refused in ${file}\n`;
}

/** What stands in the file afterwards, for a person to write where we cannot. */
function addedBy(
  addition: Addition,
  { usesToken }: { readonly usesToken: boolean },
): Readonly<Record<string, unknown>> {
  if (addition.kind === 'one') {
    const { folder } = addition;
    return { authority: { folder }, ...(!usesToken && { sharedToken: 'refused' }) };
  }
  if (addition.kind === 'authority') return { clusters: [{ authority: {} }] };
  const { name, listen } = addition;
  return { clusters: [{ name, listen, authority: {} }] };
}

function extend(
  document: Document,
  addition: Addition,
  added: Readonly<Record<string, unknown>>,
): void {
  if (addition.kind === 'authority') {
    document.setIn(['clusters', addition.at, 'authority'], document.createNode({}));
    return;
  }
  if (addition.kind === 'cluster' && document.has('clusters')) {
    const { name, listen } = addition;
    document.addIn(['clusters'], document.createNode({ name, listen, authority: {} }));
    return;
  }
  for (const [key, value] of Object.entries(added)) document.set(key, document.createNode(value));
}

async function isThere(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}
