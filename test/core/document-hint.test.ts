import { expect } from 'chai';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';

async function sources(): Promise<readonly string[]> {
  const folders = ['agent', 'controller', 'core', 'runtime'];
  const found = await Promise.all(folders.map((one) => readdir(one, { recursive: true })));
  return found.flatMap((names, index) =>
    names
      .filter((name) => name.endsWith('.ts'))
      .map((name) => path.join(folders[index] ?? '', name)),
  );
}

it('a document that a hint names exists, and the package contains it', async () => {
  const documents = await readdir('docs');
  const named: string[] = [];
  for (const file of await sources()) {
    const text = await readFile(file, 'utf8');
    named.push(...[...text.matchAll(/documentHint\('([^']+)'\)/g)].map(([, name = '']) => name));
    // Any other way to name one misses the package.
    const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    expect(code.match(/['`][^'`]*docs\/[a-z]+\.md/g), file).to.equal(null);
  }
  expect(named.length).to.be.greaterThan(3);
  expect(documents).to.include.members(named);
});
