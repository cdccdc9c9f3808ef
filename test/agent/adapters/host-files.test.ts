import { chmod, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { createHostFiles } from '../../../agent/adapters/host-files/host-files.ts';
import { createHostPrograms } from '../../../agent/adapters/host-files/host-programs.ts';
import { withTree, type Tree } from '../../support/platform/host-tree.ts';

const config = '/etc/rancher/k3s/config.yaml';

describe('the files of a host', () => {
  it('are read, and an absent one is absent', async () => {
    await withTree({ [config]: 'a: b\n' }, async (root) => {
      const files = createHostFiles(root);
      expect(await files.read(config)).to.deep.equal({
        state: 'text',
        path: config,
        text: 'a: b\n',
      });
      expect(await files.read('/etc/default/k3s')).to.deep.equal({
        state: 'absent',
        path: '/etc/default/k3s',
      });
    });
  });

  it('are only those of the list, whichever path a caller names', async () => {
    const secret = '/var/lib/rancher/k3s/server/token';
    await withTree({ [secret]: 'x', '/etc/shadow': 'x' }, async (root) => {
      const files = createHostFiles(root);
      for (const file of [
        secret,
        '/etc/shadow',
        '/etc/rancher/k3s/../../shadow',
        'etc/default/k3s',
      ]) {
        expect(await files.read(file), file).to.include({ state: 'unreadable' });
        expect(await files.entry(file), file).to.include({ state: 'unreadable', path: file });
        expect(await files.list(path.dirname(file)), file).to.have.property('hidden');
      }
    });
  });

  it('may be links within the list, absolute ones below the root, and not links out of it', async () => {
    const tree = {
      '/snap/microk8s/7964/meta/snap.yaml': 'version: v1.32.3\n',
      '/snap/microk8s/current': { link: '7964' },
      [config]: { link: '/etc/rancher/k3s/prod.yaml' },
      '/etc/rancher/k3s/prod.yaml': 'a: b\n',
      '/etc/default/k3s': { link: '../shadow' },
      '/etc/shadow': 'secret',
      '/etc/sysconfig/k3s': { link: 'k3s' },
    };
    await withTree(tree, async (root) => {
      const files = createHostFiles(root);
      expect(await files.read(config)).to.include({ text: 'a: b\n' });
      expect(await files.entry('/snap/microk8s/current')).to.deep.equal({
        state: 'there',
        path: '/snap/microk8s/current',
        kind: 'folder',
        executable: false,
        target: '/snap/microk8s/7964',
      });
      expect(await files.read('/etc/default/k3s')).to.deep.equal({
        state: 'unreadable',
        path: '/etc/default/k3s',
        why: 'it is a link that leads to /etc/shadow, which the agent does not read',
      });
      expect(await files.read('/etc/sysconfig/k3s')).to.include({
        why: 'its links lead in a circle',
      });
    });
  });

  it('are there, absent or not known, which is not the same', async () => {
    const tree = {
      '/opt/cni/bin/calico': { program: '' },
      '/opt/cni/bin/flannel': { link: '/x/y' },
      '/etc/rancher/k3s/': '',
    };
    await withTree(tree, async (root) => {
      const files = createHostFiles(root);
      const entry = async (name: string): Promise<object> => files.entry(`/opt/cni/bin/${name}`);
      expect(await entry('calico')).to.include({ state: 'there', executable: true });
      expect(await entry('bridge')).to.include({ state: 'absent' });
      expect(await entry('flannel')).to.include({
        state: 'unreadable',
        why: 'it is a link that leads to /x/y, which the agent does not read',
      });
      // A failure of the file system that says nothing about what lies there.
      const file = `/etc/rancher/k3s/${'a'.repeat(300)}.yaml`;
      expect(await files.read(file)).to.include({ state: 'unreadable', path: file });
    });
  });

  it('are unreadable when they are folders, not text, or too large', async () => {
    const tree = { [`${config}/`]: '', '/etc/default/k3s': 'x'.repeat(4 * 1024 * 1024 + 1) };
    await withTree(tree, async (root) => {
      const files = createHostFiles(root);
      expect(await files.read(config)).to.include({ why: 'it is a folder, not a file' });
      expect(await files.read('/etc/default/k3s')).to.include({
        why: 'it is larger than 4194304 bytes',
      });
    });
  });

  it('are listed in the order of bytes', async () => {
    const folder = `${config}.d`;
    const tree = { [`${folder}/b.yaml`]: '', [`${folder}/B.yaml`]: '', [`${folder}/a.yml`]: '' };
    await withTree(tree, async (root) => {
      const names = ['B.yaml', 'a.yml', 'b.yaml'];
      expect(await createHostFiles(root).list(folder)).to.deep.equal({ names });
    });
  });

  it('are not known in a folder that cannot be listed, or has too many', async () => {
    const folder = `${config}.d`;
    const many = Array.from({ length: 1001 }, (_, index) => [
      `/etc/cni/net.d/${String(index)}`,
      '',
    ]);
    const tree: Tree = {
      ...{ [folder]: { link: '/secret' }, '/secret/a.yaml': '', '/var/lib/juju/agents': '' },
      ...Object.fromEntries(many),
    };
    await withTree(tree, async (root) => {
      const files = createHostFiles(root);
      const whyOf = async (of: string): Promise<string | undefined> =>
        (await files.list(of)).hidden?.why;
      expect(await whyOf(folder)).to.equal(
        'it is a link that leads to /secret, which the agent does not read',
      );
      expect(await whyOf('/var/lib/juju/agents')).to.equal('it is no folder');
      expect(await whyOf('/etc/cni/net.d')).to.include('1001 entries');
      expect(await files.list('/opt/cni/bin')).to.deep.equal({ names: [] });
    });
  });
});

describe('the version of K3s', () => {
  it('is asked once while the program stays the same', async () => {
    const script =
      '#!/bin/sh\necho asked >> "$0.log"\necho "k3s version v1.31.5+k3s1 (56ec5dd4)"\n';
    await withTree({ '/k3s': { program: script } }, async (root) => {
      const file = path.join(root, 'k3s');
      const programs = createHostPrograms(file);
      for (let time = 0; time < 2; time += 1) {
        expect(await programs.k3sVersion()).to.equal('k3s version v1.31.5+k3s1 (56ec5dd4)');
      }
      expect(await readFile(`${file}.log`, 'utf8')).to.equal('asked\n');
    });
  });

  it('is unknown when the program is not there, or fails', async () => {
    await withTree({ '/k3s': 'no program' }, async (root) => {
      const file = path.join(root, 'k3s');
      await chmod(file, 0o644);
      expect(await createHostPrograms(file).k3sVersion()).to.equal(undefined);
      expect(await createHostPrograms(`${file}.gone`).k3sVersion()).to.equal(undefined);
    });
  });
});

describe('the interfaces of the kernel', () => {
  it('are those that ip prints', async () => {
    const links = await createHostPrograms().links();
    expect(links?.map(({ name }) => name)).to.include('lo');
  });
});
