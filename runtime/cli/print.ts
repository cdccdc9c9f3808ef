/** Results and messages, on their way out. */

import { printableData, printableLines } from '../../core/printable.ts';

export type OutputForm = 'text' | 'yaml' | 'json';

/**
 * The last stop before a terminal: what a command forgot to make safe is so here. In JSON and YAML
 * the escapes stand inside of double quotes, where they mean what they replace.
 * Resolves when the stream has taken the text.
 * @throws what the stream fails with, as EPIPE
 */
export function write(stream: NodeJS.WritableStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (text === '') return resolve();
    stream.write(printableLines(text), (error) => {
      if (error === null || error === undefined) resolve();
      else reject(error);
    });
  });
}

/** A value as the user asked for it; `text` is called only where text is wanted. */
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
 * What a daemon answered. JSON and YAML have its true values; in `safe` each text stands on one
 * line, so that nothing that somebody else wrote looks like a line of ours.
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
