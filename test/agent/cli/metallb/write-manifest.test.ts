import { mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { createHostFiles } from '../../../../agent/adapters/host-files/host-files.ts';
import { createK3sManifests } from '../../../../agent/adapters/k3s-manifests/k3s-manifests.ts';
import { markedManifest } from '../../../../core/metallb/install/marked-manifest.ts';
import { withTree, type Tree } from '../../../support/platform/host-tree.ts';
import { configPath, k3sNode, unitPath } from '../../../support/platform/k3s-node.ts';
import { run, type Ran } from '../run-command.ts';

const example = fileURLToPath(
  new URL('../../../../examples/k3s-metallb/config.yaml', import.meta.url),
);
const folder = '/var/lib/rancher/k3s/server/manifests';
const file = `${folder}/metallb.yaml`;
const server: Tree = { ...k3sNode, [`${folder}/coredns.yaml`]: 'kind: Addon\n' };

interface Written extends Ran {
  /** The names of the folder, and the text of the file; undefined: it is not there. */
  readonly names: readonly string[];
  readonly text: string | undefined;
}

/** Runs the command on such a machine. @param before changes it first, and gets its root */
function install(
  args: readonly string[],
  tree = server,
  before: (root: string) => Promise<void> = () => Promise.resolve(),
  at = folder,
): Promise<Written> {
  return withTree(tree, async (root) => {
    await before(root);
    const words = ['metallb', 'install', example, '--write-k3s-manifest', ...args];
    const ran = await run(words, {
      connectK3sManifests: () =>
        Promise.resolve({
          files: createHostFiles(root),
          programs: {
            k3sVersion: () => Promise.resolve(undefined),
            links: () => Promise.resolve([]),
            filterRules: () => Promise.resolve(undefined),
          },
          manifests: createK3sManifests(root),
        }),
    });
    const place = path.join(root, at);
    return {
      ...ran,
      names: await readdir(place).catch(() => []),
      text: await readFile(path.join(place, 'metallb.yaml'), 'utf8').catch(() => undefined),
    };
  });
}

async function printed(): Promise<string> {
  const { stdout } = await run(['metallb', 'install', example, '--k3s-manifest']);
  return stdout;
}

describe('calico-agent metallb install --write-k3s-manifest', () => {
  it('shows the file and what comes next, and changes nothing', async () => {
    const { status, stdout, names } = await install([]);
    expect(status).to.equal(0);
    expect(stdout).to.include(`the file ${file} would be:\n\n${await printed()}`);
    expect(stdout).to.match(/do not disable ServiceLB[^]*nothing was changed; --yes writes/);
    expect(names).to.deep.equal(['coredns.yaml']);
  });

  it('writes what --k3s-manifest prints with --yes, and leaves nothing else there', async () => {
    const { status, stdout, names, text } = await install(['--yes']);
    expect(status).to.equal(0);
    expect(stdout).to.include(`${file} is written\n`);
    expect(stdout).to.include('kubectl get helmcharts.helm.cattle.io metallb');
    expect(text).to.equal(await printed());
    expect(names).to.have.members(['coredns.yaml', 'metallb.yaml']);
  });

  it('lets only the owner read a file that it makes', () =>
    withTree({ [`${folder}/`]: '' }, async (root) => {
      expect(await createK3sManifests(root).create(folder, 'metallb.yaml', 'x')).to.equal(true);
      expect((await stat(path.join(root, file))).mode & 0o777).to.equal(0o600);
    }));

  it('asks whether something of ServiceLB is left where the server disables it', async () => {
    const { stdout } = await install([], { ...server, [configPath]: 'disable: [servicelb]\n' });
    expect(stdout).to.include('see that nothing of ServiceLB is left');
  });

  it('has nothing to do where the same file is there', async () => {
    const { status, stdout } = await install(['--yes'], { ...server, [file]: await printed() });
    expect(status).to.equal(0);
    expect(stdout).to.include('has this content: nothing to do');
  });

  for (const [what, change, why] of [
    [
      'that somebody edited',
      (own: string) => own.replace('chart: metallb', 'chart: mine'),
      /was edited since calico-agent wrote it.*line 9 is " {2}chart: mine", expected " {2}chart: metallb"/,
    ],
    [
      'that somebody wrote',
      (own: string) => own.slice(own.indexOf('\n') + 1),
      /calico-agent did not write.*line 1 is "apiVersion/,
    ],
    [
      'whose first line alone somebody changed',
      (own: string) => own.replace(/sha256:./, 'sha256:x'),
      /was edited since calico-agent wrote it.*line 2 is "# Written/,
    ],
    [
      'that somebody cut off',
      (own: string) => own.trimEnd(),
      /was edited.*is the end of the file, expected ""/,
    ],
  ] as const) {
    it(`never overwrites a file ${what}, and shows the first line that differs`, async () => {
      const other = change(await printed());
      const { status, stderr, text } = await install(['--yes'], { ...server, [file]: other });
      expect(status).to.equal(1);
      expect(stderr).to.match(why);
      expect(text).to.equal(other);
    });
  }

  it('replaces the file of an earlier configuration, and shows the first line that differs', async () => {
    const earlier = markedManifest(
      (await printed()).replace(/^.*\n/, '').replace('chart: metallb', 'chart: earlier'),
    );
    const shown = await install([], { ...server, [file]: earlier });
    expect(shown.status).to.equal(0);
    expect(shown.stdout).to.match(
      /is of another configuration: line 9 is " {2}chart: earlier", expected " {2}chart: metallb"\n[^]*--yes replaces the file/,
    );
    expect(shown.text).to.equal(earlier);
    const { status, stdout, text, names } = await install(['--yes'], {
      ...server,
      [file]: earlier,
    });
    expect(status).to.equal(0);
    expect(stdout).to.include(`${file} is replaced`);
    expect(text).to.equal(await printed());
    expect(names).to.have.members(['coredns.yaml', 'metallb.yaml']);
  });

  it('does not replace a file that somebody edits meanwhile', () =>
    withTree({ [file]: 'theirs' }, async (root) => {
      const manifests = createK3sManifests(root);
      expect(await manifests.replace(folder, 'metallb.yaml', 'before', 'ours')).to.equal(false);
      expect(await readFile(path.join(root, file), 'utf8')).to.equal('theirs');
      expect(await readdir(path.join(root, folder))).to.deep.equal(['metallb.yaml']);
    }));

  it('does not overwrite a file that somebody makes meanwhile', () =>
    withTree({ [`${folder}/`]: '' }, async (root) => {
      const manifests = createK3sManifests(root);
      await writeFile(path.join(root, file), 'theirs');
      expect(await manifests.create(folder, 'metallb.yaml', 'ours')).to.equal(false);
      expect(await readFile(path.join(root, file), 'utf8')).to.equal('theirs');
      expect(await readdir(path.join(root, folder))).to.deep.equal(['metallb.yaml']);
    }));

  it('follows no link in the place of the file', async () => {
    const { status, text } = await install(['--yes'], server, async (root) => {
      await writeFile(path.join(root, 'elsewhere'), 'theirs');
      await symlink(path.join(root, 'elsewhere'), path.join(root, file));
    });
    expect(status).to.equal(1);
    expect(text).to.equal('theirs');
  });

  it('writes on the disk to which a link of the data leads', async () => {
    const { text } = await install(['--yes'], server, async (root) => {
      await mkdir(path.join(root, 'disk'));
      await rename(path.join(root, folder), path.join(root, 'disk/manifests'));
      await symlink(path.join(root, 'disk/manifests'), path.join(root, folder));
    });
    expect(text).to.equal(await printed());
  });

  it('writes below the data directory that K3s is told', async () => {
    const data = '/data/k3s/server/manifests';
    const tree = { ...server, [configPath]: 'data-dir: /data/k3s\n', [`${data}/`]: '' };
    const { stdout, text } = await install(['--yes'], tree, undefined, data);
    expect(stdout).to.include(`${data}/metallb.yaml is written`);
    expect(text).to.equal(await printed());
  });

  const agentUnit = '/etc/systemd/system/k3s-agent.service';
  for (const [what, tree, says] of [
    ['another machine', { '/etc/hostname': 'x' }, 'is no K3s server'],
    [
      'an agent of K3s',
      { [agentUnit]: '[Service]\nExecStart=/usr/local/bin/k3s agent\n', [`${folder}/`]: '' },
      'only servers apply manifests',
    ],
    ['a server that never started', k3sNode, 'makes it at its first start'],
    [
      'a server that is told to ignore the file',
      { ...server, [`${file}.skip`]: '' },
      'K3s ignores metallb.yaml',
    ],
    [
      'a server that would delete the file',
      { ...server, [configPath]: 'disable: metallb\n' },
      'K3s would delete metallb.yaml',
    ],
    [
      'a server with the same Addon in another file',
      { ...server, [`${folder}/metallb.helm.yml`]: '' },
      'has metallb.helm.yml',
    ],
    [
      'a server whose configuration cannot be read',
      {
        ...server,
        [unitPath]: '[Service]\nExecStart=/usr/local/bin/k3s server --config /opt/k3s.yaml\n',
      },
      'data directory is not known',
    ],
  ] as const satisfies readonly (readonly [string, Tree, string])[]) {
    it(`refuses ${what}`, async () => {
      const { status, stderr, text } = await install(['--yes'], tree);
      expect(status).to.equal(1);
      expect(stderr).to.include("cannot write MetalLB's manifest").and.include(says);
      expect(text).to.equal(undefined);
    });
  }

  it('says which options do not go together', async () => {
    const words = ['metallb', 'install', example];
    const alone = await run([...words, '--yes']);
    expect(alone.status).to.equal(2);
    expect(alone.stderr).to.include('--yes belongs to --write-k3s-manifest');
    const { status, stderr } = await run([...words, '--write-k3s-manifest', '--live']);
    expect(status).to.equal(2);
    expect(stderr).to.include('--live');
  });
});
