import { expect } from 'chai';
import fc from 'fast-check';
import type { HostAddress } from '../../../../core/facts/addresses/host-address.ts';
import {
  preferAddress,
  type AddressSources,
  type KnownAddress,
} from '../../../../core/facts/addresses/prefer-address.ts';
import type { NodeAddress } from '../../../../core/facts/facts.ts';
import { nodeAddressText, parseNodeAddress } from '../../../../core/facts/node-address.ts';

function address(text: string): NodeAddress {
  const parsed = parseNodeAddress(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.value;
}

type Given = Partial<Omit<HostAddress, 'address' | 'family' | 'prefixLength'>>;

/** On eth0 with the default route, unless the test sets others. */
function on(text: string, given: Given = {}): HostAddress {
  const { prefixLength = 0, ...rest } = address(text);
  return { interface: 'eth0', defaultRoute: true, ...rest, prefixLength, ...given };
}

function known(text: string, by: KnownAddress['by'] = 'juju', onHost = true): KnownAddress {
  return { ...address(text), by, onHost };
}

function chosen(sources: Partial<AddressSources>): string {
  const found = preferAddress({ host: [], bound: [], ...sources });
  if (found.found !== 'address') return found.found;
  return nodeAddressText(found.address) + (found.isCertain ? '' : ' in doubt');
}

const own = '10.20.0.90/24';
const vip = '10.199.0.5/32';
const vipNear = '10.20.0.5/24';

describe('the address of a node', () => {
  const rows: readonly [string, Partial<AddressSources>, string][] = [
    ["is the interface's own, not keepalived's beside it", { host: [on(vip), on(own)] }, own],
    [
      "is the interface's own where Juju names a virtual one before it",
      { host: [on(vip), on(own)], bound: [address(vip), address(own)] },
      own,
    ],
    [
      'is the primary one where Juju names a virtual one of the same subnet first',
      { host: [on(own), on(vipNear)], bound: [address(vipNear), address(own)] },
      own,
    ],
    [
      'stays where Juju names only a virtual one of the same subnet',
      { host: [on(own), on(vipNear)], bound: [address(vipNear)], known: known(own) },
      own,
    ],
    [
      'stays where Juju names only a virtual one without a subnet',
      { host: [on(own), on(vip)], bound: [address(vip)], known: known(own) },
      own,
    ],
    [
      'follows Juju to another network of this machine, when it is bound to it',
      {
        host: [on(own), on('10.30.0.90/24', { interface: 'eth1', defaultRoute: false })],
        bound: [address('10.30.0.90/24')],
        known: known(own),
      },
      '10.30.0.90/24',
    ],
    [
      'is what Juju says, where so far only the host had shown one',
      {
        host: [on(own)],
        bound: [address('10.40.0.91/24')],
        known: known(own, 'host'),
      },
      '10.40.0.91/24',
    ],
    [
      "is what Calico's Node says before what was known, with the interface's prefix length",
      { host: [on(own), on('10.20.0.91/24')], calico: address('10.20.0.91/32'), known: known(own) },
      '10.20.0.91/24',
    ],
    [
      "is not a virtual one, although Calico's Node says it",
      { host: [on(own), on(vip)], calico: address(vip) },
      own,
    ],
    [
      "is one on the loopback where Calico's Node says it: a machine that speaks BGP to its routers",
      {
        host: [on('10.1.1.1/32', { interface: 'lo', loopback: true }), on('192.168.0.1/31')],
        calico: address('10.1.1.1/32'),
      },
      '10.1.1.1/32',
    ],
    [
      "is one on an interface of its own where Calico's Node says it, whatever the interface's name",
      {
        host: [on('10.255.0.1/32', { interface: 'router-id', defaultRoute: false }), on(own)],
        calico: address('10.255.0.1/32'),
      },
      '10.255.0.1/32',
    ],
    [
      "stays one on an interface of its own that Calico's Node said, while it cannot be asked",
      {
        host: [on('100.64.7.9/32', { interface: 'tailscale0', defaultRoute: false }), on(own)],
        known: known('100.64.7.9/32', 'calico'),
      },
      '100.64.7.9/32',
    ],
    [
      'without a subnet on another interface yields where only the host showed it',
      {
        host: [on(vip, { interface: 'eth1', defaultRoute: false }), on(own)],
        known: known(vip, 'host'),
      },
      own,
    ],
    [
      "is not a tunnel's, although Calico's Node says it",
      {
        host: [on(own), on('192.168.5.0/32', { interface: 'vxlan.calico' })],
        calico: address('192.168.5.0/32'),
      },
      own,
    ],
    [
      "is a VPN's where Calico's Node says it",
      {
        host: [on(own), on('10.9.0.3/24', { interface: 'wg0', tunnel: true })],
        calico: address('10.9.0.3/24'),
      },
      '10.9.0.3/24',
    ],
    ['without a subnet, alone, is in doubt', { host: [on(vip)] }, `${vip} in doubt`],
    [
      'without a subnet, and known to be so, is not: a cloud has such',
      { host: [on('10.128.0.3/32')], known: known('10.128.0.3/32', 'host') },
      '10.128.0.3/32',
    ],
    [
      'without a subnet yields to one with a subnet that comes later',
      { host: [on(vip), on(own)], known: known(vip, 'host') },
      own,
    ],
    ['is unknown without any', {}, 'none'],
    [
      'is unknown where Juju still names what the interface has lost',
      { bound: [address(own)], known: known(own) },
      'none',
    ],
    [
      'is what Juju says where no interface ever showed it',
      { host: [on('192.0.2.2/24')], bound: [address(own)], known: known(own, 'juju', false) },
      own,
    ],
    [
      'stays what Juju said, where no interface shows it and Juju names only virtual ones now',
      {
        host: [on('192.0.2.2/24')],
        bound: [address(vip), address(vipNear)],
        known: known(own, 'juju', false),
      },
      own,
    ],
    [
      'follows Juju where no interface shows either: to another network, or on a cloud without subnets',
      { bound: [address('10.30.0.90/24')], known: known(own, 'juju', false) },
      '10.30.0.90/24',
    ],
    [
      'is deprecated, and stays until it is gone',
      {
        host: [on('2001:db8:1::2/64', { state: 'deprecated' }), on('2001:db8:2::2/64')],
        known: known('2001:db8:1::2/64', 'host'),
      },
      '2001:db8:1::2/64',
    ],
    [
      'is gone where another machine has it too (DAD failed)',
      {
        host: [on('2001:db8:1::2/64', { state: 'failed' }), on('2001:db8:2::2/64')],
        known: known('2001:db8:1::2/64', 'host'),
      },
      '2001:db8:2::2/64',
    ],
    [
      "is asked for where Calico's Node has that of another machine",
      { host: [on(own)], calico: address('10.20.0.7/24') },
      'stranger',
    ],
    [
      "is the known one where Calico's Node does not follow yet",
      { host: [on(own)], calico: address('10.20.0.7/24'), known: known(own) },
      own,
    ],
    [
      'is that on the default route of two interfaces that have one each',
      { host: [on('10.0.0.9/24', { interface: 'eth1', defaultRoute: false }), on(own)] },
      own,
    ],
    [
      'is one, where two interfaces have the same',
      { host: [on(own), on(own, { interface: 'eth1', defaultRoute: false })] },
      own,
    ],
  ];
  for (const [what, sources, expected] of rows) {
    it(what, () => expect(chosen(sources)).to.equal(expected));
  }

  const alone: readonly [string, string][] = [
    ['tunl0', '192.168.7.0/32'],
    ['vxlan.calico', '192.168.7.0/32'],
    ['cni0', '10.42.0.1/24'],
    ['flannel.1', '10.42.0.0/32'],
    ['docker0', '172.17.0.1/16'],
    ['lxdbr0', '10.200.0.1/24'],
    ['incusbr0', '10.201.0.1/24'],
    ['mpqemubr0', '10.202.0.1/24'],
    ['nerdctl0', '10.4.0.1/24'],
    ['antrea-gw0', '10.10.0.1/24'],
    ['ovn-k8s-mp0', '10.244.0.2/24'],
    ['cali0123456789a', '10.9.9.9/32'],
    ['kube-ipvs0', '10.96.0.1/32'],
    ['nodelocaldns', '10.96.0.10/32'],
  ];
  for (const [name, text] of alone) {
    it(`is unknown when only ${name} has one, whichever source names it`, () => {
      const host = [on(text, { interface: name, defaultRoute: false })];
      expect(chosen({ host })).to.equal('none');
      expect(chosen({ host, bound: [address(text)], calico: address(text) })).to.equal('none');
      expect(chosen({ host, known: known(own) })).to.equal('none');
    });
  }

  it('is the same whichever virtual addresses come, go and are named, in any order', () => {
    const virtual = fc.constantFrom(vip, vipNear, '10.20.0.6/32', '10.20.0.7/24');
    const moment = fc.record({
      host: fc.shuffledSubarray([own, vip, vipNear, '10.20.0.6/32', '10.20.0.7/24']),
      bound: fc.array(virtual),
      namesOwn: fc.boolean(),
    });
    const by = fc.constantFrom('calico' as const, 'juju' as const, 'host' as const);
    fc.assert(
      fc.property(fc.array(moment, { minLength: 1 }), by, (moments, first) => {
        let before = known(own, first);
        for (const { host, bound, namesOwn } of moments) {
          const texts = host.includes(own) ? host : [...host, own];
          const said = [...bound, ...(namesOwn ? [own] : [])].map(address);
          const found = preferAddress({
            host: texts.map((text) => on(text)),
            bound: said,
            known: before,
          });
          expect(found.found === 'address' && nodeAddressText(found.address)).to.equal(own);
          if (found.found === 'address') before = found.address;
        }
      }),
    );
  });
});
