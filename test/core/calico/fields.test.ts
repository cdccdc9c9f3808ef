import { expect } from 'chai';
import { bgpConfigurationFields } from '../../../core/calico/bgp-configuration.ts';
import { bgpPeerFields } from '../../../core/calico/bgp-peer.ts';
import { differingSetting, sessionKey } from '../../../core/config/peer/session-settings.ts';
import { readSpec } from '../../../core/calico/field.ts';
import { ipPoolFields } from '../../../core/calico/ip-pool.ts';
import {
  defaultsOf,
  defaultsOfNew,
  otherFields,
  ourFields,
  purposeOf,
  resourceKinds,
} from '../../../core/calico/kinds.ts';
import { apiVersion, type BGPPeer, type IPPool } from '../../../core/calico/resource.ts';
import v1 from '../../fixtures/calico-crds/v1.json' with { type: 'json' };
import v3 from '../../fixtures/calico-crds/v3.json' with { type: 'json' };

function peer(spec: BGPPeer['spec']): BGPPeer {
  return { apiVersion, kind: 'BGPPeer', metadata: { name: 'p' }, spec };
}

function pool(spec: Partial<IPPool['spec']>): IPPool {
  const whole = { ipipMode: 'Never', vxlanMode: 'Never', natOutgoing: false, cidr: '' } as const;
  return { apiVersion, kind: 'IPPool', metadata: { name: 'p' }, spec: { ...whole, ...spec } };
}

describe('the fields of Calico’s resources', () => {
  for (const kind of resourceKinds) {
    it(`are fields of Calico’s own definitions, and each is in one table: ${kind}`, () => {
      const others = Object.keys(otherFields[kind]);
      const known = Object.keys(v3[kind].properties.spec.properties);
      expect(known).to.include.members([...ourFields[kind], ...others]);
      expect(Object.keys(v1[kind].properties.spec.properties)).to.include.members(ourFields[kind]);
      expect(others.filter((field) => ourFields[kind].includes(field))).to.deep.equal([]);
    });
  }

  it('are read one by one, and null is no value', () => {
    const data = { peerIP: '10.0.0.1', asNumber: 65000, node: null, nextHopMode: 'Self' };
    expect(readSpec(bgpPeerFields, data)).to.deep.equal({
      kind: 'spec',
      spec: { peerIP: '10.0.0.1', asNumber: 65000 },
    });
  });

  it('are filled in when a pool does not have them', () => {
    expect(readSpec(ipPoolFields, { cidr: '10.1.0.0/16' })).to.deep.equal({
      kind: 'spec',
      spec: { cidr: '10.1.0.0/16', ipipMode: 'Never', vxlanMode: 'Never', natOutgoing: false },
    });
  });

  it('may have an AS number as text, dotted too, as in Calico', () => {
    const asNumberOf = (asNumber: unknown): unknown => {
      const read = readSpec(bgpPeerFields, { peerIP: '10.0.0.1', asNumber });
      return read.kind === 'spec' ? read.spec.asNumber : read.kind;
    };
    expect(['65000', '1.10', 4_200_000_000].map(asNumberOf)).to.deep.equal([
      65_000, 65_546, 4_200_000_000,
    ]);
    expect([1.1, -1, 2 ** 32, '1.99999999', ''].map(asNumberOf)).to.deep.equal(
      Array.from({ length: 5 }, () => 'broken'),
    );
    expect(readSpec(bgpConfigurationFields, { asNumber: '65000' })).to.deep.include({
      spec: { asNumber: 65_000 },
    });
  });

  it('make an object unusable when one is absent, and broken when one has a wrong type', () => {
    expect(readSpec(bgpPeerFields, { peerIP: '10.0.0.1' })).to.deep.equal({ kind: 'incomplete' });
    expect(readSpec(ipPoolFields, {})).to.deep.equal({ kind: 'incomplete' });
    const broken = [
      readSpec(bgpPeerFields, { peerIP: '10.0.0.1', asNumber: '65000x' }),
      readSpec(ipPoolFields, { ipipMode: 'Sometimes' }),
      readSpec(bgpConfigurationFields, { serviceClusterIPs: [{ cidr: '10.96.0.0/12' }, {}] }),
      readSpec(bgpConfigurationFields, { nodeToNodeMeshEnabled: 'true' }),
    ];
    expect(broken.map((one) => (one.kind === 'broken' ? one.field : one.kind))).to.deep.equal([
      'asNumber',
      'ipipMode',
      'serviceClusterIPs',
      'nodeToNodeMeshEnabled',
    ]);
  });

  it('have defaults that depend on the family of a pool', () => {
    expect(defaultsOf(pool({ cidr: '10.1.0.0/16' }))).to.include({ blockSize: 26 });
    expect(defaultsOf(pool({ cidr: 'fd00::/48' }))).to.include({ blockSize: 122 });
    expect(defaultsOfNew(pool({ cidr: '10.1.0.0/16' }))).to.deep.equal({
      blockSize: 26,
      nodeSelector: 'all()',
      assignmentMode: 'Automatic',
      allowedUses: ['Workload', 'Tunnel'],
    });
    expect(defaultsOfNew(peer({ peerIP: '10.0.0.1', asNumber: 1 }))).to.deep.equal({});
  });
});

describe('the identity of an object', () => {
  it('of a peer is its neighbour, in any spelling', () => {
    const spellings = ['fd00::1', 'FD00:0::1', '[fd00::1]:179'];
    const purposes = spellings.map((peerIP, index) =>
      purposeOf(peer({ peerIP, asNumber: 65000 + index, node: `node-${index}` })),
    );
    expect(new Set(purposes).size).to.equal(1);
    const other = purposeOf(peer({ peerIP: '[fd00::1]:1179', asNumber: 65000 }));
    expect(purposes).not.to.include(other);
  });

  it('of a pool is its network', () => {
    expect(purposeOf(pool({ cidr: 'FD00:0::/48' }))).to.equal(
      purposeOf(pool({ cidr: 'fd00::/48', natOutgoing: true })),
    );
  });
});

describe('a session', () => {
  const session = { address: '10.0.0.1', asNumber: 65000 };

  it('is the same with BGP’s port and without one', () => {
    expect(sessionKey({ ...session, port: 179 })).to.equal(sessionKey(session));
    expect(sessionKey({ ...session, port: 1179 })).not.to.equal(sessionKey(session));
  });

  it('differs by its AS number', () => {
    expect(differingSetting(session, { ...session })).to.equal(undefined);
    expect(differingSetting(session, { asNumber: 65001 })).to.equal('asNumber');
    expect(sessionKey({ ...session, asNumber: 65001 })).not.to.equal(sessionKey(session));
  });
});
