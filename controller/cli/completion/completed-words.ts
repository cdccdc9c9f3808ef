/** Words that a command prints for the completion of shells, and for loops. */
import { write } from '../../../runtime/cli/print.ts';

/** A person waits for the completion of a line. */
export const completionMs = 1000;

/** Shells evaluate the words of a completion, and the server may be any. */
const wordForm = /^[A-Za-z0-9][-A-Za-z0-9_.]*$/;
/** More than any list of a controller has. */
const mostWords = 20_000;

/** One a line, each once. */
export async function printWords(
  stdout: NodeJS.WritableStream,
  words: readonly (string | number)[],
): Promise<0> {
  const safe = [...new Set(words.map(String))].filter((word) => wordForm.test(word));
  const lines = safe.slice(0, mostWords).map((word) => `${word}\n`);
  await write(stdout, lines.join(''));
  return 0;
}

/** The help of an option that prints only `what`. */
export function onlyText(what: string): string {
  return `print only ${what}, one a line, if the controller answers within a second`;
}
