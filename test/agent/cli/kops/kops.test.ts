import { chmod, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { Writable } from 'node:stream';
import { parse } from 'yaml';
import { inFolder, run } from '../run-command.ts';

const document = `apiVersion: kops.k8s.io/v1alpha2
kind: Cluster
metadata:
  name: test.example.com
spec:
  cloudProvider: aws
  kubernetesVersion: 1.30.2
  networking:
    calico: {} # the default
`;

async function withCluster(
  use: (file: string, folder: string) => Promise<void>,
  text = document,
): Promise<void> {
  await inFolder(async (folder) => {
    const file = path.join(folder, 'cluster.yaml');
    await writeFile(file, text);
    await use(file, folder);
  });
}

describe('calico-agent kops', () => {
  it('says that a document is valid, and how it was judged', async () => {
    const { status, stdout } = await run(['kops', 'check', '-'], { input: document });
    expect(status).to.equal(0);
    expect(stdout).to.match(/^stdin is valid: test\.example\.com, Calico, kops 1\.30 \(assumed/);
  });

  it('lists all issues with their places, and ends with status 2', async () => {
    const text = document.replace(
      'calico: {} # the default',
      'calico: {IPIPMode: Always, mtu: -5}',
    );
    const { status, stdout } = await run(
      ['kops', 'check', '-', '--kops-version', 'v1.36.2', '--kubernetes-version', '1.34'],
      { input: text },
    );
    expect(status).to.equal(2);
    expect(stdout)
      .to.contain('stdin:9:14: error: kops reads "ipipMode"')
      .and.contain('[kops-calico-mtu]');
    expect(stdout).to.contain('2 errors\n');
    const json = await run(['kops', 'check', '-', '-o', 'json'], { input: text });
    expect(JSON.parse(json.stdout))
      .to.have.nested.property('issues[1].pointer')
      .that.equals('/spec/networking/calico/mtu');
  });

  it('refuses a text that is no document of kops, with a hint', async () => {
    for (const input of ['kind: Pod\n', '', 'a: [', 'apiVersion: v1\nkind: Cluster\n']) {
      for (const command of [
        ['check', '-'],
        ['explain', '-'],
        ['edit', '-', '--unset', 'spec.podCIDR'],
      ]) {
        const { status, stdout, stderr } = await run(['kops', ...command], { input });
        expect(status, `${command.join(' ')}: ${input}`).to.equal(2);
        expect(stdout + stderr)
          .to.contain('error: ')
          .and.not.match(/\n\s+at /);
      }
    }
  });

  it('compares with the document in force', async () => {
    await withCluster(async (file) => {
      const input = document.replace('calico: {}', 'cilium: {}');
      const { status, stdout } = await run(['kops', 'check', '-', '--before', file], { input });
      expect(status).to.equal(2);
      expect(stdout).to.contain('the provider changes from Calico to Cilium');
      const accepted = await run(['kops', 'check', '-', '--before', file, '--accept-loss'], {
        input,
      });
      expect(accepted.status).to.equal(0);
    });
  });

  it('does not compare with a document that it cannot read', async () => {
    for (const text of ['a: [', '', 'kind: Pod\n']) {
      await withCluster(async (file) => {
        for (const command of ['check', 'explain']) {
          const { status, stdout, stderr } = await run(['kops', command, '-', '--before', file], {
            input: document,
          });
          expect(status, `${command}: ${text}`).to.equal(2);
          expect(stdout).to.equal('');
          expect(stderr).to.contain(`${file}:`).and.contain('error: ');
        }
      }, text);
    }
  });

  it('says that it compared nothing where the document in force is of another cluster', async () => {
    await withCluster(
      async (file) => {
        const check = ['kops', 'check', '-', '--before', file];
        const { status, stdout } = await run(check, { input: document });
        expect(status).to.equal(0);
        expect(stdout).to.match(
          /warning: the cluster "test\.example\.com" is not compared: .*cluster\.yaml does not have it \[kops-not-compared\]/,
        );
        const explained = await run(['kops', 'explain', '-', '--before', file], {
          input: document,
        });
        expect(explained.stderr).to.contain('[kops-not-compared]');
      },
      document.replace('test.example.com', 'other.example.com'),
    );
  });

  it('shows the difference first, writes with --yes, and keeps mode and link', async () => {
    await withCluster(async (file, folder) => {
      await chmod(file, 0o640);
      const link = path.join(folder, 'link.yaml');
      await symlink(file, link);
      const edit = ['kops', 'edit', link, '--set', 'spec.networking.calico.mtu=8981'];
      const shown = await run(edit);
      expect(shown.stdout).to.contain('+      mtu: 8981').and.contain('nothing is written yet');
      expect(await readFile(file, 'utf8')).to.equal(document);
      expect((await run([...edit, '--yes'])).status).to.equal(0);
      expect(await readFile(file, 'utf8')).to.contain(
        '    calico: # the default\n      mtu: 8981\n',
      );
      expect((await stat(file)).mode & 0o777).to.equal(0o640);
      expect((await run([...edit, '--yes'])).stdout).to.contain('nothing to do');
      await run(['kops', 'edit', link, '--unset', 'spec.networking.calico.mtu', '--yes']);
      expect(await readFile(file, 'utf8')).to.equal(
        document.replace('calico: {} # the default', 'calico: {} # the default'),
      );
    });
  });

  it('writes nothing where the edit is refused', async () => {
    await withCluster(async (file) => {
      const { status, stdout } = await run([
        'kops',
        'edit',
        file,
        '--networking',
        'cilium',
        '--yes',
      ]);
      expect([status, await readFile(file, 'utf8')]).to.deep.equal([2, document]);
      expect(stdout).to.contain('--accept-loss').and.contain('nothing is changed');
    });
  });

  it('prints the whole document for a pipe', async () => {
    const { status, stdout } = await run(
      ['kops', 'edit', '-', '--set', 'spec.podCIDR=100.96.0.0/11', '--print'],
      { input: document },
    );
    expect(status).to.equal(0);
    expect(stdout).to.equal(`${document}  podCIDR: 100.96.0.0/11\n`);
  });

  it('prints marks of direction in a document as they are for a pipe, and visible on a terminal', async () => {
    const argv = ['kops', 'edit', '-', '--set', 'spec.podCIDR=100.96.0.0/11', '--print'];
    const odd = `# \u202e\n${document}`;
    expect((await run(argv, { input: odd })).stdout).to.contain('\u202e');
    let shown = '';
    const terminal = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        shown += chunk.toString();
        done();
      },
    });
    await run(argv, { input: odd, stdout: Object.assign(terminal, { isTTY: true }) });
    expect(shown).to.contain('\\u202e').and.not.contain('\u202e');
  });

  it('wants something to edit, and one cluster', async () => {
    expect((await run(['kops', 'edit', '-'], { input: document })).stderr).to.contain(
      'give --set, --unset or --networking',
    );
    const two = `${document}---\n${document.replace('test.', 'other.')}`;
    const { status, stderr } = await run(['kops', 'edit', '-', '--unset', 'spec.x'], {
      input: two,
    });
    expect(status).to.equal(2);
    expect(stderr).to.contain('--cluster: test.example.com, other.example.com');
    const { stdout } = await run(
      [
        'kops',
        'edit',
        '-',
        '--set',
        'spec.podCIDR=100.96.0.0/11',
        '--cluster',
        'other.example.com',
        '--print',
      ],
      { input: two },
    );
    expect(stdout).to.equal(`${two}  podCIDR: 100.96.0.0/11\n`);
  });

  it('explains values, needs, commands and what stays', async () => {
    const { status, stdout } = await run(['kops', 'explain', '-'], { input: document });
    expect(status).to.equal(0);
    expect(stdout).to.match(/spec\.networking\.calico\.ipipMode +CrossSubnet +default/);
    expect(stdout).to.contain('"ec2:ModifyNetworkInterfaceAttribute"\n');
    expect(stdout).to.contain('kops rolling-update cluster test.example.com --yes');
    expect(stdout).to.contain('kops create cluster --name test.example.com --cloud aws');
    const yaml = await run(['kops', 'explain', '-', '-o', 'yaml'], { input: document });
    expect(parse(yaml.stdout)).to.have.nested.property('clusters[0].provider.key', 'calico');
  });

  it('turns a line of kops create cluster into its stanza', async () => {
    const { status, stdout, stderr } = await run([
      'kops',
      'stanza',
      '--kops-version',
      '1.10',
      '--',
      'kops',
      'create',
      'cluster',
      '--zones',
      'a',
      '--networking',
      'weave',
      '--yes',
    ]);
    expect([status, stderr]).to.deep.equal([0, 'not about the network: --zones --yes\n']);
    expect(stdout).to.equal('spec:\n  networking:\n    weave:\n      mtu: 8912\n');
    const refused = await run(['kops', 'stanza', '--', '--networking', 'weave']);
    expect([refused.status, refused.stderr]).to.satisfy(
      ([code, text]: [number, string]) => code === 2 && text.includes('--kops-version'),
    );
  });

  it('refuses versions that are none', async () => {
    const { status, stderr } = await run(['kops', 'check', '-', '--kops-version', 'latest'], {
      input: document,
    });
    expect(status).to.equal(2);
    expect(stderr).to.contain('1.28');
  });
});
