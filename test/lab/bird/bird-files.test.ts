/** The lab's renderer by Calico's rules; its sessions are those of Calico's own confd. */
import { expect } from 'chai';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { needsBird1 } from '../../support/machine/network.ts';
import { renderBirdFile } from './bird-files.ts';
import { refusalOf } from './bird-process.ts';
import { calicoSessions, type CalicoSession } from '../calico/calico-sessions.ts';
import {
  affinityKey,
  calicoStateOf,
  resourceKey,
  type CalicoDocument,
  type CalicoState,
} from '../calico/calico-state.ts';

type Spec = Readonly<Record<string, unknown>>;
type Labels = Readonly<Record<string, string>>;

function node(index: number, bgp: Spec = {}, labels: Labels = {}): CalicoDocument {
  const addresses = {
    ipv4Address: `10.0.0.${String(index)}/24`,
    ipv6Address: `fd00:10::${String(index)}/64`,
  };
  const name = `node-${String(index)}`;
  return { kind: 'Node', metadata: { name, labels }, spec: { bgp: { ...addresses, ...bgp } } };
}

function peer(spec: Spec, name = 'peer'): CalicoDocument {
  return { kind: 'BGPPeer', metadata: { name }, spec };
}

function configuration(spec: Spec, name = 'default'): CalicoDocument {
  return { kind: 'BGPConfiguration', metadata: { name }, spec };
}

function state(...documents: readonly CalicoDocument[]): CalicoState {
  return { documents, blocks: new Map([['node-1', ['192.168.1.0/26', 'fd00:192:168:1::/122']]]) };
}

const noMesh = configuration({ nodeToNodeMeshEnabled: false });

function namesOn(name: string, given: CalicoState, family: 4 | 6 = 4): readonly string[] {
  return calicoSessions(given, name, family).map((session) => session.name);
}

function sessionOn(name: string, neighbor: string, given: CalicoState): CalicoSession | undefined {
  const family = neighbor.includes(':') ? 6 : 4;
  return calicoSessions(given, name, family).find((session) => session.neighbor === neighbor);
}

describe('the sessions that calico-node makes', () => {
  it('are a mesh by default, of both families', () => {
    const given = state(node(1), node(2), node(3));
    expect(namesOn('node-1', given)).to.deep.equal(['Mesh_10_0_0_2', 'Mesh_10_0_0_3']);
    expect(namesOn('node-1', given, 6)).to.deep.equal(['Mesh_fd00_10__2', 'Mesh_fd00_10__3']);
  });

  it('leave out of the mesh a node with a cluster ID, on both sides', () => {
    const given = state(node(1, { routeReflectorClusterID: '0.0.0.1' }), node(2), node(3));
    expect(namesOn('node-1', given)).to.deep.equal([]);
    expect(namesOn('node-2', given)).to.deep.equal(['Mesh_10_0_0_3']);
  });

  it('wait in the mesh on the side whose peer has the greater address as text', () => {
    const given = state(node(9), node(10));
    expect(sessionOn('node-10', '10.0.0.9', given)?.isPassive).to.equal(true);
    expect(sessionOn('node-9', '10.0.0.10', given)?.isPassive).to.equal(false);
  });

  it('give a mesh peer without an AS number the local one', () => {
    const given = state(node(1, { asNumber: 65001 }), node(2));
    expect(sessionOn('node-1', '10.0.0.2', given)?.asNumber).to.equal(65001);
    expect(sessionOn('node-2', '10.0.0.1', given)?.asNumber).to.equal(65001);
  });

  it('are mirrored for a peer with the address and AS number of a node', () => {
    const given = state(noMesh, node(1), node(2), peer({ peerIP: '10.0.0.2', asNumber: 64512 }));
    expect(namesOn('node-1', given)).to.deep.equal(['Global_10_0_0_2']);
    expect(namesOn('node-2', given)).to.deep.equal(['Node_10_0_0_1']);
  });

  it('are not mirrored with another AS number, or when the setting asks for none', () => {
    const other = state(noMesh, node(1), node(2), peer({ peerIP: '10.0.0.2', asNumber: 64513 }));
    expect(namesOn('node-2', other)).to.deep.equal([]);
    const byHand = peer({ peerIP: '10.0.0.2', asNumber: 64512, reversePeering: 'Manual' });
    expect(namesOn('node-2', state(noMesh, node(1), node(2), byHand))).to.deep.equal([]);
  });

  it('are mirrored for a selector, and never wait', () => {
    const nodes = [node(1), node(2, {}, { role: 'rr' })];
    const given = state(noMesh, ...nodes, peer({ peerSelector: "role == 'rr'" }));
    expect(sessionOn('node-1', '10.0.0.2', given)).to.deep.include({
      name: 'Global_10_0_0_2',
      isPassive: false,
    });
    expect(sessionOn('node-2', '10.0.0.1', given)).to.deep.include({
      name: 'Node_10_0_0_1',
      isPassive: false,
    });
  });

  it('wait for a global peer that is a node with the greater address', () => {
    const given = state(noMesh, node(1), node(2), peer({ peerIP: '10.0.0.2', asNumber: 64512 }));
    expect(sessionOn('node-1', '10.0.0.2', given)?.isPassive).to.equal(true);
    expect(sessionOn('node-2', '10.0.0.1', given)?.isPassive).to.equal(false);
  });

  it('prefer a global peer to one of the node with the same address', () => {
    const spec = { peerIP: '10.9.0.1', asNumber: 65000 };
    const given = state(noMesh, node(1), peer(spec), peer({ ...spec, node: 'node-1' }, 'own'));
    expect(namesOn('node-1', given)).to.deep.equal(['Global_10_9_0_1']);
  });

  it("have a node's listening port, and a port in their name", () => {
    const given = state(
      configuration({ nodeToNodeMeshEnabled: false, listenPort: 1179 }),
      ...[node(1), node(2), peer({ peerIP: '10.0.0.2', asNumber: 64512 })],
      peer({ peerIP: '[fd00:10::9]:99', asNumber: 64512 }, 'v6'),
    );
    expect(namesOn('node-1', given)).to.deep.equal(['Global_10_0_0_2_port_1179']);
    expect(namesOn('node-1', given, 6)).to.deep.equal(['Global_fd00_10__9_port_99']);
  });

  const reflectors = (one: string, other: string, peers: readonly CalicoDocument[]): CalicoState =>
    state(
      ...[noMesh, ...peers, node(3)],
      node(1, { routeReflectorClusterID: one }, { role: 'rr' }),
      node(2, { routeReflectorClusterID: other }, { role: 'rr' }),
    );
  const bySelector = [peer({ peerSelector: "role == 'rr'" })];
  const byAddress = ['10.0.0.1', '10.0.0.2'].map((peerIP) =>
    peer({ peerIP, asNumber: 64512 }, peerIP),
  );

  it('reflect to clients, and to no reflector of the same cluster', () => {
    const same = reflectors('0.0.0.1', '0.0.0.1', bySelector);
    expect(sessionOn('node-1', '10.0.0.3', same)?.reflectsAs).to.equal('0.0.0.1');
    expect(sessionOn('node-1', '10.0.0.2', same)?.reflectsAs).to.equal(undefined);
    expect(sessionOn('node-3', '10.0.0.1', same)?.reflectsAs).to.equal(undefined);
    const two = reflectors('0.0.0.1', '0.0.0.2', bySelector);
    expect(sessionOn('node-1', '10.0.0.2', two)?.reflectsAs).to.equal('0.0.0.1');
  });

  it('reflect between reflectors of one cluster that are peers by address', () => {
    const given = reflectors('0.0.0.1', '0.0.0.1', byAddress);
    expect(sessionOn('node-1', '10.0.0.2', given)?.reflectsAs).to.equal('0.0.0.1');
  });

  it('reflect to nobody of another AS number', () => {
    const client = node(2, { routeReflectorClusterID: '0.0.0.1' });
    const given = state(noMesh, client, peer({ peerIP: '10.9.0.1', asNumber: 65000 }));
    expect(sessionOn('node-2', '10.9.0.1', given)?.reflectsAs).to.equal(undefined);
  });

  it('keep the next hop for another AS number only, unless nextHopMode sets it', () => {
    const given = (spec: Spec): string | undefined =>
      sessionOn('node-1', '10.9.0.1', state(noMesh, node(1), peer({ peerIP: '10.9.0.1', ...spec })))
        ?.nextHop;
    expect(given({ asNumber: 65000, keepOriginalNextHop: true })).to.equal('keep');
    expect(given({ asNumber: 64512, keepOriginalNextHop: true })).to.equal(undefined);
    expect(given({ asNumber: 64512, nextHopMode: 'Keep' })).to.equal('keep');
    expect(given({ asNumber: 65000, keepOriginalNextHop: true, nextHopMode: 'Self' })).to.equal(
      'self',
    );
  });
});

describe("the lab's files for BIRD", () => {
  let folder: string | undefined;
  before(async function () {
    needsBird1(this);
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-bird-files-'));
  });
  after(async () => {
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  const refused = async (given: CalicoState, family: 4 | 6): Promise<string | undefined> => {
    const file = path.join(folder ?? '', 'bird.cfg');
    await writeFile(file, renderBirdFile(given, 'node-1', family));
    return refusalOf(file, family);
  };
  const pools = ['192.168.0.0/16', 'fd00:192:168::/48'].map((cidr, index) => ({
    kind: 'IPPool',
    metadata: { name: `pool-${String(index)}` },
    spec: { cidr },
  }));
  const full = peer({
    ...{ peerIP: '10.9.0.1', asNumber: 65000, localASNumber: 64999, ttlSecurity: 2 },
    ...{ maxRestartTime: '1m30s', keepaliveTime: '10s', numAllowedLocalASNumbers: 2 },
    ...{ keepOriginalNextHop: true, sourceAddress: 'None' },
  });

  it('are accepted by BIRD 1.6, of both families', async () => {
    const reflector = node(1, { routeReflectorClusterID: '0.0.0.1', asNumber: 64600 });
    const given = state(reflector, node(2), full, ...pools, configuration({ listenPort: 1179 }));
    expect(await refused(given, 4)).to.equal(undefined);
    expect(await refused(given, 6)).to.equal(undefined);
    expect(await refused(state(node(1), node(2)), 6)).to.equal(undefined);
  });

  it('are refused by BIRD for a peer without an AS number', async () => {
    const given = state(node(1), peer({ peerIP: '10.9.0.1' }));
    expect(await refused(given, 4)).to.contain('Remote AS number must be set');
  });

  it('contain the blocks of the node, and routes to the pools alone', () => {
    const text = renderBirdFile(state(node(1), ...pools), 'node-1', 4);
    expect(text).to.contain('route 192.168.1.0/26 blackhole;');
    expect(text).to.contain('if (net = 192.168.1.0/26) then { accept; }');
    expect(text).to.contain('if (net ~ 192.168.0.0/16) then { accept; }');
    expect(text).to.not.contain('fd00');
  });

  it('have a router ID made of the name for a node without an IPv4 address', async () => {
    const bgp = { ipv6Address: 'fd00:10::1/64' };
    const given = state({ kind: 'Node', metadata: { name: 'node-1' }, spec: { bgp } }, node(2));
    expect(renderBirdFile(given, 'node-1', 6)).to.contain('router id 53.151.27.230;');
    expect(await refused(given, 6)).to.equal(undefined);
  });

  it('write no route of a pool with tunnels to the kernel', () => {
    const spec = { cidr: '192.168.0.0/16', ipipMode: 'CrossSubnet' };
    const tunnels = { kind: 'IPPool', metadata: { name: 'pool' }, spec };
    const text = renderBirdFile(state(node(1), tunnels), 'node-1', 4);
    expect(text).to.match(
      /filter calico_kernel_programming \{\n {2}if \(net ~ 192\.168\.0\.0\/16\) then \{ reject; \}/,
    );
  });
});

describe("the lab's reading of etcd", () => {
  it('has every resource and block, without values that are not JSON', () => {
    const read = calicoStateOf(
      new Map([
        [resourceKey('nodes', 'node-1'), JSON.stringify(node(1))],
        [resourceKey('bgppeers', 'bad'), 'no JSON'],
        [affinityKey('node-1', '192.168.1.0/26'), '{}'],
        [affinityKey('node-1', 'fd00:192:168:1::/122'), '{}'],
      ]),
    );
    expect(read.documents.map(({ kind }) => kind)).to.deep.equal(['Node']);
    expect(read.blocks.get('node-1')).to.deep.equal(['192.168.1.0/26', 'fd00:192:168:1::/122']);
  });
});
