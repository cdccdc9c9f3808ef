import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { inFolder, run, type Ran } from '../run-command.ts';

const config = `
apiVersion: calico-agent/v1
kind: NetworkConfig
bgp: {asNumber: 64512, nodeToNodeMesh: false}
pools: [{name: ipv4, cidr: 192.168.0.0/16}]
groups:
  - name: rack-0
    match: {subnets: [10.0.0.0/23]}
    asNumber: 64513
    peers: [{address: 10.0.0.1, asNumber: 64513}]
`;
const nodes = `
- {name: node-0, addresses: [10.0.0.2/24]}
- {name: node-1, addresses: [10.0.1.2/24]}
`;

async function render(...options: readonly string[]): Promise<Ran> {
  return renderOf(config, nodes, ...options);
}

async function renderOf(text: string, fleet: string, ...options: readonly string[]): Promise<Ran> {
  return inFolder(async (folder) => {
    await writeFile(`${folder}/nodes.yaml`, fleet);
    const argv = ['render', '-', '--nodes', `${folder}/nodes.yaml`, ...options];
    return await run(argv, { input: text });
  });
}

function kindsIn(text: string): unknown[] {
  return [...parseAllDocuments(text)].flatMap((document) => document.get('kind') ?? []);
}

describe('calico-agent render', () => {
  it('prints the scopes of all nodes and of the cluster', async () => {
    const { status, stdout, stderr } = await render();
    expect(status).to.equal(0);
    expect(stderr)
      .to.match(/^stdin:\d+:\d+: warning: calicoctl apply replaces the whole BGPConfiguration/)
      .and.contain('calicoctl-replaces');
    expect(kindsIn(stdout)).to.have.members(['IPPool', 'BGPPeer', 'BGPConfiguration']);
    expect(stdout).to.match(/^# calicoctl patch node node-0 /m);
    expect(stdout).to.match(/^# calicoctl patch node node-1 /m);
  });

  it('prints the scope of one node alone, with --node', async () => {
    const { status, stdout } = await render('--node', 'node-0', '--peering', 'per-node');
    expect(status).to.equal(0);
    expect(kindsIn(stdout)).to.deep.equal(['BGPPeer']);
    expect(stdout).to.match(/^ {2}node: node-0$/m);
    expect(stdout).to.contain('node-0').and.not.contain('node-1');
  });

  it('prints nothing on stderr when the tool does what people expect', async () => {
    const { stderr } = await render('--for', 'kubectl');
    expect(stderr).to.equal('');
  });

  it('warns of AS numbers that strict API servers refuse, for kubectl only', async () => {
    const big = config.replaceAll('asNumber: 64513}', 'asNumber: 4200000000}');
    for (const tool of ['kubectl', 'kubectl-v3']) {
      expect((await renderOf(big, nodes, '--for', tool)).stderr).to.contain('as-number-int32');
    }
    expect((await renderOf(big, nodes)).stderr).to.not.contain('as-number-int32');
  });

  it('takes several nodes', async () => {
    const { stdout } = await render('--node', 'node-1', '--node', 'node-0');
    expect(stdout.match(/^# calicoctl patch node \S+/gm)).to.deep.equal([
      '# calicoctl patch node node-0',
      '# calicoctl patch node node-1',
    ]);
  });

  it('refuses an unknown node, and suggests the nearest name', async () => {
    const { status, stdout, stderr } = await render('--node', 'nod-1');
    expect([status, stdout]).to.deep.equal([2, '']);
    expect(stderr).to.equal(
      'calico-agent: cannot render node "nod-1": NODES has no such node; did you mean "node-1"?\n',
    );
  });

  const tools: readonly (readonly [string, string, string])[] = [
    ['calicoctl', 'projectcalico.org/v3', '# calicoctl patch node node-0 '],
    ['kubectl', 'crd.projectcalico.org/v1', '# kubectl annotate node node-0 '],
    ['kubectl-v3', 'projectcalico.org/v3', '# kubectl annotate node node-0 '],
  ];
  for (const [tool, version, command] of tools) {
    it(`prints documents that ${tool} applies`, async () => {
      const { stdout } = await render('--for', tool);
      const versions = stdout.match(/(?<=^apiVersion: ).*/gm);
      expect(new Set(versions)).to.deep.equal(new Set([version]));
      expect(stdout).to.contain(command);
    });
  }

  const goldens: readonly (readonly [string, readonly string[]])[] = [
    ['calicoctl', []],
    ['kubectl', ['--for', 'kubectl']],
    ['kubectl-v3', ['--for', 'kubectl-v3']],
    ['per-node', ['--peering', 'per-node']],
  ];
  for (const [golden, options] of goldens) {
    it(`prints the example as-per-rack like ${golden}.yaml`, async () => {
      const folder = fileURLToPath(new URL('../../../../examples/as-per-rack', import.meta.url));
      const expected = await readFile(`${folder}/expected/${golden}.yaml`, 'utf8');
      const argv = ['render', `${folder}/config.yaml`, '--nodes', `${folder}/nodes.yaml`];
      const { status, stdout } = await run([...argv, ...options]);
      expect(status).to.equal(0);
      expect(stdout).to.equal(expected);
    });
  }

  it('prints whole Nodes on demand', async () => {
    const { stdout } = await render('--with-nodes', '--node', 'node-0');
    expect(kindsIn(stdout)).to.deep.equal(['Node']);
    expect(stdout).to.match(/^ {2}name: node-0$/m);
  });

  it('prints nothing of a refused configuration but its issues, on stderr', async () => {
    const broken = config
      .replace('asNumber: 64513,', 'asNumber: 0,')
      .replace('10.0.0.1,', '10.0.0,');
    const { status, stdout, stderr } = await renderOf(broken, nodes);
    expect([status, stdout]).to.deep.equal([2, '']);
    expect(stderr)
      .to.match(/^stdin:\d+:\d+: error: /m)
      .and.match(/errors?.*: nothing is rendered\n$/);
  });

  it('prints nothing when the nodes are refused', async () => {
    const { status, stdout, stderr } = await renderOf(config, '- {name: a, units: [calico]}');
    expect([status, stdout]).to.deep.equal([2, '']);
    expect(stderr).to.contain('nodes.yaml:1:').and.contain('1 error: nothing is rendered\n');
  });

  it('says on stderr that a document asks for no resource of Calico', async () => {
    const { status, stdout, stderr } = await renderOf(
      'apiVersion: calico-agent/v1\nkind: NetworkConfig\nplatform: k3s\nk3s: {loadBalancer: metallb}\n',
      nodes,
    );
    expect({ status, stdout }).to.deep.equal({ status: 0, stdout: '' });
    expect(stderr).to.contain('asks for no resource of Calico');
  });

  it('prints notes and warnings on stderr', async () => {
    const fleet = '- {name: node-0, addresses: [10.0.0.1/24]}';
    const { status, stdout, stderr } = await renderOf(config, fleet);
    expect(status).to.equal(0);
    expect(stdout).to.contain('kind: IPPool');
    expect(stderr).to.contain('note: peer 10.0.0.1').and.contain('is the node itself');
  });

  it('warns in the documents and on stderr that whole Nodes replace living ones', async () => {
    const { status, stdout, stderr } = await render('--with-nodes');
    expect(status).to.equal(0);
    expect(stderr)
      .to.contain('warning: calicoctl apply replaces a Node')
      .and.contain('[whole-nodes]');
    expect(stdout.match(/^# warning: calicoctl apply replaces a Node/gm)).to.have.length(2);
    expect((await render()).stderr).not.to.contain('whole-nodes');
  });
});
