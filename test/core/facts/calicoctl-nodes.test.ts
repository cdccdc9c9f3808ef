import { expect } from 'chai';
import { stringify } from 'yaml';
import { accepted, addressesOf, messagesOf } from './reading-nodes.ts';

function calicoNode(name: string, spec: object, labels: object = {}): object {
  return {
    apiVersion: 'projectcalico.org/v3',
    kind: 'Node',
    metadata: {
      creationTimestamp: '2026-03-02T08:12:44Z',
      labels,
      name,
      resourceVersion: '2211',
      uid: '6e0d95a7-55f2-4d3e-8d6a-1f7d8c2f0e11',
    },
    spec,
    status: {},
  };
}

const both = calicoNode(
  'Node-0',
  {
    addresses: [
      { address: '10.0.0.2/24', type: 'CalicoNodeIP' },
      { address: '172.16.0.2', type: 'InternalIP' },
    ],
    bgp: {
      asNumber: 64512,
      ipv4Address: '10.0.0.2/24',
      ipv6Address: 'fd00:0:0:1::2/64',
      routeReflectorClusterID: '224.0.0.1',
    },
    ipv4VXLANTunnelAddr: '192.168.66.0',
    orchRefs: [{ nodeName: 'node-0', orchestrator: 'k8s' }],
  },
  { rack: '0' },
);
const withoutBgp = calicoNode('node-1', {
  addresses: [
    { address: '10.0.0.3/24', type: 'CalicoNodeIP' },
    { address: '10.0.0.3', type: 'InternalIP' },
  ],
  orchRefs: [{ nodeName: 'node-1', orchestrator: 'k8s' }],
});
const list = { apiVersion: 'projectcalico.org/v3', items: [both, withoutBgp], kind: 'NodeList' };

describe('calicoctl get nodes', () => {
  const forms: readonly (readonly [string, string])[] = [
    ['a NodeList as JSON', JSON.stringify(list, null, 2)],
    ['a NodeList as YAML', stringify(list)],
    ['a plain list', JSON.stringify([both, withoutBgp])],
    ['a plain list as YAML', stringify([both, withoutBgp])],
    ['a stream of documents', `${stringify(both)}---\n${stringify(withoutBgp)}`],
  ];
  for (const [form, text] of forms) {
    it(`in ${form} gives names as Calico spells them, labels, and addresses with length`, () => {
      const { nodes } = accepted(text);
      expect(nodes.map(({ name }) => name)).to.deep.equal(['Node-0', 'node-1']);
      expect(nodes.map(addressesOf)).to.deep.equal([
        ['10.0.0.2/24', 'fd00:0:0:1::2/64'],
        ['10.0.0.3/24'],
      ]);
      expect(nodes.map(({ labels }) => labels)).to.deep.equal([{ rack: '0' }, {}]);
    });
  }

  it('names the missing facts once, and the nodes with another name in Kubernetes', () => {
    const { issues } = accepted(JSON.stringify(list));
    expect(messagesOf(issues)).to.deep.equal([
      'note: calicoctl does not tell Juju units: rules by unit match no node',
      "note: nodes have another name in Kubernetes: Node-0 (node-0); Calico's is used",
    ]);
  });

  it('takes an empty NodeList, with a warning', () => {
    const { issues } = accepted(
      '{"kind":"NodeList","apiVersion":"projectcalico.org/v3","items":[]}',
    );
    expect(issues.map(({ code }) => code)).to.deep.equal(['no-nodes']);
  });
});
