import { expect } from 'chai';
import { parseRoutes } from '../../../core/guard/parse-routes.ts';
import { parseRules } from '../../../core/guard/parse-rules.ts';

describe('routes that ip prints for the guard', () => {
  it('are read with their next hops, flags and source', () => {
    // Printed by iproute2 6.1 for routes of a real kernel.
    const printed: unknown = JSON.parse(
      '[{"dst":"192.168.1.0/26","gateway":"10.0.0.2","dev":"d0","flags":[]},' +
        '{"dst":"192.168.2.0/26","flags":[],"nexthops":[{"gateway":"10.0.0.2","dev":"d0","weight":2,"flags":[]},{"gateway":"10.0.0.3","dev":"d0","weight":1,"flags":[]}]},' +
        '{"type":"6","dst":"192.168.3.0/26","flags":[]},' +
        '{"dst":"192.168.5.0/26","gateway":"172.16.0.2","dev":"tunl0","flags":["onlink"]},' +
        '{"dst":"192.168.7.0/26","via":{"family":"inet6","host":"fe80::5"},"dev":"d0","flags":[]},' +
        '{"dst":"192.168.8.1","dev":"d0","scope":"253","prefsrc":"10.0.0.1","metric":33,"flags":[]},' +
        '{"type":"9","dst":"255.255.255.255","protocol":"203","metric":4000000000,"flags":[]}]',
    );
    const hop = { device: 'd0', weight: 1, isOnLink: false };
    expect(parseRoutes(printed, 4)).to.deep.equal({
      ok: true,
      value: [
        {
          destination: '192.168.1.0/26',
          kind: 'unicast',
          path: { nextHops: [{ ...hop, gateway: '10.0.0.2' }] },
        },
        {
          destination: '192.168.2.0/26',
          kind: 'unicast',
          path: {
            nextHops: [
              { ...hop, gateway: '10.0.0.2', weight: 2 },
              { ...hop, gateway: '10.0.0.3' },
            ],
          },
        },
        { destination: '192.168.3.0/26', kind: 'other' },
        {
          destination: '192.168.5.0/26',
          kind: 'unicast',
          path: {
            nextHops: [{ device: 'tunl0', weight: 1, isOnLink: true, gateway: '172.16.0.2' }],
          },
        },
        {
          destination: '192.168.7.0/26',
          kind: 'unicast',
          path: { nextHops: [{ ...hop, gateway: 'fe80::5' }] },
        },
        {
          destination: '192.168.8.1/32',
          kind: 'unicast',
          metric: 33,
          path: { nextHops: [hop], source: '10.0.0.1' },
        },
        { destination: '255.255.255.255/32', kind: 'throw', protocol: 203, metric: 4_000_000_000 },
      ],
    });
  });

  it('have no path when a copy would lose something, or ip would misread them', () => {
    const route = { dst: '192.168.1.0/26', gateway: '10.0.0.2', dev: 'eth0', flags: [] };
    const odd = [
      { ...route, encap: 'mpls' },
      { ...route, dev: 'eth0 #' },
      { ...route, dev: '"eth0' },
      { ...route, gateway: 'there' },
      { ...route, prefsrc: 7 },
      { ...route, dev: undefined },
      { dst: '192.168.1.0/26', nexthops: [{ dev: 'eth0', encap: {} }] },
      { dst: '192.168.1.0/26', nexthops: [] },
    ];
    const read = parseRoutes(odd, 4);
    expect(read.ok && read.value).to.deep.equal(
      odd.map(() => ({ destination: '192.168.1.0/26', kind: 'unicast' })),
    );
  });

  it('are refused completely when one has no network of its family', () => {
    for (const printed of [{}, [{ dst: 'nowhere' }], [{}], [7], [{ dst: 'fd00::/64' }]]) {
      expect(parseRoutes(printed, 4).ok).to.equal(false);
    }
  });
});

describe('rules that ip prints for the guard', () => {
  it('are read with tables by number or name, and with their selectors', () => {
    const printed = [
      { priority: 0, src: 'all', table: 'local' },
      { priority: 500, src: '10.0.0.0', srclen: 8, fwmark: '0x1', table: '100', protocol: '4' },
      { priority: 1000, src: 'all', l3mdev: null },
      { priority: 32_764, src: 'all', table: '254', suppress_prefixlen: 0, protocol: '203' },
    ];
    expect(parseRules(printed)).to.deep.equal({
      ok: true,
      value: [
        { priority: 0, table: 255, isForAll: true },
        { priority: 500, table: 100, protocol: 4, isForAll: false },
        { priority: 1000, isForAll: false },
        {
          priority: 32_764,
          table: 254,
          protocol: 203,
          suppressPrefixLength: 0,
          isForAll: true,
        },
      ],
    });
  });

  it('are refused completely when one has no priority', () => {
    for (const printed of ['', [{ src: 'all' }], [null]]) {
      expect(parseRules(printed).ok).to.equal(false);
    }
  });
});
