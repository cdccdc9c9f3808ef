/** Links between the documents, and the paths of the project that they name. */
import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { prose, readDocuments, type Document } from './documents.ts';

const documents = await readDocuments();

interface Link {
  readonly from: string;
  /** In its written form: `safety.md#drift`. */
  readonly target: string;
  /** From the top of the project. */
  readonly file: string;
  readonly anchor?: string;
}

describe('the links of the documents', () => {
  const links = documents.flatMap(linksOf);

  it('lead to existing files', () => {
    const broken = links.filter(({ file }) => !existsSync(file)).map(shown);
    expect(broken).to.deep.equal([]);
  });

  it('lead to existing headings', () => {
    const anchors = new Map(documents.map((one) => [one.file, anchorsOf(one)]));
    const broken = links.filter(
      ({ file, anchor }) =>
        anchor !== undefined && anchors.has(file) && !anchors.get(file)?.has(anchor),
    );
    expect(broken.map(shown)).to.deep.equal([]);
  });

  it('lead from docs/README.md to each document of the folder, once', () => {
    const ours = documents
      .map(({ file }) => file)
      .filter((file) => path.dirname(file) === 'docs' && file !== 'docs/README.md');
    const named = links
      .filter(({ from, file }) => from === 'docs/README.md' && path.dirname(file) === 'docs')
      .map(({ file }) => file);
    expect(named.toSorted()).to.deep.equal(ours);
  });
});

describe('the paths that documents name', () => {
  for (const { file, text } of documents) {
    it(`exist: ${file}`, () => {
      const missing = [...text.matchAll(projectPath)]
        .map(([found]) => found.replace(/[.,:]+$/, ''))
        .filter((found) => !existsSync(found.replace(/[*{].*$/, '')));
      expect(missing).to.deep.equal([]);
    });
  }
});

describe('docs/architecture.md', () => {
  it('names each folder of the programs', async () => {
    const text = await readFile('docs/architecture.md', 'utf8');
    const folders = (await Promise.all(explained.map(foldersIn))).flat();
    expect(folders.filter((folder) => !text.includes(`\`${folder}/\``))).to.deep.equal([]);
  });
});

/** The folders whose subfolders a newcomer has to know. */
const explained = ['agent', 'agent/app', 'controller', 'core', 'runtime'];

async function foldersIn(parent: string): Promise<readonly string[]> {
  const entries = await readdir(parent, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory() && entry.name !== 'app');
  return folders.map(({ name }) => `${parent}/${name}`);
}

/** `agent/app/` and what is below: not `/usr/share/doc/examples/…`, not `calico-agent/v1`. */
const projectPath =
  /(?<![\w/.@-])(?:agent|bench|build|charm|controller|core|docs|examples|hooks|runtime|schemas|systemd|test|\.ci)\/[\w.@/*{},-]*/g;

function linksOf(document: Document): readonly Link[] {
  const from = document.file;
  return [...prose(document).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [name = '', anchor] = target.split('#');
    const file = name === '' ? from : path.join(path.dirname(from), name);
    return [{ from, target, file, ...(anchor !== undefined && { anchor }) }];
  });
}

/** As GitHub makes them: lower case, no punctuation, a dash for each space. */
function anchorsOf(document: Document): ReadonlySet<string> {
  const anchors = [...prose(document).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
  return new Set(anchors);
}

function shown({ from, target }: Link): string {
  return `${from}: ${target}`;
}
