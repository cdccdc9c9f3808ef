/** Results and messages, on their way out. */

export type OutputForm = 'text' | 'yaml' | 'json';

/** Resolves when the stream has taken the text. @throws what the stream fails with, as EPIPE */
export function write(stream: NodeJS.WritableStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (text === '') return resolve();
    stream.write(text, (error) => {
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

function lineEnded(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
