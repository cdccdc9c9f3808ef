import { expect } from 'chai';
import { mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  createJournalFiles,
  type JournalFilesOptions,
} from '../../../agent/adapters/state-directory/journal-files.ts';
import { createHostEditFiles } from '../../../agent/adapters/state-directory/host-edit-files.ts';
import { createRevisionFiles } from '../../../agent/adapters/state-directory/revision-files.ts';
import type { AgentState } from '../../../agent/app/state/agent-state.ts';
import type { Journal } from '../../../agent/ports/storage/journal.ts';
import type { StoredEntries } from '../../../agent/ports/storage/stored-entries.ts';
import type { RevisionStore } from '../../../agent/ports/storage/revision-store.ts';
import { digestOf } from '../../../core/revision/digest.ts';
import type { Revision } from '../../../core/revision/revision.ts';
import { readEntrySummary } from '../../../core/stored/read-entry.ts';
import { AppError } from '../../../runtime/errors.ts';
import { silentLogger } from '../../../runtime/log/logger.ts';
import type { JournalEntry } from '../../../schemas/generated/journal.ts';

describe('the state directory', () => {
  let folder: string;
  let store: RevisionStore;
  let journal: Journal;
  let warnings: string[];
  const collecting = { warn: (message: string) => void warnings.push(message) };
  /** As after a restart. */
  const journalAnew = (options: JournalFilesOptions = {}): Journal =>
    createJournalFiles(path.join(folder, 'state'), collecting, options);
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-state-'));
    warnings = [];
    store = createRevisionFiles(path.join(folder, 'state'), collecting);
    journal = journalAnew();
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is empty at first', async () => {
    expect(await store.loadState()).to.equal(undefined);
    expect(await store.list()).to.deep.equal([]);
    expect(await store.load(revision(1))).to.equal(undefined);
    expect(await journal.open()).to.equal(undefined);
    expect(await journal.summaries()).to.deep.equal([]);
    expect(await journal.nextId()).to.equal(1);
  });

  it('is readable for its owner alone', async () => {
    await store.save(revision(1));
    await store.saveState({ formatVersion: 1, lineages: [], rejected: [] });
    await journal.write(entry(1));
    for (const name of await readdir(folder, { recursive: true })) {
      expect((await stat(path.join(folder, name))).mode & 0o077, name).to.equal(0);
    }
  });

  it('returns the largest state that an agent may save', async () => {
    const { lineage, number, digest } = revision(1);
    const ref = { lineage, number, digest };
    const neighbor = '2001:db8:1111:2222:3333:4444:5555:6666';
    const session = { neighbor, established: false, port: 65_535, remoteAs: 4_294_967_295 };
    const rejection = { ...ref, at: '', reason: '\u0001'.repeat(4096) };
    const state: AgentState = {
      formatVersion: 1,
      lineages: [],
      rejected: Array.from({ length: 100 }, () => rejection),
      confirming: {
        revision: ref,
        mode: 'health',
        seconds: 30,
        baseline: {
          controller: true,
          sessions: Array.from({ length: 20_000 }, () => session),
          routes: Array.from({ length: 50_000 }, () => `${neighbor}/122`),
        },
      },
    };
    await store.saveState(state);
    expect(JSON.stringify(await store.loadState())).to.have.length(JSON.stringify(state).length);
    expect(warnings).to.deep.equal([]);
  });

  it('returns a revision unchanged, and keeps the revisions of two lineages apart', async () => {
    const other = { ...revision(1), lineage: 'juju:calico', source: 'juju' as const };
    await store.save(revision(1));
    await store.save(other);
    expect(await store.load(revision(1))).to.deep.equal(revision(1));
    expect(await store.load(other)).to.deep.equal(other);
    expect(await store.load({ ...revision(1), digest: `sha256:${'f'.repeat(64)}` })).to.equal(
      undefined,
    );
  });

  it('computes the digest of a text only when its file has changed', async () => {
    const asked: string[] = [];
    const digestOfText = (text: string): Promise<string> => {
      asked.push(text);
      return Promise.resolve(digestOf({ a: Number(text.slice('a: '.length)) }));
    };
    const logger = { warn: (): void => undefined };
    const open = (): RevisionStore => createRevisionFiles(folder, logger, { digestOfText });
    store = open();
    await store.save(revision(1));
    await store.save(revision(2));
    for (const number of [1, 2, 1, 2]) expect(await store.holds(revision(number))).to.equal(true);
    expect(await store.load(revision(1))).to.deep.equal(revision(1));
    expect(asked).to.deep.equal([]);
    store = open();
    for (const number of [1, 2, 1, 2]) expect(await store.holds(revision(number))).to.equal(true);
    expect(asked).to.have.length(2);
    const revisions = path.join(folder, 'revisions');
    const name = (await readdir(revisions)).find((one) => one.startsWith('2-')) ?? '';
    const now = new Date();
    await utimes(path.join(revisions, name), now, now);
    for (const number of [1, 2]) await store.load(revision(number));
    expect(asked).to.have.length(3);
  });

  it('keeps a revision whose digest cannot be computed now, and says why', async () => {
    await store.save(revision(1));
    const logger = { warn: (): void => undefined };
    const busy = new AppError('not-ready', 'too much waits', { retryable: true });
    const state = path.join(folder, 'state');
    const digestOfText = (): Promise<string> => Promise.reject(busy);
    const other = createRevisionFiles(state, logger, { digestOfText });
    expect(await other.load(revision(1)).catch((error: unknown) => error)).to.equal(busy);
    expect(await store.load(revision(1))).to.deep.equal(revision(1));
  });

  it('stores a text of 1 MiB with any content', async () => {
    const text = '\u0001'.repeat(1024 * 1024);
    await store.save({ ...revision(1), text });
    expect((await store.load(revision(1)))?.text).to.equal(text);
  });

  it('lists the newest first, without their texts', async () => {
    for (const number of [1, 3, 2, 10]) await store.save(revision(number));
    const list = await store.list();
    expect(list.map(({ number }) => number)).to.deep.equal([10, 3, 2, 1]);
    expect(list[0]).to.not.have.property('text');
  });

  it('removes the oldest beyond fifty, never one in use', async () => {
    for (let number = 1; number <= 60; number += 1) await store.save(revision(number));
    await store.prune([revision(1), revision(60)]);
    const numbers = (await store.list()).map(({ number }) => number);
    expect(numbers).to.have.length(51).and.to.include(1).and.to.include(60).and.to.not.include(2);
  });

  it('sets a corrupt revision aside and lists the others', async () => {
    await store.save(revision(1));
    await store.save(revision(2));
    const revisions = path.join(folder, 'state/revisions');
    const [first = ''] = (await readdir(revisions)).sort();
    await writeFile(path.join(revisions, first), '{"formatVersion":1');
    expect((await store.list()).map(({ number }) => number)).to.deep.equal([2]);
    expect(warnings).to.have.length(1);
    expect(await readdir(revisions)).to.include(`${first}.corrupt-1`);
  });

  const stored = async (number: number): Promise<string> => {
    const names = await readdir(path.join(folder, 'state/revisions'));
    const name = names.find((one) => one.startsWith(`${String(number)}-`)) ?? '';
    return path.join(folder, 'state/revisions', name);
  };
  /** Like a process that did not write the file itself. */
  const another = (): RevisionStore =>
    createRevisionFiles(path.join(folder, 'state'), {
      warn: (message: string) => void warnings.push(message),
    });

  it('does not return a text with a flipped digit, and sets it aside', async () => {
    await store.save(revision(1));
    const file = await stored(1);
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('"a: 1"', '"a: 7"'));
    for (const one of [store, another()]) {
      expect(await one.holds(revision(1))).to.equal(false);
      expect(await one.load(revision(1))).to.equal(undefined);
    }
    expect(await readdir(path.dirname(file))).to.deep.equal([`${path.basename(file)}.corrupt-1`]);
    expect(warnings).to.have.length(1);
    await store.save(revision(1));
    expect(await another().load(revision(1))).to.deep.equal(revision(1));
    expect(await another().holds(revision(1))).to.equal(true);
  });

  it('does not mix up revisions when a file lies in the place of another', async () => {
    await store.save(revision(1));
    await store.save(revision(2));
    await writeFile(await stored(1), await readFile(await stored(2), 'utf8'));
    expect((await another().list()).map(({ number }) => number)).to.deep.equal([2]);
    expect(await another().load(revision(1))).to.equal(undefined);
  });

  it('lists the readable revisions beside one of a newer version', async () => {
    await store.save(revision(1));
    await store.save(revision(2));
    const file = await stored(1);
    await writeFile(file, '{"formatVersion":2}');
    expect((await store.list()).map(({ number }) => number)).to.deep.equal([2]);
    expect(await readFile(file, 'utf8')).to.equal('{"formatVersion":2}');
    await journal.end({ ...entry(1), ended: { at: '2026', result: 'applied' } });
    await writeFile(path.join(folder, 'state/history/2.json'), '{"formatVersion":2}');
    expect((await journal.summaries()).map(({ id }) => id)).to.deep.equal([1]);
  });

  it('reads the state and the open journal entry of an older version, whose fields had other names', async () => {
    const position = { revision: refOf(1), generation: 3 };
    await store.saveState({ formatVersion: 1, lineages: [], rejected: [] });
    await journal.write(entry(1));
    const state = path.join(folder, 'state/state.json');
    const older = { formatVersion: 1, lineages: [], rejected: [], sharePosition: position };
    await writeFile(state, JSON.stringify(older));
    const open = path.join(folder, 'state/journal.json');
    const change = { action: 'create', share: { kind: 'cluster' }, fields: [] };
    const plan = { formatVersion: 1, steps: [{ title: 'a', why: 'b', changes: [change] }] };
    await writeFile(open, JSON.stringify({ ...entry(1), plan }));

    expect((await store.loadState())?.writerPosition).to.deep.equal(position);
    const found = (await journalAnew().open())?.plan.steps[0]?.changes[0];
    expect(found).to.deep.include({ action: 'create', scope: { kind: 'cluster' } });
    expect(warnings).to.deep.equal([]);
  });

  describe('the history', () => {
    const historyFile = (name: string): string => path.join(folder, 'state/history', name);
    const summary = {
      formatVersion: 1,
      id: 1,
      revision: refOf(1),
      ended: { at: '2026', result: 'applied' },
      changes: 0,
      profiles: [],
    };
    const endOne = (id = 1): Promise<void> =>
      journal.end({ ...entry(id), ended: { at: '2026', result: 'applied' } });

    it('is read from summaries, and not from the entries', async () => {
      await endOne();
      await writeFile(historyFile('1.json'), 'x'.repeat(1_000_000));
      expect(await journalAnew().summaries()).to.deep.equal([summary]);
      expect(warnings).to.deep.equal([]);
    });

    for (const [what, damage] of [
      ['is missing', (file: string) => rm(file)],
      ['is damaged', (file: string) => writeFile(file, '{"id":1')],
      [
        'is of another entry',
        (file: string) => writeFile(file, JSON.stringify({ ...summary, id: 2 })),
      ],
    ] as const) {
      it(`makes a summary again that ${what}`, async () => {
        await endOne();
        await damage(historyFile('1.summary.json'));
        expect(await journalAnew().summaries()).to.deep.equal([summary]);
        const kept: unknown = JSON.parse(await readFile(historyFile('1.summary.json'), 'utf8'));
        expect(kept).to.deep.equal(summary);
        expect(warnings).to.deep.equal([]);
      });
    }

    it('does not take an entry that cannot be read now for one that is not there', async () => {
      const ended = { at: '2026', result: 'applied' } as const;
      const plan = {
        formatVersion: 1,
        steps: [{ title: 'a', why: 'x'.repeat(600_000), changes: [] }],
      };
      const busy = new AppError('not-ready', 'cannot read it now', { retryable: true });
      const entries: StoredEntries = {
        entry: () => Promise.reject(busy),
        summary: () => Promise.reject(busy),
      };
      await endOne();
      await endOne(2);
      await writeFile(historyFile('2.json'), JSON.stringify({ ...entry(2), plan, ended }));
      await rm(historyFile('2.summary.json'));
      const read = await journalAnew({ entries }).readableHistory();
      expect(read).to.deep.equal({
        summaries: [summary],
        unread: [{ id: 2, why: 'cannot read it now', retryable: true }],
      });
      const error: unknown = await journalAnew({ entries })
        .summaries()
        .catch((why: unknown) => why);
      expect(error).to.include({ code: 'not-ready', retryable: true });
    });

    it('leaves the parsing of large entries to others, and keeps the result', async () => {
      const asked: string[] = [];
      const entries: StoredEntries = {
        entry: () => Promise.reject(new Error('not asked')),
        summary: (file) => {
          asked.push(path.basename(file));
          return Promise.resolve(readEntrySummary(largeText));
        },
      };
      const plan = {
        formatVersion: 1,
        steps: [{ title: 'a', why: 'x'.repeat(600_000), changes: [] }],
      };
      const ended = { at: '2026', result: 'applied' } as const;
      const largeText = JSON.stringify({ ...entry(1), plan, ended });
      await endOne();
      await writeFile(historyFile('1.json'), largeText);
      await rm(historyFile('1.summary.json'));
      for (let time = 0; time < 2; time += 1) {
        expect(await journalAnew({ entries }).summaries()).to.deep.equal([summary]);
      }
      expect(asked).to.deep.equal(['1.json']);
    });
  });

  it('records the progress of a change without writing all of it again', async () => {
    await journal.write(entry(1));
    const file = path.join(folder, 'state/journal.json');
    const before = await stat(file);
    await journal.progress(entry(1), 1);
    expect((await stat(file)).ino).to.equal(before.ino);
    expect((await journalAnew().open())?.stepsDone).to.equal(1);
    // A later attempt begins at its own first step.
    await journal.write({ ...entry(1), attempts: 2 });
    expect((await journalAnew().open())?.stepsDone).to.equal(0);
  });

  it('leaves nothing of a change whose end was cut off after the history had it', async () => {
    const state = path.join(folder, 'state');
    const openFiles = ['journal.json', 'journal-progress.json'];
    await journal.write(entry(1));
    await journal.progress(entry(1), 1);
    const texts = await Promise.all(openFiles.map((name) => readFile(path.join(state, name))));
    await journal.end({ ...entry(1), ended: { at: '2026', result: 'applied' } });
    for (const [index, name] of openFiles.entries())
      await writeFile(path.join(state, name), texts[index] ?? '');
    expect(await journalAnew().open()).to.equal(undefined);
    const left = await readdir(state);
    expect(left.filter((name) => name.startsWith('journal'))).to.deep.equal([]);
  });

  it('refuses the state of a newer version, and keeps the file', async () => {
    await store.saveState({ formatVersion: 1, lineages: [], rejected: [] });
    const file = path.join(folder, 'state/state.json');
    await writeFile(file, '{"formatVersion":2}');
    const error: unknown = await store.loadState().catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(AppError).and.to.include({ code: 'newer-format' });
    expect(await readFile(file, 'utf8')).to.equal('{"formatVersion":2}');
  });

  it('refuses files with a field of another version, names it, and keeps them', async () => {
    const other = '{"formatVersion":1,"lineages":[],"rejected":[],"begunLater":true}';
    const file = path.join(folder, 'state/state.json');
    await store.saveState({ formatVersion: 1, lineages: [], rejected: [] });
    await writeFile(file, other);
    const error: unknown = await store.loadState().catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(AppError).and.to.include({ code: 'newer-format' });
    expect(String(error)).to.contain('does not know the field "/begunLater"');
    expect(await readFile(file, 'utf8')).to.equal(other);
    const notes = '{"formatVersion":1,"notes":[],"dueRestarts":[],"later":1}';
    await writeFile(path.join(folder, 'state/host-edits.json'), notes);
    const edits = createHostEditFiles(path.join(folder, 'state'), silentLogger);
    const refused: unknown = await edits.load().catch((reason: unknown) => reason);
    expect(refused).to.include({ code: 'newer-format' });
    expect(await readFile(path.join(folder, 'state/host-edits.json'), 'utf8')).to.equal(notes);
  });

  it('moves an ended entry to the history, and keeps the newest hundred', async () => {
    for (let id = 1; id <= 103; id += 1) {
      expect(await journal.nextId()).to.equal(id);
      await journal.write(entry(id));
      expect((await journal.open())?.id).to.equal(id);
      await journal.end({ ...entry(id), ended: { at: '2026', result: 'applied' } });
      expect(await journal.open()).to.equal(undefined);
    }
    const ids = (await journal.summaries()).map(({ id }) => id);
    expect([ids.length, ids[0], ids.at(-1)]).to.deep.equal([100, 103, 4]);
    expect(await readdir(path.join(folder, 'state/history'))).to.have.length(200);
  });
});

function revision(number: number): Revision {
  return {
    formatVersion: 1,
    lineage: 'local:node-0',
    number,
    digest: digestOf({ a: number }),
    mediaType: 'application/yaml',
    text: `a: ${String(number)}`,
    acceptedAt: '2026-01-01T00:00:00.000Z',
    source: 'local',
    by: 'test',
  };
}

function refOf(number: number): Pick<Revision, 'lineage' | 'number' | 'digest'> {
  const { lineage, digest } = revision(number);
  return { lineage, number, digest };
}

function entry(id: number): JournalEntry {
  const { lineage, number, digest } = revision(1);
  return {
    formatVersion: 1,
    id,
    revision: { lineage, number, digest },
    startedAt: '2026-01-01T00:00:00.000Z',
    attempts: 1,
    plan: { formatVersion: 1, steps: [] },
    stepsDone: 0,
  };
}
