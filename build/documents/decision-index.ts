/** docs/decisions/README.md: the records with their dates and statuses. */
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';

/** @param folder docs/decisions */
export async function decisionIndex(folder: string): Promise<string> {
  const files = (await readdir(folder)).filter((name) => /^\d{4}-.*\.md$/.test(name)).sort();
  const entries = await Promise.all(
    files.map(async (file) => entryOf(file, await readFile(path.join(folder, file), 'utf8'))),
  );
  return `${introduction}\n${entries.join('\n')}\n`;
}

/**
 * @param text of a record; it begins with its title and then `Date: 2026-11-21. Status: accepted.`
 * @throws Error naming the record that does not
 */
function entryOf(file: string, text: string): string {
  const head = /^# (\d+\. .+)\n\nDate: (\d{4}-\d\d-\d\d)\. Status: (.+)\.\n/.exec(text);
  if (head === null) {
    throw new Error(
      `cannot list "${file}": below its title it needs the line "Date: YYYY-MM-DD. Status: accepted."`,
    );
  }
  const [, title = '', date = '', status = ''] = head;
  return `- [${title}](${file}): ${date}, ${status}`;
}

const introduction = `# Decisions

<!-- Made by \`npm run docs\` from the heads of the records. Do not edit. -->

Short records of choices that took thought: what we chose, why, and what would make us choose
again. A new record gets the next number. An old one is not rewritten: its status names the record
that replaces it.
`;
