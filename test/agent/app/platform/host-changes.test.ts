import { expect } from 'chai';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeHostFile } from '../../../../agent/adapters/host-changes/write-host-file.ts';
import { createHostFiles } from '../../../../agent/adapters/host-files/host-files.ts';
import { createHostEditFiles } from '../../../../agent/adapters/state-directory/host-edit-files.ts';
import { createHostChanges } from '../../../../agent/app/platform/host-changes.ts';
import type { HostChanges } from '../../../../agent/ports/platform/host-changes.ts';
import type { HostWriter } from '../../../../agent/ports/platform/host-writer.ts';
import { planFiles, type AskedFiles } from '../../../../core/plan/platform/plan-files.ts';
import type { FileEdit } from '../../../../core/platform/edit/file-edit.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';

const proxy = '/var/snap/microk8s/current/args/kube-proxy';
const place = { pointer: '/microk8s' };
const reasons = [{ rule: 'microk8s', place }];
const service = 'snap.microk8s.daemon-kubelite.service';
const original = '--v=1\n--old\n--cluster-cidr=10.1.0.0/16\n';

/** Takes one option away and sets another. */
function asked(cidr?: string): AskedFiles {
  const base = { form: 'arguments' as const, path: proxy, reasons };
  const files: readonly FileEdit[] =
    cidr === undefined
      ? []
      : [
          { ...base, option: 'old', values: [] },
          { ...base, option: 'cluster-cidr', values: [cidr] },
        ];
  return { files, services: [{ service, files: [proxy], why: 'it reads the file' }], place };
}

describe('changes of files of the platform', () => {
  let root: string;
  let state: string;
  let file: string;
  /** How often the agent may write before it dies. */
  let writesLeft: number;
  let restarts: string[];

  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'host-root-'));
    state = path.join(root, 'state');
    file = path.join(root, proxy);
    await mkdir(path.dirname(file), { recursive: true });
    await mkdir(path.join(root, '/snap/microk8s/current'), { recursive: true });
    await writeFile(file, original);
    writesLeft = Infinity;
    restarts = [];
  });

  afterEach(async () => {
    await rm(root, { recursive: true });
  });

  const writer: HostWriter = {
    obstacle: () => Promise.resolve(undefined),
    write: async (target, before, text) => {
      if (writesLeft <= 0) throw new Error('killed');
      writesLeft -= 1;
      if (!(await writeHostFile(root, { path: target, before, text }))) {
        throw new AppError('datastore-conflict', 'changed', { retryable: true });
      }
    },
    remove: async (target, before) => void (await writeHostFile(root, { path: target, before })),
    restart: (name) => Promise.resolve(void restarts.push(name)),
  };

  /** As after each start of the agent. */
  function host(): HostChanges {
    return createHostChanges({
      files: createHostFiles(root),
      programs: {
        k3sVersion: () => Promise.resolve(undefined),
        links: () => Promise.resolve([]),
        filterRules: () => Promise.resolve(undefined),
      },
      writer,
      edits: createHostEditFiles(state, silentLogger),
    });
  }

  async function make(what: AskedFiles): Promise<number> {
    const target = host();
    const { changes } = planFiles(what, await target.observe());
    for (const change of changes) await target.apply(change);
    return changes.length;
  }

  it('has the file with its text, and nothing to do after a change', async () => {
    expect(await host().hasEdits()).to.equal(false);
    expect(await make(asked('10.2.0.0/16'))).to.equal(1);
    expect(await readFile(file, 'utf8')).to.equal('--v=1\n--cluster-cidr=10.2.0.0/16\n');
    expect(await make(asked('10.2.0.0/16'))).to.equal(0);
    expect(await host().hasEdits()).to.equal(true);
  });

  it('makes no new file where a link leads to a disk that is not mounted', async () => {
    await rm(file);
    await symlink('/data/kube-proxy', file);
    const { changes, issues } = planFiles(asked('10.2.0.0/16'), await host().observe());
    expect(changes).to.deep.equal([]);
    expect(issues.map(({ code }) => code)).to.deep.equal(['platform-file-refused']);
  });

  it('keeps the first original', async () => {
    await make(asked('10.2.0.0/16'));
    await make(asked('10.3.0.0/16'));
    const kept = path.join(state, 'host-originals', encodeURIComponent(proxy));
    expect(await readFile(kept, 'utf8')).to.equal(original);
  });

  it('knows the restart that is due until the service has restarted', async () => {
    await make(asked('10.2.0.0/16'));
    const target = host();
    expect((await target.observe()).dueRestarts.map((due) => due.service)).to.deep.equal([service]);
    await target.apply({ action: 'restart-service', service, why: 'due' });
    expect([restarts, (await host().observe()).dueRestarts]).to.deep.equal([[service], []]);
  });

  it('needs no restart where the file has its text of before again', async () => {
    await make(asked('10.2.0.0/16'));
    await make(asked());
    expect(await readFile(file, 'utf8')).to.equal(original);
    expect((await host().observe()).dueRestarts).to.deep.equal([]);
    expect(await host().hasEdits()).to.equal(false);
  });

  const paths: readonly (readonly [
    name: string,
    before: (string | undefined)[],
    cut: string | undefined,
  ])[] = [
    ['in the first change', [], '10.2.0.0/16'],
    ['in the second change', ['10.2.0.0/16'], '10.3.0.0/16'],
    ['while it puts the file back', ['10.2.0.0/16'], undefined],
  ];
  for (const [name, before, cut] of paths) {
    it(`puts the exact bytes back also when it is killed ${name}, before the write`, async () => {
      for (const cidr of before) await make(asked(cidr));
      writesLeft = 0;
      const end = await make(asked(cut)).then(String, String);
      expect(end).to.include('killed');
      writesLeft = Infinity;
      await make(asked(cut));
      await make(asked());
      expect(await readFile(file, 'utf8')).to.equal(original);
      expect(await host().hasEdits()).to.equal(false);
    });
  }

  it('reads a file again that somebody changed since it was read', async () => {
    const target = host();
    const { changes } = planFiles(asked('10.2.0.0/16'), await target.observe());
    await writeFile(file, `# mine\n${original}`);
    const [change] = changes;
    if (change === undefined) throw new Error('no change');
    const fault: unknown = await target.apply(change).catch((error: unknown) => error);
    expect(fault).to.include({ code: 'datastore-conflict' });
    expect(await readFile(file, 'utf8')).to.equal(`# mine\n${original}`);
    await make(asked('10.2.0.0/16'));
    await make(asked());
    expect(await readFile(file, 'utf8')).to.equal(`# mine\n${original}`);
  });
});
