import { expect } from 'chai';
import fc from 'fast-check';
import {
  bitsOf,
  bytesOf,
  compareAddresses,
  contains,
  kindOf,
  networkOf,
  overlaps,
  parseAddress,
  parseInterfaceAddress,
  parseNetwork,
  type Address,
} from '../../../../core/config/net/address.ts';
import type { Network } from '../../../../core/config/model.ts';

function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.value;
}

function network(text: string): Network {
  const parsed = parseNetwork(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.value.network;
}

describe('addresses', () => {
  for (const [text, canonical] of [
    ['10.0.0.1', '10.0.0.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['FE80::1', 'fe80::1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['64:ff9b::1.2.3.4', '64:ff9b::102:304'],
  ] as const) {
    it(`reads ${text} as ${canonical}`, () => {
      expect(address(text).address).to.equal(canonical);
    });
  }

  for (const [text, message, hint] of [
    ['010.0.0.1', 'leading zero', 'plain decimal'],
    ['10.0.0.01', 'leading zero', 'plain decimal'],
    ['10.1', 'not an IPv4 or IPv6 address', undefined],
    ['300.1.1.1', 'not an IPv4 or IPv6 address', undefined],
    ['0x0a.0.0.1', 'not an IPv4 or IPv6 address', undefined],
    ['167772161', 'not an IPv4 or IPv6 address', undefined],
    ['', 'not an IPv4 or IPv6 address', undefined],
    ['1::2::3', 'not an IPv4 or IPv6 address', undefined],
    ['12345::', 'not an IPv4 or IPv6 address', undefined],
    ['1:2:3:4:5:6:7:8:9', 'not an IPv4 or IPv6 address', undefined],
    ['2001:db8::010.0.0.1', 'leading zero', 'plain decimal'],
    ['fe80::1%eth0', 'has a zone', 'without %zone'],
    [' 10.0.0.1', 'spaces around it', 'take the spaces away'],
    ['::ffff:10.0.0.1', 'IPv4 address in IPv6 form', 'write 10.0.0.1'],
    ['1'.repeat(65), 'at most 64 characters', undefined],
  ] as const) {
    it(`refuses ${JSON.stringify(text.slice(0, 30))}: ${message}`, () => {
      const parsed = parseAddress(text);
      if (parsed.ok) throw new Error('taken');
      expect(parsed.message).to.include(message);
      if (hint === undefined) expect(parsed.hint).to.equal(undefined);
      else expect(parsed.hint).to.include(hint);
    });
  }

  for (const [text, kind] of [
    ['10.0.0.1', 'host'],
    ['100.64.0.1', 'host'],
    ['fd00::1', 'host'],
    ['0.0.0.0', 'unspecified'],
    ['::', 'unspecified'],
    ['0.1.2.3', 'reserved'],
    ['240.0.0.1', 'reserved'],
    ['127.0.0.53', 'loopback'],
    ['::1', 'loopback'],
    ['169.254.0.1', 'link-local'],
    ['fe80::1', 'link-local'],
    ['febf::1', 'link-local'],
    ['224.0.0.5', 'multicast'],
    ['ff02::1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
  ] as const) {
    it(`classifies ${text} as ${kind}`, () => {
      expect(kindOf(address(text))).to.equal(kind);
    });
  }

  it('sorts IPv4 before IPv6, and by number', () => {
    const sorted = ['fd00::1', '10.0.0.10', '10.0.0.9', '2001:db8::'].map(address);
    sorted.sort(compareAddresses);
    expect(sorted.map((one) => one.address)).to.deep.equal([
      '10.0.0.9',
      '10.0.0.10',
      '2001:db8::',
      'fd00::1',
    ]);
  });

  it('takes an interface address with and without its prefix length', () => {
    expect(parseInterfaceAddress('10.0.0.2/24')).to.deep.equal({
      ok: true,
      value: { family: 4, address: '10.0.0.2', prefixLength: 24 },
    });
    expect(parseInterfaceAddress('fd00::2')).to.deep.equal({
      ok: true,
      value: { family: 6, address: 'fd00::2' },
    });
    expect(parseInterfaceAddress('10.0.0.2/33').ok).to.equal(false);
  });
});

describe('networks', () => {
  for (const [text, cidr, hostBits] of [
    ['10.0.0.0/24', '10.0.0.0/24', false],
    ['10.0.0.5/24', '10.0.0.0/24', true],
    ['10.0.0.5/32', '10.0.0.5/32', false],
    ['10.255.255.255/9', '10.128.0.0/9', true],
    ['0.0.0.0/0', '0.0.0.0/0', false],
    ['2001:DB8::5/64', '2001:db8::/64', true],
    ['2001:db8:0:8::/61', '2001:db8:0:8::/61', false],
    ['::1/127', '::/127', true],
  ] as const) {
    it(`reads ${text} as ${cidr}${hostBits ? ', with host bits' : ''}`, () => {
      const parsed = parseNetwork(text);
      if (!parsed.ok) throw new Error(parsed.message);
      expect(parsed.value.network.cidr).to.equal(cidr);
      expect(parsed.value.hostBits).to.equal(hostBits);
    });
  }

  for (const [text, message, hint] of [
    ['10.0.0.0', 'no prefix length', 'write 10.0.0.0/32'],
    ['fd00::', 'no prefix length', 'write fd00::/128'],
    ['10.0.0.0/33', 'not a prefix length of IPv4', '0 to 32'],
    ['fd00::/129', 'not a prefix length of IPv6', '0 to 128'],
    ['10.0.0.0/024', 'not a prefix length', 'write /24'],
    ['10.0.0.0/099', 'not a prefix length', '0 to 32'],
    ['10.0.0.0/255.255.255.0', 'not a prefix length', 'write /24'],
    ['10.0.0.0/255.0.255.0', 'not a prefix length', '0 to 32'],
    ['fd00::/255.255.0.0', 'not a prefix length', '0 to 128'],
    ['10.0.0.0/', 'not a prefix length', '0 to 32'],
    ['rack-0', 'not a network', '10.0.0.0/24'],
  ] as const) {
    it(`refuses ${text}: ${message}`, () => {
      const parsed = parseNetwork(text);
      if (parsed.ok) throw new Error('taken');
      expect(parsed.message).to.include(message);
      expect(parsed.hint).to.include(hint);
    });
  }

  it('contains its addresses and no others', () => {
    expect(contains(network('10.0.0.0/8'), address('10.255.0.1'))).to.equal(true);
    expect(contains(network('10.0.0.0/8'), address('11.0.0.1'))).to.equal(false);
    expect(contains(network('0.0.0.0/0'), address('::1'))).to.equal(false);
    expect(contains(network('10.0.0.0/8'), network('10.0.0.0/16'))).to.equal(true);
    expect(contains(network('10.0.0.0/16'), network('10.0.0.0/8'))).to.equal(false);
    expect(overlaps(network('10.0.0.0/16'), network('10.0.0.0/8'))).to.equal(true);
    expect(overlaps(network('10.0.0.0/16'), network('10.1.0.0/16'))).to.equal(false);
  });

  it('masks to the bits that the prefix length keeps', () => {
    const texts = fc.oneof(fc.ipV4(), fc.ipV6());
    fc.assert(
      fc.property(texts, fc.nat(128), (text, length) => {
        const parsed = parseAddress(text);
        if (!parsed.ok) return;
        const width = parsed.value.family === 4 ? 32 : 128;
        const kept = Math.min(length, width);
        const masked = networkOf(parsed.value, kept);
        const dropped = BigInt(width - kept);
        expect(bitsOf(masked.address)).to.equal(
          (bitsOf(parsed.value.address) >> dropped) << dropped,
        );
        expect(contains(masked, parsed.value)).to.equal(true);
        expect(network(masked.cidr)).to.deep.equal(masked);
      }),
    );
  });

  it('keeps every address through its canonical form', () => {
    const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(bytes, (sixteen) => {
        const groups = [...sixteen].map((byte) => byte.toString(16).padStart(2, '0')).join('');
        const text = groups.replaceAll(/(.{4})(?=.)/g, '$1:');
        const parsed = parseAddress(text);
        if (parsed.ok) expect(bytesOf(parsed.value.address)).to.deep.equal([...sixteen]);
      }),
    );
  });
});
