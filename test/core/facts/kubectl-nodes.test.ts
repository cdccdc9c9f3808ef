import { expect } from 'chai';
import { stringify } from 'yaml';
import { accepted, addressesOf, messagesOf, refused } from './reading-nodes.ts';

/** A core Node as the API server returns it, reduced to a few of its fields. */
function coreNode(name: string, annotations: object, addresses: readonly object[]): object {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      annotations: { 'node.alpha.kubernetes.io/ttl': '0', ...annotations },
      creationTimestamp: '2026-03-02T08:11:09Z',
      labels: { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': 'rack-0' },
      name,
      resourceVersion: '1844674',
      uid: '4f6b3d0e-6f52-4a29-9df9-22aa0a6fb1f3',
    },
    spec: { podCIDR: '10.1.0.0/24', podCIDRs: ['10.1.0.0/24'] },
    status: {
      addresses,
      capacity: { cpu: '32', memory: '263837736Ki', pods: '110' },
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
      nodeInfo: { kubeletVersion: 'v1.34.2', osImage: 'Ubuntu 24.04.3 LTS' },
    },
  };
}

function listOf(...items: readonly object[]): object {
  return { apiVersion: 'v1', items, kind: 'List', metadata: { resourceVersion: '' } };
}

function pretty(value: unknown): string {
  return `${JSON.stringify(value, undefined, 4)}\n`;
}

function lines(...values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}

const withCalico = coreNode(
  'node-0',
  {
    'projectcalico.org/IPv4Address': '10.0.0.2/24',
    'projectcalico.org/IPv6Address': 'fd00:0:0:1::2/64',
    'projectcalico.org/IPv4IPIPTunnelAddr': '192.168.66.0',
    'projectcalico.org/labels': '{"route-reflector":"yes","topology.kubernetes.io/zone":"rack-9"}',
  },
  [
    { address: '172.16.0.2', type: 'InternalIP' },
    { address: 'node-0', type: 'Hostname' },
  ],
);
const withoutCalico = coreNode('node-1', {}, [
  { address: '203.0.113.8', type: 'ExternalIP' },
  { address: '10.0.0.3', type: 'InternalIP' },
  { address: 'fd00:0:0:1:0::3', type: 'InternalIP' },
  { address: '10.9.9.9', type: 'InternalIP' },
]);

describe('kubectl get nodes', () => {
  for (const [form, text] of [
    ['json', JSON.stringify(listOf(withCalico, withoutCalico))],
    ['yaml', stringify(listOf(withCalico, withoutCalico))],
  ] as const) {
    it(`-o ${form} gives names, labels and both families' addresses`, () => {
      const { nodes } = accepted(text);
      expect(nodes.map(({ name }) => name)).to.deep.equal(['node-0', 'node-1']);
      expect(nodes.map(addressesOf)).to.deep.equal([
        ['10.0.0.2/24', 'fd00:0:0:1::2/64'],
        ['10.0.0.3', 'fd00:0:0:1::3'],
      ]);
      expect(nodes[1]?.labels).to.deep.equal({
        'kubernetes.io/hostname': 'node-1',
        'topology.kubernetes.io/zone': 'rack-0',
      });
    });
  }

  it("takes Calico's address before the kubelet's, and Kubernetes' label before Calico's, as Calico does", () => {
    const { nodes } = accepted(JSON.stringify(listOf(withCalico)));
    expect(nodes[0]?.labels).to.deep.equal({
      'kubernetes.io/hostname': 'node-0',
      'topology.kubernetes.io/zone': 'rack-0',
      'route-reflector': 'yes',
    });
  });

  const unnamed = ({
    apiVersion: _version,
    kind: _kind,
    ...item
  }: Record<string, unknown>): object => item;
  for (const [form, text] of [
    ['json', (list: object): string => JSON.stringify(list)],
    ['yaml', (list: object): string => stringify(list)],
  ] as const) {
    it(`are read from the API's own NodeList as ${form}, whose items have no kind`, () => {
      const items = [withCalico, withoutCalico].map((item) => unnamed({ ...item }));
      const list = {
        kind: 'NodeList',
        apiVersion: 'v1',
        metadata: { resourceVersion: '9' },
        items,
      };
      expect(accepted(text(list)).nodes.map(({ name }) => name)).to.deep.equal([
        'node-0',
        'node-1',
      ]);
    });
  }

  const nodeList = { kind: 'NodeList', apiVersion: 'v1', metadata: {} };
  for (const [what, text, names] of [
    ['lines of JSON, as jq -c prints them', lines(withCalico, withoutCalico), 2],
    ['one document behind the other', [withCalico, withoutCalico].map(pretty).join(''), 2],
    ['a list within a list', pretty(listOf(listOf(withCalico), withoutCalico)), 2],
    ['several lists', lines(listOf(withCalico), listOf(withoutCalico)), 2],
    ['what jq -s makes of several lists', JSON.stringify([listOf(withCalico, withoutCalico)]), 2],
    ['an empty list, as Go prints it', JSON.stringify({ ...nodeList, items: null }), 0],
    ['an empty list as YAML', 'apiVersion: v1\nkind: NodeList\nitems: null\n', 0],
    ['YAML with empty documents', `---\n---\n${stringify(withCalico)}---\n# nothing\n`, 1],
  ] as const) {
    it(`are read from ${what}`, () => {
      const all = ['node-0', 'node-1'];
      expect(accepted(text).nodes.map(({ name }) => name)).to.deep.equal(all.slice(0, names));
    });
  }

  it('are not read from a list of other objects', () => {
    const list = { kind: 'PodList', apiVersion: 'v1', items: [{ metadata: { name: 'x' } }] };
    expect(refused(JSON.stringify(list)).map(({ code }) => code)).to.deep.equal(['not-nodes']);
  });

  it('keep labels that somebody wrote without quotes, with a warning', () => {
    const text = `{apiVersion: v1, kind: Node, metadata: {name: node-0, labels: {routeReflector: true, rack: 7, row: 010, odd: [1]}}}`;
    const { nodes, issues } = accepted(`apiVersion: v1\nkind: List\nitems:\n- ${text}\n`);
    expect(nodes[0]?.labels).to.deep.equal({ routeReflector: 'true', rack: '7', row: '010' });
    const odd = issues.find(({ code }) => code === 'label-not-text');
    expect(odd?.message).to.include('routeReflector: true of node-0');
    expect(odd?.hint).to.equal('put the value in quotes: routeReflector: "true"');
  });

  it('names the missing facts once', () => {
    const bare = Array.from({ length: 12 }, (_none, index) =>
      coreNode(`bare-${String(index)}`, {}, [
        { address: `10.0.0.${String(index + 2)}`, type: 'InternalIP' },
      ]),
    );
    const { issues } = accepted(JSON.stringify(listOf(withCalico, ...bare)));
    expect(messagesOf(issues)).to.deep.equal([
      'note: kubectl does not tell Juju units: rules by unit match no node',
      'note: kubectl does not tell the prefix lengths of bare-0, bare-1, bare-2, bare-3, bare-4, bare-5, bare-6, bare-7, bare-8, bare-9 and 2 more, which have no annotation of calico-node: CrossSubnet is not checked for them',
    ]);
  });

  it('takes one node alone, as kubectl get node NAME prints it', () => {
    const { nodes } = accepted(stringify(withCalico));
    expect(nodes.map(({ name }) => name)).to.deep.equal(['node-0']);
  });

  it('reads broken label annotations as no labels', () => {
    const node = coreNode('a', { 'projectcalico.org/labels': '{"x":' }, []);
    const { nodes } = accepted(JSON.stringify(listOf(node)));
    expect(nodes[0]?.labels).to.have.all.keys(
      'kubernetes.io/hostname',
      'topology.kubernetes.io/zone',
    );
  });

  it('warns of an empty list', () => {
    const { issues } = accepted('apiVersion: v1\nitems: []\nkind: List\n');
    expect(issues.map(({ code }) => code)).to.deep.equal(['no-nodes']);
  });

  it('refuses a list of other objects', () => {
    const pods = listOf({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } });
    const [issue] = refused(JSON.stringify(pods));
    expect(issue).to.include({
      code: 'not-nodes',
      message: 'this is a Pod of v1, an object of Kubernetes, not nodes',
    });
  });

  it('refuses a name that a shell could run as a command', () => {
    const node = coreNode('a; reboot', {}, []);
    expect(refused(JSON.stringify(listOf(node))).map(({ code }) => code)).to.deep.equal([
      'bad-name',
    ]);
  });

  it('reads 5,000 nodes of the size that a real cluster has', function () {
    this.timeout(30_000);
    const images = Array.from({ length: 50 }, (_none, index) => ({
      names: [`registry.example.org/team/image-${String(index)}@sha256:${'0'.repeat(64)}`],
      sizeBytes: 123_456_789,
    }));
    const nodes = Array.from({ length: 5000 }, (_none, index) => ({
      ...coreNode(`node-${String(index)}`, {}, [
        { address: `10.${String(index >> 8)}.${String(index & 255)}.2`, type: 'InternalIP' },
      ]),
      images,
    }));
    const text = JSON.stringify(listOf(...nodes), null, 4);
    expect(text.length).to.be.greaterThan(40_000_000);
    expect(accepted(text).nodes).to.have.length(5000);
  });

  it('suggests JSON when YAML is too large', () => {
    const filler = '#'.repeat(16 * 1024 * 1024);
    const [issue] = refused(`apiVersion: v1\nkind: List\nitems: []\n${filler}`);
    expect(issue).to.include({ code: 'too-large' });
    expect(issue?.hint).to.contain('-o json');
  });
});
