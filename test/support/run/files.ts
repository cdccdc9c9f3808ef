/** The test files, and which of them may not run at the same time. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * Shared things of all processes of a machine that only one file may use at a time. A name that
 * ends with a slash is a folder.
 */
const shared: readonly (readonly string[])[] = [
  // Containers: two LXDs on one machine disturb each other.
  ['test/system/systemd/', 'test/system/lxd/', 'test/docs/commands.test.ts'],
  // API servers: each file empties them.
  [
    'test/agent/adapters/calico-kubernetes/',
    'test/agent/adapters/cluster-kubernetes/',
    'test/agent/app/platform/cluster/',
    'test/docs/commands.test.ts',
  ],
  // BIRD in network namespaces: sessions time out when it gets no processor.
  ['test/lab/', 'test/system/bird-sessions.test.ts'],
  // Attacks that take all processors.
  ['test/security/'],
];

/** They measure how soon a unit answers under attack, so nothing else may use the processors. */
const alone: readonly string[] = ['test/system/systemd/security.test.ts'];

export interface TestFile {
  readonly file: string;
  /** Nothing else runs meanwhile. */
  readonly isAlone: boolean;
  /** Indexes of what it shares with others. */
  readonly uses: readonly number[];
}

/**
 * @param wanted files and folders, in alphabetical order below each
 * @throws Error when there is no such file, or no test in a folder
 */
export async function findTestFiles(wanted: readonly string[]): Promise<readonly TestFile[]> {
  const found = await Promise.all(wanted.map(testsAt));
  return [...new Set(found.flat())].map(describeFile);
}

async function testsAt(place: string): Promise<readonly string[]> {
  const kind = await stat(place).catch(() => undefined);
  if (kind?.isFile() === true) return [path.normalize(place)];
  const names = kind?.isDirectory() === true ? await readdir(place, { recursive: true }) : [];
  const tests = names.filter((name) => name.endsWith('.test.ts')).sort();
  if (tests.length === 0)
    throw new Error(`cannot find tests at "${place}": name files or folders, without patterns`);
  return tests.map((name) => path.join(place, name));
}

function describeFile(file: string): TestFile {
  const isIn = (places: readonly string[]): boolean =>
    places.some((place) => (place.endsWith('/') ? file.startsWith(place) : file === place));
  return {
    file,
    isAlone: isIn(alone),
    uses: [...shared.keys()].filter((index) => isIn(shared[index] ?? [])),
  };
}

/** Those that wait for each other come first, so that their chain does not outlast all others. */
export function inOrder(files: readonly TestFile[]): readonly TestFile[] {
  const rank = ({ isAlone, uses }: TestFile): number => (isAlone ? 0 : uses.length > 0 ? 1 : 2);
  return [...files].sort((a, b) => rank(a) - rank(b));
}

/** @returns the first waiting one that may run beside the running ones; undefined: none */
export function nextToRun(
  waiting: readonly TestFile[],
  running: readonly TestFile[],
): TestFile | undefined {
  if (running.some(({ isAlone }) => isAlone)) return undefined;
  const used = new Set(running.flatMap(({ uses }) => uses));
  return waiting.find(({ isAlone, uses }) =>
    isAlone ? running.length === 0 : !uses.some((one) => used.has(one)),
  );
}
