import { InvalidArgumentError } from 'commander';

/** The name of a cluster, which is a name of a folder too. */
export function parseCluster(text: string): string {
  if (/^[A-Za-z0-9][-A-Za-z0-9_.]*$/.test(text) && text.length <= 253) return text;
  throw new InvalidArgumentError('A name has letters, digits, dots, dashes and underscores only.');
}
