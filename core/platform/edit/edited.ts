/** The result of an edit of a text. */
export type Edited =
  | { readonly ok: true; readonly text: string; readonly before: unknown; readonly after: unknown }
  | { readonly ok: false; readonly fault: EditFault };

/** Why a text cannot be edited. */
export interface EditFault {
  /** Stable, kebab-case. */
  readonly code: string;
  /** One sentence, lower case, no full stop. */
  readonly message: string;
  readonly hint?: string;
  /** 1-based, in the file. */
  readonly line?: number;
}

/** A piece of a text that another one replaces. */
export interface Splice {
  readonly from: number;
  readonly to: number;
  readonly piece: string;
}

export function refusedEdit(fault: EditFault): Edited {
  return { ok: false, fault };
}

/** The line end of a text: that of its first line, else that of Linux. */
export function lineEndOf(text: string): '\n' | '\r\n' {
  const end = text.indexOf('\n');
  return end > 0 && text[end - 1] === '\r' ? '\r\n' : '\n';
}

/** With their line ends. */
export function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** 1-based. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) {
    line += 1;
  }
  return line;
}
