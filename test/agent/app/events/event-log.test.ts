import { expect } from 'chai';
import { appendFile, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createEventFiles } from '../../../../agent/adapters/state-directory/event-files.ts';
import { createEventLog, type RunningEventLog } from '../../../../agent/app/events/event-log.ts';
import type { Happening } from '../../../../core/events/event.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import { failingDisk } from '../../../support/machine/failing-disk.ts';
import { createManualClock } from '../../../support/clocks/manual-clock.ts';

const happening = (text: string): Happening => ({ kind: 'applied', level: 'info', text });

describe('the event log', () => {
  let folder: string;
  const clock = createManualClock();
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-events-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const start = async (): Promise<RunningEventLog> => {
    const log = createEventLog({
      store: createEventFiles(folder, silentLogger),
      clock,
      logger: silentLogger,
    });
    await log.begin();
    return log;
  };
  const file = (): string => path.join(folder, 'events.jsonl');
  const texts = (log: RunningEventLog): readonly string[] => log.after(0).map(({ text }) => text);

  it('continues its numbers after a restart', async () => {
    const first = await start();
    first.record(happening('one'), happening('two'));
    await first.flush();
    const second = await start();
    second.record(happening('three'));
    expect(second.after(0).map(({ id, text }) => [id, text])).to.deep.equal([
      [1, 'one'],
      [2, 'two'],
      [3, 'three'],
    ]);
    await second.flush();
  });

  it('puts events from before the disk was readable behind those on disk', async () => {
    const first = await start();
    first.record(happening('before'));
    await first.flush();
    const log = createEventLog({
      store: createEventFiles(folder, silentLogger),
      clock,
      logger: silentLogger,
    });
    log.record(happening('the start'));
    await log.begin();
    expect(texts(log)).to.deep.equal(['before', 'the start']);
    await log.flush();
    expect(texts(await start())).to.deep.equal(['before', 'the start']);
  });

  it('loses only a line that was cut off', async () => {
    const first = await start();
    first.record(happening('one'));
    await first.flush();
    await appendFile(file(), '{"id":2,"at":"2026-');
    const second = await start();
    second.record(happening('two'));
    await second.flush();
    expect(texts(await start())).to.deep.equal(['one', 'two']);
    expect(await readdir(folder)).to.deep.equal(['events.jsonl']);
  });

  it('sets a damaged file aside, and keeps the readable lines', async () => {
    const first = await start();
    first.record(happening('one'), happening('two'));
    await first.flush();
    const text = await readFile(file(), 'utf8');
    await writeFile(file(), text.replace('"text":"one"', '"text":1'));
    expect(texts(await start())).to.deep.equal(['two']);
    expect((await readdir(folder)).toSorted()).to.deep.equal([
      'events.jsonl',
      'events.jsonl.corrupt-1',
    ]);
  });

  it('never grows beyond twice its limit', async () => {
    const log = await start();
    for (let round = 0; round < 40; round += 1) {
      log.record(...Array.from({ length: 100 }, () => happening(`round ${round}`)));
      await log.flush();
    }
    const lines = (await readFile(file(), 'utf8')).trimEnd().split('\n');
    expect(lines.length).to.be.at.most(1000);
    expect(log.after(0)).to.have.length(500);
  });

  it('writes the events that a full disk refused when there is room again', async () => {
    const disk = failingDisk(folder);
    try {
      const log = await start();
      disk.failAfter(0, 'ENOSPC');
      log.record(happening('one'));
      await log.flush();
      expect(texts(log)).to.deep.equal(['one']);
      disk.mend();
      await log.flush();
      expect(texts(await start())).to.deep.equal(['one']);
    } finally {
      disk.restore();
    }
  });

  it('gives a waiting client the next event, and releases it at the end', async () => {
    const log = await start();
    log.record(happening('one'));
    const end = new AbortController();
    const waits = log.waitFor(1, end.signal);
    log.record(happening('two'));
    await waits;
    const other = log.waitFor(2, end.signal);
    end.abort();
    await other;
    expect(log.after(1).map(({ text }) => text)).to.deep.equal(['two']);
  });

  it('gives all events to a client whose last event it never had', async () => {
    const log = await start();
    log.record(happening('one'));
    expect(log.after(7)).to.have.length(1);
  });
});
