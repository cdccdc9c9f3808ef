import { expect } from 'chai';
import { readBgpAddresses } from '../../../core/juju/bgp-addresses.ts';

const on = (name: string, ...addresses: readonly (readonly [string, string])[]): object => ({
  'mac-address': '00:16:3e:01:02:03',
  'interface-name': name,
  addresses: addresses.map(([value, cidr]) => ({ hostname: '', value, cidr, address: value })),
});

describe('the BGP addresses of a unit', () => {
  const rows: readonly [string, unknown, readonly string[]][] = [
    [
      'one address gets the prefix length of its subnet',
      { 'bind-addresses': [on('ens3', ['10.0.0.2', '10.0.0.0/24'])] },
      ['10.0.0.2/24'],
    ],
    [
      'one of each family, IPv4 first, IPv6 as Calico spells it',
      {
        'bind-addresses': [
          on('ens3', ['2001:DB8:0::2', '2001:db8::/64'], ['10.0.0.2', '10.0.0.0/24']),
        ],
      },
      ['10.0.0.2/24', '2001:db8::2/64'],
    ],
    [
      'of two addresses first that which Juju tells others',
      {
        'bind-addresses': [
          on('ens3', ['10.0.0.2', '10.0.0.0/24']),
          on('ens4', ['10.0.5.2', '10.0.5.0/24']),
        ],
        'ingress-addresses': ['10.0.5.2', '10.0.0.2'],
      },
      ['10.0.5.2/24', '10.0.0.2/24'],
    ],
    [
      'an address with a subnet before a virtual one, although Juju tells that one first',
      {
        'bind-addresses': [
          on('ens3', ['10.199.0.5', '10.199.0.5/32'], ['10.20.0.90', '10.20.0.0/24']),
          on('ens3', ['fd00::5', 'fd00::5/128'], ['fd00::90', 'fd00::/64']),
        ],
        'ingress-addresses': ['10.199.0.5', '10.20.0.90', 'fd00::5', 'fd00::90'],
      },
      ['10.20.0.90/24', '10.199.0.5/32', 'fd00::90/64', 'fd00::5/128'],
    ],
    [
      'of two IPv6 addresses too, however they are spelled',
      {
        'bind-addresses': [on('ens3', ['fd00::1', 'fd00::/64'], ['fd00:0:0:0::2', 'fd00::/64'])],
        'ingress-addresses': ['fd00:0::2'],
      },
      ['fd00::2/64', 'fd00::1/64'],
    ],
    [
      'bridges of other programs and link-local addresses do not count',
      {
        'bind-addresses': [
          on('lxdbr0', ['10.9.0.1', '10.9.0.0/24']),
          on('fan-252', ['252.0.0.1', '252.0.0.0/8']),
          on('ens3', ['fe80::1', 'fe80::/64'], ['10.0.0.2', '10.0.0.0/24']),
        ],
      },
      ['10.0.0.2/24'],
    ],
    [
      'the names of Juju 2, without a dash, and an address without a subnet',
      {
        'bind-addresses': [
          { interfacename: 'ens3', addresses: [{ address: '10.0.0.2', cidr: '' }] },
        ],
      },
      ['10.0.0.2'],
    ],
    ['nothing where the tool failed', null, []],
    ['nothing where nothing is bound', { 'bind-addresses': [] }, []],
    ['nothing of what nobody can read', { 'bind-addresses': [1, { addresses: 'x' }] }, []],
    ['nothing of a text that is no address', { 'bind-addresses': [on('a', ['host', ''])] }, []],
  ];
  for (const [what, printed, expected] of rows) {
    it(what, () => expect(readBgpAddresses(printed)).to.deep.equal(expected));
  }
});
