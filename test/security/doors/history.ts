/** The stored changes of an agent that have ended, and the open one. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readEventFile } from '../../../agent/adapters/state-directory/event-files.ts';
import { createJournalFiles } from '../../../agent/adapters/state-directory/journal-files.ts';
import { eventText } from '../../../runtime/cli/events/event-text.ts';
import type { Issue } from '../../../core/issue.ts';
import { silentLogger } from '../../../runtime/log/logger.ts';
import { nothing, texts, type Door } from './door.ts';

const at = '2026-01-01T00:00:00Z';
const revision = { lineage: 'local:node-0', number: 3, digest: `sha256:${'a'.repeat(64)}` };
const summary = {
  formatVersion: 1,
  id: 7,
  revision,
  ended: { at, result: 'failed' },
  failure: { at, message: 'the disk is full' },
  changes: 2,
  profiles: [],
};
const openEntry = {
  formatVersion: 1,
  id: 7,
  revision,
  startedAt: at,
  attempts: 1,
  stepsDone: 0,
  plan: { formatVersion: 1, steps: [] },
};
const event = {
  id: 1,
  at,
  kind: 'step',
  level: 'info',
  text: 'step 1 of 2',
  revision,
  step: { step: 1, steps: 2, title: 'Make the peers' },
  who: { entrance: 'agent.sock', claimed: 'root' },
};

/** @param folder an empty one; damaged files are set aside there */
export function historyDoors(folder: string): readonly Door[] {
  const written = (name: string, content: string): void => {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  };
  const journalIn = (name: string): ReturnType<typeof createJournalFiles> =>
    createJournalFiles(path.join(folder, name), silentLogger);
  return [
    {
      name: 'the summary of an ended change',
      samples: texts(summary),
      read: async (content) => {
        written('summary/history/7.json', JSON.stringify({ ...openEntry, ended: summary.ended }));
        written('summary/history/7.summary.json', content);
        const [found, ...others] = await journalIn('summary').summaries();
        // The entry contains everything, so the history is whole whatever happened to the summary.
        if (found?.id !== 7 || others.length > 0) throw new Error('the history lost an entry');
        return [];
      },
    },
    {
      name: 'how far a change has come',
      samples: texts({ formatVersion: 1, id: 7, attempts: 1, stepsDone: 1 }),
      read: async (content) => {
        written('progress/journal.json', JSON.stringify(openEntry));
        written('progress/journal-progress.json', content);
        const open = await journalIn('progress').open();
        if (open?.id !== 7 || open.stepsDone < 0) throw new Error('the open entry is lost');
        return nothing(open);
      },
    },
    {
      name: 'the events of an agent',
      samples: [`${texts(event, { ...event, id: 2, peer: '10.0.0.1' }).join('\n')}\n`],
      read: async (content) => {
        rmSync(path.join(folder, 'events'), { recursive: true, force: true });
        written('events/events.jsonl', content);
        const events = await readEventFile(path.join(folder, 'events'));
        return events.map((one): Issue => {
          return { code: 'event', severity: 'note', pointer: '', message: eventText(one) };
        });
      },
    },
  ];
}
