import { expect } from 'chai';
import { parseConfig } from '../../../../core/config/parse.ts';
import { checkFleet } from '../../../../core/fabric/check-fleet.ts';
import type { NodeFacts } from '../../../../core/facts/facts.ts';

function node(name: string, address: string, labels: NodeFacts['labels'] = {}): NodeFacts {
  const family = address.includes(':') ? 6 : 4;
  const prefixLength = family === 4 ? 24 : 64;
  return { name, units: [], addresses: [{ family, address, prefixLength }], labels };
}

const nodes = [
  node('n1', '10.0.0.2', { rack: 'a', kind: 'edge' }),
  node('n2', '10.0.0.3', { rack: 'b' }),
];

function found(sections: string, facts: readonly NodeFacts[] = nodes): readonly string[] {
  const parsed = parseConfig(`apiVersion: calico-agent/v1\nkind: NetworkConfig\n${sections}\n`);
  if (!parsed.ok) throw new Error(parsed.issues.map(({ message }) => message).join('\n'));
  return checkFleet(parsed.model, facts)
    .filter(({ code }) => code.startsWith('metallb-'))
    .map(({ severity, code, pointer, message }) => `${severity} ${code} ${pointer} ${message}`);
}

const rack = (name: string): string => `nodeSelectors: [{matchLabels: {rack: ${name}}}]`;
const edge = 'nodeSelectors: [{matchExpressions: [{key: kind, operator: Exists}]}]';
const router = 'peerASN: 64513, peerAddress: 10.0.9.1';
const calicoOnA =
  'bgp: {asNumber: 64512}\ngroups: [{name: g, match: {selector: rack == "a"}, peers: [{address: 10.0.9.1, asNumber: 64513}]}]';

describe('MetalLB’s rules with nodes', () => {
  it('find peers that share a node, where the document leaves it open', () => {
    const peers = (other: string): string =>
      `metallb: {peers: [{name: p, myASN: 64512, ${router}, ${rack('a')}}, {name: q, myASN: 64600, peerASN: 1, peerAddress: 10.0.9.2, ${other}}]}`;
    expect(found(peers(rack('b')))).to.deep.equal([]);
    const [issue = '', ...more] = found(peers(edge));
    expect(issue).to.include('error metallb-peers-share-node /metallb/peers/1/myASN');
    expect(more).to.deep.equal([]);
  });

  it('find a router that Calico has on one of the nodes', () => {
    const peer = (selectors: string): string =>
      `${calicoOnA}\nmetallb: {peers: [{name: p, myASN: 64512, ${router}, ${selectors}}]}`;
    expect(found(peer(rack('b')))).to.deep.equal([]);
    const [issue = ''] = found(peer(edge));
    expect(issue).to.include('error metallb-session-taken /metallb/peers/0/peerAddress');
    expect(issue).to.include('on node n1, at line');
  });

  it('find two local preferences on one of the nodes', () => {
    const advertisements = (other: string): string =>
      `metallb: {pools: [{name: a, addresses: [10.9.0.0/24]}], peers: [{name: p, myASN: 64512, ${router}}], bgpAdvertisements: [{name: x, localPref: 1, ${rack('a')}}, {name: y, localPref: 2, ${other}}]}`;
    expect(found(advertisements(rack('b')))).to.deep.equal([]);
    expect(found(advertisements(edge))[0]).to.include('error metallb-local-pref');
  });

  it('refuse a range with the address of a node, in both families', () => {
    const six = [node('n6', 'fd00::12')];
    const text = 'metallb: {layer2: [10.0.0.1-10.0.0.50]}';
    expect(found(text)[0]).to.include('holds 10.0.0.2, the address of node n1 and of 1 more');
    expect(found('metallb: {layer2: ["fd00::10-fd00::20"]}', six)[0]).to.include('fd00::12');
  });

  it('refuse a network of the nodes’ subnet that is announced by BGP', () => {
    const pool = 'pools: [{name: a, addresses: [10.0.0.128/28]}]';
    const byCalico = found(`bgp: {asNumber: 64512}\nmetallb: {speaker: calico, ${pool}}`);
    expect(byCalico[0]).to.include('error metallb-range-in-subnet /metallb/pools/0/addresses/0');
    const both = `metallb: {${pool}, layer2: [{name: x}], peers: [{name: p, myASN: 64512, ${router}}], bgpAdvertisements: [{name: y}]}`;
    expect(found(both)).to.deep.equal([]);
  });

  it('warn of a range for layer 2 that no link has', () => {
    expect(found('metallb: {layer2: [10.0.0.100-10.0.0.200]}')).to.deep.equal([]);
    expect(found('metallb: {layer2: [192.0.2.0/28]}')[0]).to.include(
      'warning metallb-range-off-link /metallb/layer2/0',
    );
  });
});
