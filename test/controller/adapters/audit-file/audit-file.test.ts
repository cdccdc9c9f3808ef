import { expect } from 'chai';
import { appendFile, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createAuditFile } from '../../../../controller/adapters/audit-file/audit-file.ts';
import type { AuditEntry, AuditLog } from '../../../../controller/ports/audit-log.ts';
import { failure } from '../../../support/failure.ts';

function entry(id: number, phase: AuditEntry['phase'] = 'ended'): AuditEntry {
  const at = `2026-05-01T10:00:${String(id % 60).padStart(2, '0')}.000Z`;
  const base = { at, id: String(id), by: 'ann', how: 'certificate', action: 'x', details: {} };
  return phase === 'ended' ? { ...base, phase, result: 'done' } : { ...base, phase };
}

describe('the file of the audit log', () => {
  let folder: string;
  let log: AuditLog;
  beforeEach(async () => {
    folder = path.join(await mkdtemp(path.join(tmpdir(), 'calico-audit-')), 'audit');
    log = createAuditFile({ folder, maxBytes: 600 });
  });
  afterEach(async () => {
    await log.close();
    await rm(path.dirname(folder), { recursive: true });
  });
  const ids = async (query: Parameters<AuditLog['read']>[0]): Promise<readonly string[]> =>
    (await log.read(query)).map(({ id }) => id);

  it('has each action once, as it ended, and those that did not end', async () => {
    expect(await log.read({ limit: 10 })).to.deep.equal([]);
    await log.append(entry(1, 'begun'));
    await log.append(entry(2, 'begun'));
    await log.append(entry(1));
    expect(await log.read({ limit: 10 })).to.deep.equal([entry(2, 'begun'), entry(1)]);
    expect((await stat(path.join(folder, 'audit.jsonl'))).mode & 0o777).to.equal(0o600);
  });

  it('puts large files aside, keeps the newest of them, and reads over them', async () => {
    for (let id = 0; id < 59; id += 1) await log.append(entry(id));
    const names = await readdir(folder);
    expect(names).to.have.length(9);
    const all = await ids({ limit: 100 });
    expect(all.at(-1)).to.equal('58');
    expect(all.length).to.be.lessThan(59);
    expect(await ids({ limit: 2 })).to.deep.equal(['57', '58']);
    expect(await ids({ limit: 100, since: '2026-05-01T10:00:57.000Z' })).to.deep.equal([
      '57',
      '58',
    ]);
  });

  it('goes on behind a line that a crash has cut', async () => {
    await log.append(entry(1));
    await log.close();
    await appendFile(path.join(folder, 'audit.jsonl'), '{"at":"2026-05-01T10:0');
    log = createAuditFile({ folder });
    await log.append(entry(2));
    expect(await ids({ limit: 10 })).to.deep.equal(['1', '2']);
  });

  it('says why an entry cannot be written, and writes again once it can', async () => {
    await writeFile(folder, 'a file in its place');
    const error = await failure(log.append(entry(1)));
    expect(error.message).to.contain('cannot write the audit log');
    await rm(folder);
    await log.append(entry(2));
    expect(await ids({ limit: 10 })).to.deep.equal(['2']);
  });
});
