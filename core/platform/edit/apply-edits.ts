/** Makes a file's text what its edits ask for. Keeps every byte that they do not change. */
import { editArguments } from './edit-arguments.ts';
import { editYaml } from './edit-yaml.ts';
import type { EditFault } from './edited.ts';
import type { FileEdit } from './file-edit.ts';
import { pathText } from './yaml-place.ts';

export interface ChangedValue {
  readonly edit: FileEdit;
  /** `cluster-cidr`, or a path into a document; `file` for a whole file. */
  readonly name: string;
  readonly before: unknown;
  readonly after: unknown;
}

export type AppliedEdits =
  /** Without a text: there is to be no file. */
  | { readonly ok: true; readonly text?: string; readonly changed: readonly ChangedValue[] }
  | { readonly ok: false; readonly edit: FileEdit; readonly fault: EditFault };

/** @param text absent: there is no file; @param edits all of one file */
export function applyEdits(text: string | undefined, edits: readonly FileEdit[]): AppliedEdits {
  const changed: ChangedValue[] = [];
  let edited = text;
  for (const edit of edits) {
    if (edit.form === 'whole') {
      if (edit.text !== edited) changed.push(wholeChange(edit, edited));
      edited = edit.text;
      continue;
    }
    if (edited === undefined) {
      const fault = { code: 'file-missing', message: 'the file is not there' };
      return { ok: false, edit, fault };
    }
    const result = edit.form === 'arguments' ? editArguments(edited, edit) : editYaml(edited, edit);
    if (!result.ok) return { ok: false, edit, fault: result.fault };
    const { before, after } = result;
    const name = edit.form === 'arguments' ? edit.option : pathText(edit.at);
    if (result.text !== edited) changed.push({ edit, name, before, after });
    edited = result.text;
  }
  return { ok: true, ...(edited !== undefined && { text: edited }), changed };
}

/** The text itself may hold secrets, and the diff shows it where it may be shown. */
function wholeChange(edit: FileEdit & { form: 'whole' }, before: string | undefined): ChangedValue {
  const shown = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : `${String(text.length)} characters`;
  return { edit, name: 'file', before: shown(before), after: shown(edit.text) };
}
