/** calico-agent kops with --live, with a running cluster that this test describes. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import type { ClusterChoice } from '../../../../agent/cli/command-context.ts';
import type { LivingKops } from '../../../../agent/ports/platform/living-kops.ts';
import type { LivingCluster } from '../../../../core/kops/living/living-cluster.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { known, living, unknown, usualPool, workload } from '../../../core/kops/living/living.ts';
import { inFolder, run, type Ran } from '../run-command.ts';

const document = `apiVersion: kops.k8s.io/v1alpha2
kind: Cluster
metadata: { name: c.example.com }
spec:
  cloudProvider: aws
  kubernetesVersion: 1.30.2
  networking:
    calico: {}
`;
const always = { pools: known([{ ...usualPool, ipipMode: 'Always' }]) };

interface Asked {
  readonly choices: ClusterChoice[];
  closed: number;
}

function connect(live: Partial<LivingCluster>, asked: Asked): () => Promise<LivingKops> {
  return (choice: ClusterChoice = {}) => {
    asked.choices.push(choice);
    return Promise.resolve({
      read: () => Promise.resolve(living(live)),
      where: () =>
        Promise.resolve({ server: 'https://10.0.0.1:6443', source: 'kubeconfig "k", context "c"' }),
      close: () => {
        asked.closed += 1;
        return Promise.resolve();
      },
    });
  };
}

async function kops(
  words: readonly string[],
  live: Partial<LivingCluster>,
  { text = document, asked = { choices: [], closed: 0 } }: { text?: string; asked?: Asked } = {},
): Promise<Ran> {
  return inFolder(async (folder) => {
    const file = path.join(folder, 'cluster.yaml');
    await writeFile(file, text);
    const [command = '', ...options] = words;
    const ran = await run(['kops', command, file, ...options], {
      connectLivingKops: connect(live, asked),
    });
    return { ...ran, stdout: ran.stdout.replaceAll(`${folder}/`, '') };
  });
}

describe('calico-agent kops --live', () => {
  it('asks no cluster without it', async () => {
    const asked = { choices: [], closed: 0 };
    const { status } = await kops(['check'], always, { asked });
    expect(status).to.equal(0);
    expect(asked).to.deep.equal({ choices: [], closed: 0 });
  });

  it('checks a document against the cluster, and closes the connection', async () => {
    const asked: Asked = { choices: [], closed: 0 };
    const options = ['--kubeconfig', 'kube.yaml', '--context', 'c'];
    const { status, stdout, stderr } = await kops(['check', ...options], always, { asked });
    expect(status).to.equal(0);
    expect(stdout).to.match(
      /^cluster\.yaml:8:5: warning: spec\.networking\.calico\.ipipMode is CrossSubnet by default, and spec\.ipipMode of IPPool default-ipv4-ippool is Always;.*\[kops-live-pool-mode\]/m,
    );
    expect(stdout).to.contain('--live --kubeconfig kube.yaml --context c prints the steps');
    expect(stdout).to.contain('cluster.yaml is valid, with 1 warning');
    expect(stderr).to.equal(
      'the running cluster is https://10.0.0.1:6443 (kubeconfig "k", context "c")\n',
    );
    expect(asked).to.deep.equal({
      choices: [{ kubeconfig: 'kube.yaml', context: 'c' }],
      closed: 1,
    });
  });

  it('names the cluster in the answer as data', async () => {
    const named = { server: 'https://10.0.0.1:6443', source: 'kubeconfig "k", context "c"' };
    const set = ['--set', 'spec.networking.calico.ipipMode=Always'];
    for (const words of [['check'], ['explain'], ['edit', ...set]]) {
      const { stdout } = await kops([...words, '--live', '-o', 'json'], always);
      expect(JSON.parse(stdout)).to.have.property('runningCluster').that.deep.equals(named);
      const alone = await kops([...words, '-o', 'json'], always);
      expect(JSON.parse(alone.stdout)).to.not.have.property('runningCluster');
    }
  });

  it('refuses what breaks the running cluster, unless its loss is accepted', async () => {
    const other = { daemonSets: known([workload('cilium', [])]) };
    const refused = await kops(['check', '--live'], other);
    expect(refused.status).to.equal(2);
    expect(refused.stdout).to.contain('error: spec.networking.calico is Calico');
    expect((await kops(['check', '--live', '--accept-loss'], other)).status).to.equal(0);
  });

  it('explains each difference with both places, who wins, and the steps', async () => {
    const { status, stdout } = await kops(['explain', '--live'], { ...always, nodes: unknown });
    expect(status).to.equal(0);
    expect(stdout).to.contain(`Differences with the running cluster:
  spec.networking.calico.ipipMode: CrossSubnet (default)
      IPPool default-ipv4-ippool, spec.ipipMode: Always
      the cluster keeps its own: kops gives the mode to Calico for a pool that does not exist yet; this one keeps its own

Not known:
  stale nodes: the server refuses it

Bring them together, in this order:
  1. see that EC2 checks no source`);
    const { stdout: json } = await kops(['explain', '--live', '-o', 'json'], always);
    expect(JSON.parse(json))
      .to.have.nested.property('clusters[0].live.differences[0]')
      .that.deep.includes({ object: 'IPPool default-ipv4-ippool', wins: 'cluster' });
  });

  it('says that nothing differs, and that only a part could be compared', async () => {
    const same = await kops(['explain', '--live'], {});
    expect(same.stdout).to.contain('none: the cluster is as the document says');
    const part = await kops(['explain', '--live'], { pools: unknown });
    expect(part.stdout).to.contain('none in what could be read');
  });

  it('shows what an edited document will meet, and refuses an edit that breaks it', async () => {
    const mode = 'spec.networking.calico.ipipMode=Always';
    const same = await kops(['edit', '--set', mode, '--live'], always);
    expect(same.status).to.equal(0);
    expect(same.stdout).to.not.contain('kops-live-pool-mode');
    const other = await kops(['edit', '--set', mode, '--live'], {});
    expect(other.status).to.equal(0);
    expect(other.stdout).to.contain('[kops-live-pool-mode]');
    const range = ['edit', '--set', 'spec.podCIDR=100.72.0.0/16', '--live'];
    const refused = await kops(
      range,
      {},
      { text: document.replace('  networking:', '  podCIDR: 100.104.0.0/13\n  networking:') },
    );
    expect(refused.status).to.equal(2);
  });

  it('edits beside the cluster that is named, and names it again in the hints', async () => {
    const asked: Asked = { choices: [], closed: 0 };
    const set = ['--set', 'spec.networking.calico.ipipMode=Always'];
    const reach = ['--kubeconfig', 'kube.yaml', '--context', 'c'];
    const { status, stdout, stderr } = await kops(['edit', ...set, ...reach], {}, { asked });
    expect(status).to.equal(0);
    expect(asked).to.deep.equal({
      choices: [{ kubeconfig: 'kube.yaml', context: 'c' }],
      closed: 1,
    });
    expect(stdout).to.contain('--live --kubeconfig kube.yaml --context c prints the steps');
    expect(stderr).to.contain('the running cluster is https://10.0.0.1:6443');
  });

  it('says what counts where the cluster sets nothing', async () => {
    const text = document.replace('calico: {}', 'calico: {wireguardEnabled: true}');
    const daemonSets = known([workload('calico-node', [['calico-node', 'calico/node:v3.26.1']])]);
    for (const command of ['check', 'explain']) {
      const { stdout } = await kops([command, '--live'], { daemonSets }, { text });
      expect(stdout).to.match(/does not set it(?:, so that|:) Calico's own false counts/u);
    }
  });

  it('lets an edit through that repairs another thing than what breaks', async () => {
    const broken = { pools: known([{ ...usualPool, cidr: '192.168.0.0/16' }]) };
    const mtu = await kops(['edit', '--set', 'spec.networking.calico.mtu=8981', '--live'], broken);
    expect(mtu.status).to.equal(0);
    expect(mtu.stdout).to.contain('warning: spec.podCIDR is 100.96.0.0/11');
  });

  it('refuses a file with several clusters', async () => {
    const text = `${document}---\n${document.replace('c.example', 'd.example')}`;
    const { status, stderr } = await kops(['check', '--live'], {}, { text });
    expect(status).to.equal(2);
    expect(stderr).to.contain('the file has several (c.example.com, d.example.com)');
  });

  it('says why the cluster cannot be reached', async () => {
    const { status, stderr } = await run(['kops', 'check', '-', '--live'], {
      input: document,
      connectLivingKops: () =>
        Promise.reject(new AppError('invalid-settings', 'cannot find credentials')),
    });
    expect(status).to.not.equal(0);
    expect(stderr).to.contain('cannot find credentials');
  });
});
