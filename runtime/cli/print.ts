/** Prints results and messages. */

import { printableData, printableLines } from '../../core/printable.ts';

/** `isTTY` is true on a terminal. */
type Output = NodeJS.WritableStream & { readonly isTTY?: boolean };

export type OutputForm = 'text' | 'yaml' | 'json';

/**
 * Writes a text, and makes characters safe for a terminal that a command forgot. In JSON and YAML
 * the escapes are inside of double quotes, where they stand for the same characters. Resolves when
 * the stream has taken the text.
 * @throws the error of the stream, as EPIPE
 */
export function write(stream: NodeJS.WritableStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (text === '') return resolve();
    stream.write(printableLines(text), settle(resolve, reject));
  });
}

const escape = '\u001b[';

/**
 * Writes a text as `write` does, in the place of the last `height` lines and all below them.
 * @param stream a terminal
 * @throws the error of the stream, as EPIPE
 */
export function writeOver(
  stream: NodeJS.WritableStream,
  height: number,
  text: string,
): Promise<void> {
  const up = height === 0 ? '' : `${escape}${String(height)}A\r`;
  const over = `${up}${escape}J${printableLines(text)}`;
  return new Promise((resolve, reject) => {
    stream.write(over, settle(resolve, reject));
  });
}

/**
 * Writes a document of the user byte for byte, for the program that reads it from a pipe or a file. On
 * a terminal it is made safe as every other text.
 * @throws the error of the stream, as EPIPE
 */
export function writeDocument(stream: Output, text: string): Promise<void> {
  if (stream.isTTY === true) return write(stream, text);
  return new Promise((resolve, reject) => {
    stream.write(text, settle(resolve, reject));
  });
}

function settle(
  resolve: () => void,
  reject: (error: Error) => void,
): (error: Error | null | undefined) => void {
  return (error) => {
    if (error === null || error === undefined) resolve();
    else reject(error);
  };
}

/** Prints a value in the form that the user asked for; calls `text` only for text. */
export async function printResult(
  stream: NodeJS.WritableStream,
  form: OutputForm,
  value: unknown,
  text: () => string | Promise<string>,
): Promise<void> {
  switch (form) {
    case 'json':
      return write(stream, `${JSON.stringify(value, null, 2)}\n`);
    case 'yaml': {
      const { yamlText } = await import('../../core/yaml-text.ts');
      return write(stream, yamlText(value));
    }
    case 'text':
      return write(stream, lineEnded(await text()));
  }
}

/**
 * Prints a daemon's answer. JSON and YAML have its true values; in `safe` each text is on one line,
 * so that no text of others looks like a line of ours.
 */
export function printAnswer<T>(
  stream: NodeJS.WritableStream,
  form: OutputForm,
  answer: T,
  text: (safe: T) => string,
): Promise<void> {
  return printResult(stream, form, answer, () => text(printableData(answer)));
}

function lineEnded(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
