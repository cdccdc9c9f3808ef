import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stepsByHand } from '../../../../core/plan/platform/by-hand.ts';
import { planFiles } from '../../../../core/plan/platform/plan-files.ts';
import type { FileEdit } from '../../../../core/platform/edit/file-edit.ts';
import type { HostFile } from '../../../../core/platform/host-file.ts';
import type { ObservedPlatform } from '../../../../core/platform/observed-platform.ts';

const proxy = '/var/snap/microk8s/current/args/kube-proxy';
const manifest = '/var/snap/microk8s/current/args/cni-network/cni.yaml';
const dropIn = '/etc/rancher/k3s/config.yaml.d/zz-calico-agent.yaml';
const reasons = [{ rule: 'microk8s', place: { pointer: '' } }];

function observed(...files: HostFile[]): ObservedPlatform {
  const report = { platform: 'microk8s' as const, because: [], also: [] };
  return {
    report: { ...report, properties: [], values: [], issues: [] },
    ...{ files, notes: [], dueRestarts: [] },
  };
}

describe('the commands that edit files by hand', () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'by-hand-'));
  });
  afterEach(async () => {
    await rm(root, { recursive: true });
  });

  /** Pastes them into a shell, for files below a root folder. */
  function paste(file: HostFile, edit: FileEdit): void {
    const place = { pointer: '' };
    const { changes } = planFiles({ files: [edit], services: [], place }, observed(file));
    const commands = stepsByHand(changes, []).flatMap((step) => step.commands);
    const text = commands.join('\n').replaceAll(edit.path, path.join(root, edit.path));
    execFileSync('sh', ['-e'], { input: `${text}\n`, stdio: ['pipe', 'pipe', 'pipe'] });
  }

  const option = (...values: string[]): FileEdit => {
    return { form: 'arguments', path: proxy, reasons, option: 'a', values };
  };
  const yaml: FileEdit = {
    ...{ form: 'yaml', path: manifest, reasons },
    ...{ document: 'only', at: ['b'], value: 5 },
  };
  const texts: readonly (readonly [before: string, edit: FileEdit, after: string])[] = [
    ['--a=1\n--b=2\n', option('3'), '--a=3\n--b=2\n'],
    ['--b=2', option('3'), '--b=2\n--a=3'],
    ['--a=1\n--b=2\n', option(), '--b=2\n'],
    ['a: 1\nb: 2 # é\nc: 3\n', yaml, 'a: 1\nb: 5 # é\nc: 3\n'],
  ];
  for (const [before, edit, after] of texts) {
    it(`give ${JSON.stringify(after)} for ${JSON.stringify(before)}`, async () => {
      const file = path.join(root, edit.path);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, before);
      paste({ state: 'text', path: edit.path, text: before }, edit);
      expect(await readFile(file, 'utf8')).to.equal(after);
    });
  }

  it('make a file that only root reads', async () => {
    const edit = {
      form: 'whole',
      path: dropIn,
      reasons,
      text: "a: '$HOME'\n",
      foreign: 'refuse',
    } as const;
    paste({ state: 'absent', path: dropIn }, edit);
    expect(await readFile(path.join(root, dropIn), 'utf8')).to.equal("a: '$HOME'\n");
    expect((await stat(path.join(root, dropIn))).mode & 0o777).to.equal(0o600);
  });
});
