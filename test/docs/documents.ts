/** The documents of the project, from README.md to the records of decisions. */
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';

export interface Document {
  /** From the top of the project: `docs/decisions/README.md`. */
  readonly file: string;
  readonly text: string;
}

/** Folders with documents that people read on the web or in the checkout. */
const folders = ['.', 'charm', 'docs', 'docs/decisions', 'examples'];

export async function readDocuments(): Promise<readonly Document[]> {
  const files = await Promise.all(folders.map(documentsIn));
  return Promise.all(
    files.flat().map(async (file) => ({ file, text: await readFile(file, 'utf8') })),
  );
}

async function documentsIn(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.md')).sort();
  return names.map((name) => path.join(folder, name));
}

/** The text without its blocks of code, where # and [] mean something else. */
export function prose({ text }: Document): string {
  return text.replaceAll(/^( *)```.*?^\1```$/gms, '');
}
