/** Codes that documents explain are codes of the programs, so that a renamed one fails here. */
import { expect } from 'chai';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { prose, readDocuments } from './documents.ts';

/** The tests name codes that the programs compose from parts. */
const sources = ['agent', 'build', 'controller', 'core', 'runtime', 'schemas', 'test/core'];

describe('the codes in the documents', () => {
  it('are codes of the programs', async () => {
    const texts = (await Promise.all(sources.map(textsBelow))).flat();
    const known = new Set(texts.flatMap((text) => text.match(code) ?? []));
    const documents = (await readDocuments()).filter(({ file }) => file !== 'CHANGELOG.md');
    const unknown = documents.flatMap((document) =>
      [...prose(document).matchAll(explained)]
        .flatMap(([row]) => row.match(code) ?? [])
        .filter((found) => !known.has(found))
        .map((found) => `${document.file}: ${found}`),
    );
    expect(unknown).to.deep.equal([]);
  });
});

/** In backquotes in the first cell of a table, in a heading, or in parentheses: `(pool-in-use)`. */
const explained = /^\| `[^|]*\||^#+ .*`.*$|\(`[a-z0-9-]+`(?:,\s+`[a-z0-9-]+`)*\)/gm;
/** At least one dash, because single words have other meanings too. */
const code = /(?<=[`'"])[a-z][a-z0-9]*(?:-[a-z0-9]+)+(?=[`'"])/g;

async function textsBelow(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true });
  const files = names.filter((name) => /\.(?:ts|json|yaml)$/.test(name));
  return Promise.all(files.map((name) => readFile(path.join(folder, name), 'utf8')));
}
