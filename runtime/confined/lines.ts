/** The lines between the two processes: one JSON text per line, a large value in many lines. */
import type { Piece } from '../pacing/pieces.ts';

export type RequestLine =
  | readonly ['task', name: string]
  | readonly ['input', piece: Piece]
  /** The input is complete. */
  | readonly ['run'];

export type ReplyLine =
  /** The phase that the task enters. */
  | readonly ['phase', name: string]
  | readonly ['output', piece: Piece]
  /** The output is complete. */
  | readonly ['done']
  /** An exception; the stack is for the log. */
  | readonly ['fault', stack: string];

export function lineText(line: RequestLine | ReplyLine): string {
  return `${JSON.stringify(line)}\n`;
}

/**
 * Parses a line without further checks, because both ends are parts of one program in one version.
 */
export function parseRequest(text: string): RequestLine {
  const line: RequestLine = JSON.parse(text);
  return line;
}

/** As parseRequest. */
export function parseReply(text: string): ReplyLine {
  const line: ReplyLine = JSON.parse(text);
  return line;
}

/** Cuts a stream of text into its lines. */
export function lineCutter(): (chunk: string) => readonly string[] {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    return lines;
  };
}
