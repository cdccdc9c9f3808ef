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

/**
 * Runs the command on such a node; stand-ins of ip and iptables write down how they are called.
 * @param more interfaces of it @param answers how often iptables-save prints the rules
 */
function clean(
  args: readonly string[],
  tree = node,
  more: readonly string[] = [],
  answers = Infinity,
  names: readonly string[] = ['lo', 'flannel.1', 'vxlan.calico', ...more],
): Promise<Cleaned> {
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
    const few = `echo >> ${root}/asked; [ $(wc -l < ${root}/asked) -le ${String(answers)} ] || exit 1`;
    const limit = answers === Infinity ? '' : `${few}\n`;
    await standIn('iptables-save', `${limit}printf '%s' '${rules}'`);
    await standIn('ip6tables-save', 'exit 1');
    const links = names.map((name) => ({ name, isUp: true }));
    const ran = await run(['platform', 'clean', ...args], {
      connectCniCleaner: () =>
        Promise.resolve({
          files: createHostFiles(root),
          programs: {
            k3sVersion: () => Promise.resolve(undefined),
            links: () => Promise.resolve(links),
            filterRules: () => Promise.resolve(undefined),
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
    expect(stderr).to.include('05-flannel.conflist cannot be read');
    expect(files).to.include('10-calico.conflist');
  });

  it('says what is done before something fails', async () => {
    const { status, stdout, stderr, files } = await clean(['flannel', '--yes'], node, ['cni0']);
    expect(status).to.not.equal(0);
    expect(stderr).to.include('busy');
    expect(stdout).to.include('05-flannel.conflist is now');
    expect(stdout).to.include('the interface flannel.1 is deleted');
    expect(files).to.include('05-flannel.conflist.removed');
  });

  it('fails where the rules cannot be read the second time', async () => {
    const { status, stderr } = await clean(['kube-router', '--yes'], node, [], 1);
    expect(status).to.not.equal(0);
    expect(stderr).to.include('cannot read the rules of ipv4 any more');
  });

  it('keeps an earlier file that was set aside', async () => {
    const before = { ...node, [`${folder}/05-flannel.conflist.removed`]: 'before' };
    const { status, stdout, files } = await clean(['flannel', '--yes'], before);
    expect(status).to.equal(0);
    expect(stdout).to.include('05-flannel.conflist.removed.1');
    expect(files).to.include.members([
      '05-flannel.conflist.removed',
      '05-flannel.conflist.removed.1',
    ]);
  });

  const agent: Tree = {
    '/etc/systemd/system/k3s-agent.service':
      '[Service]\nExecStart=/usr/local/bin/k3s agent --server https://10.0.0.1:6443\n',
    [`${folder}/10-calico.conflist`]: '{"plugins":[{"type":"calico"}]}',
  };

  it("takes K3s' chains away on an agent, and says that its servers decide about them", async () => {
    const { status, stdout, calls } = await clean(['kube-router', '--yes'], agent);
    expect(status).to.equal(0);
    expect(stdout).to.include('learns from its servers');
    expect(calls).to.include('iptables-restore');
  });

  it('looks beside a file that K3s left, once flannel is gone', async () => {
    const own = '/var/lib/rancher/k3s/agent/etc/cni/net.d/10-flannel.conflist';
    const left = { ...agent, [own]: '{"plugins":[{"type":"flannel"}]}' };
    const running = await clean(['flannel'], left);
    expect(running.stderr).to.include('no other CNI');
    const { stderr } = await clean(['calico'], left, [], Infinity, ['lo', 'vxlan.calico']);
    expect(stderr).to.include('no other CNI');
  });

  it("refuses where K3s' own folder cannot be read", async () => {
    const { status, stderr } = await clean(['kube-router', '--yes'], {
      ...agent,
      '/var/lib/rancher/k3s/agent/etc/cni/net.d': { link: '/data' },
      '/data/': '',
    });
    expect(status).to.not.equal(0);
    expect(stderr).to.include('cannot read "/var/lib/rancher/k3s/agent/etc/cni/net.d"');
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
