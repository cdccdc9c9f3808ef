import { expect } from 'chai';
import type { NodeSettings } from '../../../core/calico/node.ts';
import { exportConfig } from '../../../core/export/export-config.ts';
import { planChanges } from '../../../core/plan/plan-changes.ts';
import type { CalicoResource } from '../../../core/calico/resource.ts';
import { render } from '../../../core/render/render.ts';
import type { SurveyedCluster, SurveyedNode } from '../../../core/survey/surveyed-cluster.ts';
import { resolveAll } from '../../support/samples/models.ts';
import { bgpPeer, factsOf, modelOf, survey } from './surveys.ts';

const apiVersion = 'projectcalico.org/v3';

function v3(kind: string, name: string, spec: object): object {
  return { apiVersion, kind, metadata: { name }, spec };
}

function pool(name: string, spec: Partial<Extract<CalicoResource, { kind: 'IPPool' }>['spec']>) {
  const base = { cidr: '10.1.0.0/16', ipipMode: 'Never', vxlanMode: 'Never' } as const;
  const whole = { ...base, natOutgoing: false, ...spec };
  return { apiVersion, kind: 'IPPool', metadata: { name }, spec: whole } as const;
}

function node(name: string, address: string, settings: Partial<NodeSettings> = {}): SurveyedNode {
  const addresses = [{ family: 4, address, prefixLength: 24 }] as const;
  return { name, addresses, labels: {}, settings: { groupLabels: [], ...settings } };
}

/** Without the comments above the document. */
function body({ text }: { readonly text: string }): string {
  return text.slice(text.indexOf('kind: NetworkConfig\n') + 'kind: NetworkConfig\n'.length);
}

function told(cluster: SurveyedCluster): readonly string[] {
  return exportConfig(cluster).issues.map(({ severity, message }) => `${severity} ${message}`);
}

describe('the exported document', () => {
  it('of an empty cluster is none: an empty document must not look like a configuration', () => {
    for (const nodes of [[], [node('node-0', '10.0.0.2')]]) {
      const exported = exportConfig(survey({ nodes }));
      expect(exported.text).to.equal('');
      expect(exported.issues).to.have.length(1);
      expect(exported.issues[0]).to.include({ severity: 'error', code: 'export-empty' });
      expect(exported.issues[0]?.hint).to.match(/choose with --from, --kubeconfig or --directory/);
    }
  });

  it('of a cluster that the charm made has one group for each rack', () => {
    const racks = [
      ['calico-0', 'node-0', '10.0.0.2', 64512],
      ['calico-1', 'node-1', '10.0.0.3', 64512],
      ['calico-2', 'node-2', '10.0.1.2', 64513],
      ['calico-10', 'node-10', '10.0.1.3', 64513],
    ] as const;
    const peers = racks.map(([unit, name, address, asNumber]) => {
      const tor = address.replace(/\d+$/, '1');
      return bgpPeer(`${unit}-${tor.replaceAll('.', '-')}-${asNumber}`, {
        node: name,
        peerIP: tor,
        asNumber,
      });
    });
    const cluster = survey({
      nodes: racks.map(([, name, address, asNumber]) =>
        node(
          name,
          address,
          name === 'node-0' ? { asNumber, routeReflectorClusterID: '1.0.0.1' } : { asNumber },
        ),
      ),
      resources: [
        {
          apiVersion,
          kind: 'BGPConfiguration',
          metadata: { name: 'default' },
          spec: { asNumber: 64512, nodeToNodeMeshEnabled: false },
        },
        ...peers,
        pool('ipv4', { cidr: '192.168.0.0/16', ipipMode: 'CrossSubnet', natOutgoing: true }),
      ],
    });
    expect(exportConfig(cluster).issues).to.deep.equal([]);
    expect(body(exportConfig(cluster))).to.equal(`bgp:
  asNumber: 64512
  nodeToNodeMesh: false
  peering: per-node
pools:
  - name: ipv4
    cidr: 192.168.0.0/16
    ipip: CrossSubnet
    natOutgoing: true
unknownPools: keep
groups:
  # These are all nodes of their subnets; to say so, for nodes to come as well: match: { subnets: [10.0.0.0/24] }
  - name: peers-of-10.0.0.1
    match: { nodes: [node-0, node-1] }
    peers:
      - { address: 10.0.0.1, asNumber: 64512 }
  - name: node-0
    match: { nodes: [node-0] }
    routeReflectorClusterId: 1.0.0.1
  # These are all nodes of their subnets; to say so, for nodes to come as well: match: { subnets: [10.0.1.0/24] }
  - name: as-64513
    match: { nodes: [node-2, node-10] }
    asNumber: 64513
    peers:
      - { address: 10.0.1.1, asNumber: 64513 }
`);
  });

  it('describes a pool completely when it is not Calico’s default', () => {
    const resources = [
      pool('a', { cidr: '10.1.0.0/16', ipipMode: 'Always', blockSize: 26, nodeSelector: 'all()' }),
      pool('b', {
        cidr: 'fd00:1::/48',
        vxlanMode: 'CrossSubnet',
        natOutgoing: true,
        blockSize: 120,
        nodeSelector: "zone == 'west'",
        disabled: true,
        assignmentMode: 'Manual',
      }),
    ];
    expect(body(exportConfig(survey({ resources })))).to.equal(`pools:
  - name: a
    cidr: 10.1.0.0/16
    ipip: Always
  - name: b
    cidr: 'fd00:1::/48'
    vxlan: CrossSubnet
    natOutgoing: true
    blockSize: 120
    nodeSelector: 'zone == ''west'''
    disabled: true
    assignmentMode: Manual
unknownPools: keep
`);
  });

  it('keeps the selectors of peers as they were written, and has peers of every node as global ones', () => {
    const selector = "rack == 'r1' && !has(gpu)";
    const resources = [
      bgpPeer('tor', { nodeSelector: selector, peerIP: '[fd00::1]:1179', asNumber: 4200000001 }),
      bgpPeer('global', { peerIP: '10.0.0.1:179', asNumber: 64512 }),
    ];
    const { bgp, groups } = modelOf(exportConfig(survey({ resources })));
    expect(bgp.peers).to.have.length(1);
    expect(bgp.peers[0]).to.include({ address: '10.0.0.1', port: 179, asNumber: 64512 });
    expect(groups.map(({ name, match }) => [name, match.selector?.value.text])).to.deep.equal([
      ['rack-r1-has-gpu', selector],
    ]);
    expect(groups[0]?.peers[0]).to.include({
      address: 'fd00::1',
      port: 1179,
      asNumber: 4200000001,
    });
  });

  it('has a port that only one of two objects has, and says that the other object will get it', () => {
    const resources = [
      bgpPeer('a', { node: 'node-0', peerIP: '10.9.0.1:179', asNumber: 64512 }),
      bgpPeer('b', { nodeSelector: 'has(x)', peerIP: '10.9.0.1', asNumber: 64512 }),
      bgpPeer('c', { nodeSelector: 'has(x)', peerIP: '10.9.0.2', asNumber: 64512 }),
    ];
    const exported = exportConfig(survey({ resources }));
    const ports = modelOf(exported).groups.flatMap(({ peers }) =>
      peers.map(({ address, port }) => `${address} ${port ?? '-'}`),
    );
    expect(ports).to.have.members(['10.9.0.1 179', '10.9.0.1 179', '10.9.0.2 -']);
    expect(exported.issues.map(({ message }) => message)).to.deep.equal([
      '10.9.0.1 has no port in BGPPeer "b", and port 179 in BGPPeer "a": the document says 179 for both, and applying it writes the port into the first',
      'BGPPeers name nodes that are not known here: node-0; they are in the document all the same',
    ]);
  });

  it('quotes strange names, so that a reader keeps them', () => {
    const names = ['1e5', 'yes', 'Node-3', "o'hara", 'zürich', '0x10', '~', 'a: b #c'];
    const nodes = names.map((name, index) =>
      node(name, `10.0.0.${index + 2}`, { asNumber: 64600 }),
    );
    const [group] = modelOf(exportConfig(survey({ nodes }))).groups;
    expect(group?.match.nodes?.map(({ value }) => value)).to.have.members(
      names.map((name) => name.toLowerCase()),
    );
  });

  it('keeps the settings of nodes even when the cluster has the same ones', () => {
    const cluster = survey({
      nodes: [
        node('a', '10.0.0.2', { asNumber: 64512 }),
        node('b', '10.0.0.3', { asNumber: 64512 }),
      ],
      resources: [
        {
          apiVersion,
          kind: 'BGPConfiguration',
          metadata: { name: 'default' },
          spec: { asNumber: 64512 },
        },
      ],
    });
    const model = modelOf(exportConfig(cluster));
    const desired = render(model, resolveAll(model, factsOf(cluster)), { cluster: true });
    expect(desired.nodes.map(({ settings }) => settings.asNumber)).to.deep.equal([64512, 64512]);
    const changes = planChanges(desired, cluster).steps.flatMap((step) => step.changes);
    expect(changes.filter(({ action }) => action === 'patch-node')).to.deep.equal([]);
  });

  it('counts a node among the peers of others only when they agree on its AS number', () => {
    const reflector = node('node-0', '10.0.0.2');
    const v6 = { family: 6, address: 'fd00::2', prefixLength: 64 } as const;
    const cluster = survey({
      nodes: [
        { ...reflector, addresses: [...reflector.addresses, v6] },
        node('node-1', '10.0.0.3'),
        node('node-2', '10.0.0.4'),
      ],
      resources: [
        bgpPeer('a', { node: 'node-0', peerIP: '10.0.9.1', asNumber: 64512 }),
        bgpPeer('b', { node: 'node-1', peerIP: '10.0.9.1', asNumber: 64512 }),
        bgpPeer('c', { node: 'node-1', peerIP: '10.0.0.2', asNumber: 64600 }),
        bgpPeer('d', { node: 'node-2', peerIP: '10.0.0.2', asNumber: 64512 }),
        bgpPeer('e', { node: 'node-2', peerIP: 'fd00::2', asNumber: 64512 }),
      ],
    });
    expect(told(cluster)).to.deep.equal([]);
    const [, ofNode1, ofNode2] = resolveAll(modelOf(exportConfig(cluster)), factsOf(cluster));
    const peers = [ofNode1, ofNode2].map((one) =>
      one?.peers.map(({ address, asNumber }) => `${address} AS ${asNumber}`),
    );
    expect(peers).to.deep.equal([
      ['10.0.0.2 AS 64600', '10.0.9.1 AS 64512'],
      ['10.0.0.2 AS 64512', 'fd00::2 AS 64512'],
    ]);
  });

  it('contains 5,000 nodes within seconds', function () {
    this.timeout(60_000);
    const nodes = Array.from({ length: 5000 }, (_, index) => {
      const rack = Math.floor(index / 50);
      return node(`node-${index}`, `10.${rack}.0.${(index % 50) + 2}`, {
        asNumber: 4200000000 + rack,
      });
    });
    const peers = nodes.map(({ name }, index) =>
      bgpPeer(`${name}-tor`, {
        node: name,
        peerIP: `10.${Math.floor(index / 50)}.0.1`,
        asNumber: 65000,
      }),
    );
    const cluster = survey({ nodes, resources: peers });
    const begin = process.cpuUsage();
    const exported = exportConfig(cluster);
    expect(process.cpuUsage(begin).user / 1e6, 's of computing').to.be.lessThan(10);
    expect(exported.issues).to.deep.equal([]);
    expect(modelOf(exported).groups).to.have.length(100);
  });
});

describe('settings that a NetworkConfig cannot have', () => {
  it('are named object by object, and left out of the document', () => {
    const secret = { secretKeyRef: { name: 'bgp', key: 'tor' }, plain: 'hunter2' };
    const documents = [
      v3('BGPPeer', 'rr', { nodeSelector: 'all()', peerSelector: "role == 'rr'" }),
      v3('BGPPeer', 'no-as', { peerIP: '10.0.0.1' }),
      v3('BGPPeer', 'broken', { peerIP: '10.0.0.1', asNumber: 'abc' }),
      v3('BGPConfiguration', 'node.a', { listenPort: 1179 }),
      v3('BGPFilter', 'no-default', { exportV4: [] }),
      v3('BGPPeer', 'with-password', { peerIP: '10.0.0.9', asNumber: 64512, password: secret }),
      v3('NetworkPolicy', 'other', {}),
    ];
    const resources = [
      bgpPeer('with-password', { peerIP: '10.0.0.9', asNumber: 64512 }),
      bgpPeer('sayable', { peerIP: '10.0.0.8', asNumber: 64512 }),
    ];
    const cluster = { ...survey({ resources }), documents };
    const { text, issues } = exportConfig(cluster);
    const stays = 'it is left out, and stays in the cluster as it is, not managed';
    expect(issues.map(({ message }) => message)).to.deep.equal([
      `BGPPeer "with-password" has password (Secret "bgp", key "tor"), for which there are no words here: ${stays}`,
      `BGPPeer "rr" says nodeSelector "all()", peerSelector "role == 'rr'": ${stays}`,
      `BGPPeer "no-as" says peerIP "10.0.0.1", and no asNumber: ${stays}`,
      `BGPPeer "broken" is broken (spec.asNumber has the wrong type): ${stays}`,
      `BGPConfiguration "node.a" says listenPort 1179 for one node: ${stays}`,
      `BGPFilter "no-default" is a filter of routes: ${stays}`,
    ]);
    expect(issues.every(({ severity }) => severity === 'warning')).to.equal(true);
    expect(text).to.contain('4 BGPPeers, 0 IPPools');
    expect(text).to.not.contain('hunter2');
    const { bgp } = modelOf({ text, issues });
    expect(bgp.peers.map(({ address }) => address)).to.deep.equal(['10.0.0.8']);
    for (const { message } of issues) expect(text).to.contain(`# - ${message}`);
  });

  it('are named field by field when they stay in place, and Calico’s own defaults are not', () => {
    const documents = [
      v3('BGPConfiguration', 'default', {
        asNumber: 64512,
        logSeverityScreen: 'Info',
        serviceLoadBalancerAggregation: 'Enabled',
        communities: [{ name: 'a', value: '1:2' }],
        nodeMeshPassword: { secretKeyRef: { name: 'mesh', key: 'k' } },
      }),
      v3('IPPool', 'p', { cidr: '10.1.0.0/16', allowedUses: ['Tunnel'], disableBGPExport: false }),
    ];
    const resources = [
      {
        apiVersion,
        kind: 'BGPConfiguration',
        metadata: { name: 'default' },
        spec: { asNumber: 64512 },
      } as const,
      pool('p', {}),
    ];
    const rest = 'for which there are no words here: it stays as it is, not managed';
    expect(told({ ...survey({ resources }), documents })).to.deep.equal([
      `note BGPConfiguration "default" has communities [{"name":"a","value":"1:2"}], ${rest}`,
      `note BGPConfiguration "default" has nodeMeshPassword (Secret "mesh", key "k"), ${rest}`,
      `note IPPool "p" has allowedUses ["Tunnel"], ${rest}`,
    ]);
  });

  it('never include a peer of ours, even with additions: left out it would be deleted', () => {
    const peer = bgpPeer('calico-agent-10.0.0.9', { peerIP: '10.0.0.9', asNumber: 64512 });
    const labels = { 'app.kubernetes.io/managed-by': 'calico-agent' };
    const annotations = { 'calico-agent/share': 'cluster', 'calico-agent/revision': 'local:x#1' };
    const ours = { ...peer, metadata: { ...peer.metadata, labels, annotations } };
    const document = { ...ours, spec: { ...ours.spec, filters: ['f'] } };
    const owner = { scope: { kind: 'cluster' }, lineage: 'local:x', number: 1 } as const;
    const cluster = {
      ...survey({}),
      resources: [{ resource: ours, owner }],
      documents: [document],
    };
    expect(modelOf(exportConfig(cluster)).bgp.peers).to.have.length(1);
    expect(told(cluster)).to.deep.equal([
      'note BGPPeer "calico-agent-10.0.0.9" has filters ["f"], for which there are no words here: it stays as it is, not managed',
    ]);
  });

  it('include two AS numbers for one neighbour: a global peer decides, else neither is written', () => {
    const nodes = [node('a', '10.0.0.2'), node('b', '10.0.0.3')];
    const resources = [
      bgpPeer('global', { peerIP: '10.9.0.1', asNumber: 64512 }),
      bgpPeer('beaten', { node: 'a', peerIP: '10.9.0.1', asNumber: 64600 }),
      bgpPeer('this', { node: 'b', peerIP: '10.9.0.2', asNumber: 64512 }),
      bgpPeer('or-that', { nodeSelector: 'all()', peerIP: '10.9.0.2', asNumber: 64600 }),
    ];
    const cluster = survey({ nodes, resources });
    const left = told(cluster).flatMap((text) => /BGPPeer "([^"]+)"/.exec(text)?.[1] ?? []);
    expect(left).to.have.members(['beaten', 'this', 'or-that']);
    const { bgp, groups } = modelOf(exportConfig(cluster));
    expect(bgp.peers.map(({ address, asNumber }) => [address, asNumber])).to.deep.equal([
      ['10.9.0.1', 64512],
    ]);
    expect(groups).to.deep.equal([]);
  });

  it('include everything that check would refuse, with the words of check', () => {
    const resources = [
      bgpPeer('reserved', { peerIP: '10.0.0.1', asNumber: 23456 }),
      bgpPeer('zone', { peerIP: 'fe80::1', asNumber: 64512 }),
      bgpPeer('port', { nodeSelector: 'has(x)', peerIP: '10.0.0.1:99999', asNumber: 64512 }),
      bgpPeer('selector', { nodeSelector: "rack = 'r1'", peerIP: '10.0.0.1', asNumber: 64512 }),
      bgpPeer('fine', { peerIP: '10.0.0.7', asNumber: 64512 }),
      pool('host-bits', { cidr: '10.1.0.1/16' }),
      pool('good', { cidr: '10.2.0.0/16' }),
      pool('overlap', { cidr: '10.2.1.0/24' }),
      {
        apiVersion,
        kind: 'BGPConfiguration',
        metadata: { name: 'default' },
        spec: { listenPort: 0, serviceClusterIPs: [{ cidr: '10.0.0.1/8' }] },
      } as const,
    ];
    const nodes = [node('a', '10.0.0.2', { asNumber: 65535 })];
    const cluster = survey({ nodes, resources });
    const { bgp, pools, groups } = modelOf(exportConfig(cluster));
    expect(bgp.peers.map(({ address }) => address)).to.deep.equal(['10.0.0.7']);
    expect(pools?.map(({ name }) => name)).to.deep.equal(['good']);
    expect([bgp.listenPort, bgp.serviceClusterIPs, groups]).to.deep.equal([
      undefined,
      undefined,
      [],
    ]);
    const text = told(cluster).join('\n');
    for (const name of ['reserved', 'zone', 'port', 'selector', 'host-bits', 'overlap']) {
      expect(text).to.match(new RegExp(`(BGPPeer|IPPool) "${name}"`));
    }
    expect(text).to.contain('listenPort').and.contain('serviceClusterIPs').and.contain('65535');
  });

  it('include a node that does not exist, or has other capital letters', () => {
    const nodes = [node('node-1', '10.0.0.2')];
    const resources = [
      bgpPeer('gone', { node: 'node-9', peerIP: '10.9.0.1', asNumber: 64512 }),
      bgpPeer('capital', { node: 'Node-1', peerIP: '10.9.0.1', asNumber: 64512 }),
    ];
    const cluster = survey({ nodes, resources });
    expect(told(cluster)).to.have.length(2);
    expect(modelOf(exportConfig(cluster)).groups).to.deep.equal([]);
  });

  it('cannot break out of the comments', () => {
    const documents = [v3('BGPFilter', 'x\nbgp: {asNumber: 1}', {})];
    const resources = [bgpPeer('a', { peerIP: '10.0.0.8', asNumber: 64512 })];
    expect(modelOf(exportConfig(survey({ documents, resources }))).bgp).to.not.have.property(
      'asNumber',
    );
  });
});
