import { expect } from 'chai';
import { parse } from 'yaml';
import { metalLbDocuments } from '../../../../core/render/metallb/metallb-documents.ts';
import { render } from '../../../../core/render/render.ts';
import { renderDocuments } from '../../../../core/render/documents/documents.ts';
import { checkTool } from '../../../../core/render/documents/check-tool.ts';
import { textAt } from '../../../../core/input/plain-data.ts';
import { modelOf } from '../../config/reading-configs.ts';
import type { Desired } from '../../../../core/render/desired.ts';

function desiredOf(section: string, others = ''): Desired {
  const text = `apiVersion: calico-agent/v1\nkind: NetworkConfig\n${others}metallb: ${section}\n`;
  return render(modelOf(text), [], { cluster: true });
}

function documents(section: string): readonly unknown[] {
  const { metallb } = desiredOf(section);
  if (metallb === undefined) throw new Error('no MetalLB');
  return metalLbDocuments(metallb).map((text): unknown => parse(text));
}

describe('MetalLB’s documents', () => {
  it('are a pool and its advertisement for one line', () => {
    const labels = { 'app.kubernetes.io/managed-by': 'calico-agent' };
    const metadata = { name: 'layer2', namespace: 'metallb-system', labels };
    expect(documents('{layer2: [10.0.0.100-10.0.0.200]}')).to.deep.equal([
      {
        apiVersion: 'metallb.io/v1beta1',
        kind: 'IPAddressPool',
        metadata,
        spec: { addresses: ['10.0.0.100-10.0.0.200'] },
      },
      {
        apiVersion: 'metallb.io/v1beta1',
        kind: 'L2Advertisement',
        metadata,
        spec: { ipAddressPools: ['layer2'] },
      },
    ]);
  });

  it('have what others name first, AS numbers as numbers, and the named namespace', () => {
    const found = documents(
      '{namespace: lb, pools: [{name: a, labels: {t: x}, addresses: ["fd00::/120"]}], bgpAdvertisements: [{name: adv, communities: [vpn]}], peers: [{name: p, myASN: "64000.1", peerASN: 64513, peerAddress: "fd00:0::1", bfdProfile: fast, passwordSecret: {name: bgp}}], bfdProfiles: [{name: fast, receiveInterval: 100}], communities: [{name: vpn, value: "1:2"}]}',
    );
    expect(found.map((one) => textAt(one, 'kind'))).to.deep.equal([
      'BFDProfile',
      'Community',
      'BGPPeer',
      'IPAddressPool',
      'BGPAdvertisement',
    ]);
    expect(found[2]).to.deep.include({
      apiVersion: 'metallb.io/v1beta2',
      spec: {
        myASN: 4_194_304_001,
        peerASN: 64513,
        peerAddress: 'fd00::1',
        bfdProfile: 'fast',
        passwordSecret: { name: 'bgp' },
      },
    });
    expect(JSON.stringify(found[3])).to.include('"namespace":"lb"').and.include('"t":"x"');
  });

  it('are printed for kubectl, and their absence is said for calicoctl', () => {
    const desired = desiredOf('{layer2: [10.0.0.0/28]}');
    expect(renderDocuments(desired, { for: 'kubectl' })).to.include('kind: IPAddressPool');
    expect(renderDocuments(desired, { for: 'calicoctl' })).to.equal('');
    expect(checkTool(desired, 'calicoctl').map(({ code }) => code)).to.deep.equal([
      'metallb-not-for-calicoctl',
    ]);
    expect(checkTool(desired, 'kubectl')).to.deep.equal([]);
  });
});

describe('speaker: calico', () => {
  const announced = (section: string, others = ''): unknown =>
    desiredOf(section, others).resources.find(
      ({ resource }) => resource.kind === 'BGPConfiguration',
    )?.resource.spec;

  it('lets Calico announce the ranges as the fewest networks, of both families', () => {
    const pools =
      'pools: [{name: a, addresses: [10.1.0.0-10.1.0.255, "fd00::8-fd00::f"]}, {name: b, addresses: [10.1.1.0/24, 10.2.0.1-10.2.0.3]}]';
    expect(announced(`{speaker: calico, ${pools}}`)).to.deep.equal({
      serviceLoadBalancerIPs: [
        { cidr: '10.1.0.0/23' },
        { cidr: '10.2.0.1/32' },
        { cidr: '10.2.0.2/31' },
        { cidr: 'fd00::8/125' },
      ],
    });
  });

  it('keeps the networks that the document names itself, and none within them', () => {
    const section = '{speaker: calico, pools: [{name: a, addresses: [10.1.0.0/28, 10.3.0.0/28]}]}';
    const own = 'bgp: {serviceLoadBalancerIPs: [10.1.0.0/24]}\n';
    expect(announced(section, own)).to.deep.equal({
      serviceLoadBalancerIPs: [{ cidr: '10.1.0.0/24' }, { cidr: '10.3.0.0/28' }],
    });
  });

  it('leaves Calico alone otherwise', () => {
    expect(announced('{layer2: [10.1.0.0/28]}')).to.equal(undefined);
  });
});
