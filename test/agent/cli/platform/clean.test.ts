import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { createCniCleaner } from '../../../../agent/adapters/cni-left-overs/cni-cleaner.ts';
import { createHostFiles } from '../../../../agent/adapters/host-files/host-files.ts';
import { withTree, type Tree } from '../../../support/platform/host-tree.ts';
import { run, type Ran } from '../run-command.ts';

const folder = '/etc/cni/net.d';
const node: Tree = {
  '/var/lib/kubelet/kubeadm-flags.env': '',
  [`${folder}/05-flannel.conflist`]: '{"plugins":[{"type":"flannel"}]}',
  [`${folder}/10-calico.conflist`]: '{"plugins":[{"type":"calico"}]}',
};
const rules = '*filter\n:KUBE-ROUTER-INPUT - [0:0]\n-A INPUT -j KUBE-ROUTER-INPUT\nCOMMIT\n';

interface Cleaned extends Ran {
  /** The programs that were called, with their arguments and what they read. */
  readonly calls: string;
  readonly files: readonly string[];
}

/** Runs the command on such a node; stand-ins of ip and iptables write down how they are called. */
function clean(args: readonly string[], tree = node): Promise<Cleaned> {
  return withTree(tree, async (root) => {
    const programs = path.join(root, 'programs');
    await mkdir(programs);
    await writeFile(path.join(root, 'calls'), '');
    const standIn = async (name: string, body: string): Promise<void> => {
      await writeFile(path.join(programs, name), `#!/bin/sh\n${body}\n`);
      await chmod(path.join(programs, name), 0o755);
    };
    const notes = `{ echo "\${0##*/} $*"; cat; } >> ${root}/calls`;
    await standIn('ip', `[ "$3" = cni0 ] && echo busy >&2 && exit 1; ${notes}`);
    await standIn('iptables-restore', notes);
    await standIn('iptables-save', `printf '%s' '${rules}'`);
    await standIn('ip6tables-save', 'exit 1');
    const links = ['lo', 'flannel.1', 'vxlan.calico'].map((name) => ({ name, isUp: true }));
    const ran = await run(['platform', 'clean', ...args], {
      connectCniCleaner: () =>
        Promise.resolve({
          files: createHostFiles(root),
          programs: {
            k3sVersion: () => Promise.resolve(undefined),
            links: () => Promise.resolve(links),
          },
          cleaner: createCniCleaner(root, programs),
        }),
    });
    const calls = await readFile(path.join(root, 'calls'), 'utf8');
    return { ...ran, calls, files: await readdir(path.join(root, folder)).catch(() => []) };
  });
}

describe('calico-agent platform clean', () => {
  it('names what flannel left, and changes nothing', async () => {
    const { status, stdout, calls, files } = await clean(['flannel']);
    expect(status).to.equal(0);
    expect(stdout).to.equal(
      'flannel left on this node:\n' +
        '  file       /etc/cni/net.d/05-flannel.conflist\n' +
        '  interface  flannel.1\n' +
        '\nnothing was changed; --yes takes them away\n',
    );
    expect(calls).to.equal('');
    expect(files).to.deep.equal(['05-flannel.conflist', '10-calico.conflist']);
  });

  it('takes it away with --yes, and keeps the file under another name', async () => {
    const { status, calls, files } = await clean(['flannel', '--yes']);
    expect(status).to.equal(0);
    expect(calls).to.equal('ip link delete flannel.1\n');
    expect(files).to.deep.equal(['05-flannel.conflist.removed', '10-calico.conflist']);
  });

  it('takes the chains of kube-router away, and says what it cannot know', async () => {
    const { stdout, calls } = await clean(['kube-router', '--yes']);
    expect(stdout).to.include('ipv4: KUBE-ROUTER-INPUT');
    expect(stdout).to.include('unknown    rules of IPv6');
    expect(calls).to.equal(
      'iptables-restore --noflush -w\n*filter\n:KUBE-ROUTER-INPUT - [0:0]\n-D INPUT -j KUBE-ROUTER-INPUT\n-X KUBE-ROUTER-INPUT\nCOMMIT\n',
    );
  });

  it('refuses the CNI that is in force', async () => {
    const only = { ...node, [`${folder}/05-flannel.conflist`]: '' };
    const { status, stderr, files } = await clean(['calico', '--yes'], only);
    expect(status).to.not.equal(0);
    expect(stderr).to.include('no other CNI');
    expect(files).to.include('10-calico.conflist');
  });

  it('refuses where the folder cannot be read', async () => {
    const { status, stderr } = await clean(['flannel', '--yes'], {
      '/var/lib/kubelet/kubeadm-flags.env': '',
      [folder]: { link: '/data' },
      '/data/': '',
    });
    expect(status).to.not.equal(0);
    expect(stderr).to.include('cannot read "/etc/cni/net.d"');
  });
});
