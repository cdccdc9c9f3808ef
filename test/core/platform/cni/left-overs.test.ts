import { expect } from 'chai';
import {
  findLeftOvers,
  withoutChains,
  type FormerCni,
  type FormerInput,
} from '../../../../core/platform/cni/left-overs.ts';
import type { HostFile } from '../../../../core/platform/host-file.ts';

const folder = '/etc/cni/net.d';

function conflist(name: string, ...types: readonly string[]): HostFile {
  const plugins = types.map((type) => ({ type, ipam: { type: 'host-local' } }));
  return { state: 'text', path: `${folder}/${name}`, text: JSON.stringify({ name, plugins }) };
}

const calico: HostFile = {
  state: 'text',
  path: `${folder}/10-calico.conflist`,
  text: '{"name":"k8s","plugins":[{"type":"calico","ipam":{"type":"calico-ipam"}}]}',
};
const flannel = conflist('05-flannel.conflist', 'flannel', 'portmap');
const loopback: HostFile = {
  state: 'text',
  path: `${folder}/99-loopback.conf`,
  text: '{"type":"loopback"}',
};
const links = [
  ...['lo', 'eth0', 'cni0', 'flannel.1', 'flannel-v6.1', 'tunl0', 'vxlan.calico'],
  'cali0123456789a',
].map((name) => ({ name, isUp: true }));

/** As iptables-save of a K3s server printed it, shortened. */
const rules = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:KUBE-FORWARD - [0:0]
:KUBE-NWPLCY-DEFAULT - [0:0]
:KUBE-POD-FW-ABCDEF - [0:0]
:KUBE-ROUTER-FORWARD - [0:0]
:KUBE-ROUTER-INPUT - [0:0]
-A INPUT -m comment --comment "kube-router netpol - 4IA2" -j KUBE-ROUTER-INPUT
-A FORWARD -m comment --comment "kube-router netpol - TEMC" -j KUBE-ROUTER-FORWARD
-A FORWARD -j KUBE-FORWARD
-A FORWARD -m comment --comment "not -j KUBE-ROUTER-INPUT" -j ACCEPT
-A KUBE-ROUTER-FORWARD -d 10.42.0.5/32 -j KUBE-POD-FW-ABCDEF
-A KUBE-POD-FW-ABCDEF -j KUBE-NWPLCY-DEFAULT
COMMIT
*nat
:KUBE-SERVICES - [0:0]
-A PREROUTING -j KUBE-SERVICES
COMMIT
`;

function find(former: FormerCni, more: Partial<FormerInput>): ReturnType<typeof findLeftOvers> {
  return findLeftOvers(former, {
    files: [flannel, calico],
    links,
    rules: { ipv4: rules, ipv6: '' },
    hasPolicyController: false,
    ...more,
  });
}

describe('what an earlier CNI left on a node', () => {
  it('is named, also where its configuration comes first', () => {
    expect(find('flannel', {})).to.deep.equal({
      ok: true,
      leftOvers: {
        files: [`${folder}/05-flannel.conflist`],
        links: ['cni0', 'flannel.1', 'flannel-v6.1'],
        chains: { ipv4: [], ipv6: [] },
      },
      unknown: [],
    });
  });

  it('does not include the interfaces of pods, and none that the kernel makes again', () => {
    const found = find('calico', {});
    expect(found.ok && found.leftOvers.links).to.deep.equal(['vxlan.calico']);
  });

  it('includes the chains of network policies, and no chain of kube-proxy', () => {
    const found = find('kube-router', {});
    expect(found.ok && found.leftOvers.chains.ipv4).to.deep.equal([
      'KUBE-NWPLCY-DEFAULT',
      'KUBE-POD-FW-ABCDEF',
      'KUBE-ROUTER-FORWARD',
      'KUBE-ROUTER-INPUT',
    ]);
  });

  it('goes also where the successor of the first one by name has no interface, and it does not run', () => {
    const bare = [
      { name: 'lo', isUp: true },
      { name: 'flannel.1', isUp: false },
    ];
    expect(find('flannel', { links: bare }).ok).to.equal(true);
  });

  it("is told of K3s' own controller where nobody knows whether it runs", () => {
    const found = find('kube-router', { hasPolicyController: undefined });
    expect(found.ok && found.unknown.join()).to.include('disable-network-policy');
  });

  it('is not known where a program gives no answer', () => {
    const found = find('kube-router', {
      links: undefined,
      rules: { ipv4: undefined, ipv6: undefined },
    });
    expect(found.ok && found.unknown).to.have.length(3);
  });

  const refused: readonly (readonly [string, FormerCni, Partial<FormerInput>, string])[] = [
    ['the only CNI', 'flannel', { files: [flannel] }, 'no other CNI'],
    ['one without any configuration', 'flannel', { files: [] }, 'no other CNI'],
    [
      'flannel below Calico (Canal)',
      'flannel',
      { files: [conflist('10-canal.conflist', 'calico')] },
      'Canal',
    ],
    [
      'one beside helpers alone',
      'calico',
      { files: [calico, conflist('87-podman.conflist', 'bridge', 'firewall'), loopback] },
      'no other CNI',
    ],
    [
      'one beside multus',
      'calico',
      { files: [conflist('00-multus.conf', 'multus-shim'), calico, loopback] },
      'no other CNI',
    ],
    [
      'a file that cannot be read',
      'flannel',
      { files: [{ state: 'text', path: `${folder}/00-new.conflist`, text: '' }, flannel, calico] },
      '00-new.conflist',
    ],
    [
      'the first one by name, whose successor has no interface',
      'flannel',
      { links: ['lo', 'eth0', 'flannel.1', 'cni0'].map((name) => ({ name, isUp: true })) },
      'flannel.1 is up',
    ],
    ['the first one by name, without an answer', 'flannel', { links: undefined }, '"ip"'],
    ["K3s' controller that runs", 'kube-router', { hasPolicyController: true }, 'not disabled'],
  ];
  for (const [name, former, more, why] of refused) {
    it(`is not looked for, for ${name}`, () => {
      const found = find(former, more);
      expect(found.ok ? '' : found.why).to.include(why);
    });
  }

  it('goes in one transaction, with the rules of others that lead there', () => {
    expect(withoutChains(rules).split('\n')).to.deep.equal([
      '*filter',
      ':KUBE-NWPLCY-DEFAULT - [0:0]',
      ':KUBE-POD-FW-ABCDEF - [0:0]',
      ':KUBE-ROUTER-FORWARD - [0:0]',
      ':KUBE-ROUTER-INPUT - [0:0]',
      '-D INPUT -m comment --comment "kube-router netpol - 4IA2" -j KUBE-ROUTER-INPUT',
      '-D FORWARD -m comment --comment "kube-router netpol - TEMC" -j KUBE-ROUTER-FORWARD',
      '-X KUBE-NWPLCY-DEFAULT',
      '-X KUBE-POD-FW-ABCDEF',
      '-X KUBE-ROUTER-FORWARD',
      '-X KUBE-ROUTER-INPUT',
      'COMMIT',
      '',
    ]);
    expect(withoutChains('*nat\n:KUBE-SERVICES - [0:0]\nCOMMIT\n')).to.equal('');
  });
});
