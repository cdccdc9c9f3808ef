import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stepsByHand } from '../../../../core/plan/platform/by-hand.ts';
import { planFiles } from '../../../../core/plan/platform/plan-files.ts';
import type { FileEdit } from '../../../../core/platform/edit/file-edit.ts';
import type { HostFile } from '../../../../core/platform/host-file.ts';
import { printable } from '../../../../core/printable.ts';
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
  function paste(file: HostFile, edit: FileEdit): string {
    const place = { pointer: '' };
    const { changes } = planFiles({ files: [edit], services: [], place }, observed(file));
    // As the command prints them.
    const commands = stepsByHand(changes, []).flatMap((step) => step.commands.map(printable));
    const text = commands.join('\n').replaceAll(edit.path, path.join(root, edit.path));
    execFileSync('sh', ['-e'], { input: `${text}\n`, stdio: ['pipe', 'pipe', 'pipe'] });
    return text;
  }

  const option = (...values: string[]): FileEdit => {
    return { form: 'arguments', path: proxy, reasons, option: 'a', values };
  };
  const long = Array.from(
    { length: 300 },
    (_, index) => `'line' \\${String(index)} %d $HOME\n`,
  ).join('');
  const yaml: FileEdit = {
    ...{ form: 'yaml', path: manifest, reasons },
    ...{ document: 'only', at: ['b'], value: 5 },
  };
  const texts: readonly (readonly [before: string, edit: FileEdit, after: string])[] = [
    ['--a=1\n--b=2\n', option('3'), '--a=3\n--b=2\n'],
    ['--b=2', option('3'), '--b=2\n--a=3'],
    ['--a=1\n--b=2\n', option(), '--b=2\n'],
    ['a: 1\nb: 2 # é\nc: 3\n', yaml, 'a: 1\nb: 5 # é\nc: 3\n'],
    ["a: 'é' #\tx\r\nb: 2\t# %s\r\nc: 3", yaml, "a: 'é' #\tx\r\nb: 5\t# %s\r\nc: 3"],
    ['\uFEFF--a=1\n', option('2'), '\uFEFF--a=2\n'],
    ['--t=1\t--x\n--a=1 --token=SECRET\n', option('22'), '--t=1\t--x\n--a=22 --token=SECRET\n'],
    ['--token=SECRET --a=1\n', option(), '--token=SECRET\n'],
    ...['\n', '', '\t\n'].map((end): readonly [string, FileEdit, string] => [
      `--old=1\n${end}`,
      { ...{ form: 'whole', path: manifest, reasons, foreign: 'replace' }, text: `${long}${end}` },
      `${long}${end}`,
    ]),
  ];
  for (const [before, edit, after] of texts) {
    const short = (text: string): string => JSON.stringify(text.slice(-60));
    it(`give ${short(after)} for ${short(before)}`, async () => {
      const file = path.join(root, edit.path);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, before);
      const pasted = paste({ state: 'text', path: edit.path, text: before }, edit);
      expect(pasted).to.not.include('SECRET');
      expect(await readFile(file, 'utf8')).to.equal(after);
    });
  }

  it('change nothing where somebody changed the file since, and keep the old one', async () => {
    const file = path.join(root, proxy);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, '--a=7 --token=T\n');
    const looked: HostFile = { state: 'text', path: proxy, text: '--a=1 --token=S\n' };
    expect(() => paste(looked, option('2'))).to.throw();
    expect(await readFile(file, 'utf8')).to.equal('--a=7 --token=T\n');
    await writeFile(file, looked.text);
    paste(looked, option('2'));
    expect(await readFile(`${file}.orig`, 'utf8')).to.equal(looked.text);
  });

  it('name the copy of a file whose secret they would have to put back', async () => {
    const { changes } = planFiles(
      { files: [option()], services: [], place: { pointer: '' } },
      observed({ state: 'text', path: proxy, text: '--a=1 --token=S\n' }),
    );
    const back = changes.map((change) => {
      const { before, after } = change.content ?? {};
      const content = {
        before: after ?? '',
        after: `${before ?? ''}--password=SECRET\n`,
        restarts: [],
      };
      return { ...change, content };
    });
    const [step] = stepsByHand(back, []);
    expect(step?.commands.join('\n')).to.include('host-originals');
    expect(step?.commands.join('\n')).to.not.include('SECRET');
  });

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
