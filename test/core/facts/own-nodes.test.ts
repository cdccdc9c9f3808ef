import { expect } from 'chai';
import { accepted, addressesOf, messagesOf, refused } from './reading-nodes.ts';

describe('a list of facts', () => {
  it('gives each node its name, units, addresses and labels', () => {
    const { nodes, issues } = accepted(`
- {name: node-0, unit: calico/0, units: [kubernetes-worker/2, calico/0], addresses: [10.0.0.2/24, 'fd00::2/64'], labels: {rack: '0'}}
- name: node-1
  leader: true
  platform: microk8s
  addresses: ['FD00:0::3/64']
`);
    expect(nodes).to.deep.equal([
      {
        name: 'node-0',
        units: ['calico/0', 'kubernetes-worker/2'],
        addresses: [
          { family: 4, address: '10.0.0.2', prefixLength: 24 },
          { family: 6, address: 'fd00::2', prefixLength: 64 },
        ],
        labels: { rack: '0' },
      },
      {
        name: 'node-1',
        units: [],
        addresses: [{ family: 6, address: 'fd00::3', prefixLength: 64 }],
        labels: {},
        leader: true,
        platform: 'microk8s',
      },
    ]);
    expect(issues).to.deep.equal([]);
  });

  it('reads JSON like YAML', () => {
    const { nodes } = accepted('[{"name":"node-0","addresses":["10.0.0.2/24"]}]');
    expect(nodes.map(addressesOf)).to.deep.equal([['10.0.0.2/24']]);
  });

  it('puts IPv4 first, in any order of the addresses', () => {
    const { nodes } = accepted("- {name: a, addresses: ['fd00::2/64', 10.0.0.2/24]}");
    expect(nodes.map(addressesOf)).to.deep.equal([['10.0.0.2/24', 'fd00::2/64']]);
  });

  it('takes an address without a prefix length', () => {
    const { nodes } = accepted('- {name: a, addresses: [10.0.0.2]}');
    expect(nodes.map(addressesOf)).to.deep.equal([['10.0.0.2']]);
  });

  it('names the nodes without an address in one note', () => {
    const names = [...'abcdefghijkl'].map((name) => `- {name: ${name}}`);
    const { issues } = accepted(names.join('\n'));
    expect(messagesOf(issues)).to.deep.equal([
      'note: no BGP address is known of a, b, c, d, e, f, g, h, i, j and 2 more: rules by subnet match nothing there',
    ]);
  });

  it('accepts an empty list, with a warning', () => {
    const { nodes, issues } = accepted('[]');
    expect(nodes).to.deep.equal([]);
    expect(issues.map(({ severity, code }) => [severity, code])).to.deep.equal([
      ['warning', 'no-nodes'],
    ]);
  });

  const faults: readonly (readonly [name: string, text: string, issue: object])[] = [
    [
      'an unknown key, with the nearest one',
      '- {name: a, adresses: [10.0.0.2/24]}',
      {
        code: 'unknown-key',
        pointer: '/0/adresses',
        line: 1,
        column: 13,
        hint: 'did you mean "addresses"?',
      },
    ],
    [
      'two addresses of one family',
      '- name: a\n  addresses:\n    - 10.0.0.2/24\n    - 10.0.1.2/24',
      {
        code: 'two-addresses-of-one-family',
        pointer: '/0/addresses/1',
        line: 4,
        column: 7,
        message: '10.0.1.2/24 is a second IPv4 address beside 10.0.0.2/24',
      },
    ],
    [
      'a name given twice',
      '- name: a\n- name: b\n- name: a',
      { code: 'duplicate-name', pointer: '/2/name', line: 3, column: 9 },
    ],
    [
      'a node without a name',
      '- name: a\n- addresses: [10.0.0.2/24]',
      { code: 'missing-name', pointer: '/1', line: 2, column: 3 },
    ],
    [
      'an address that is none',
      '- {name: a, addresses: [10.0.0.300/24]}',
      { code: 'bad-address', pointer: '/0/addresses/0', line: 1, column: 25 },
    ],
    [
      'a prefix length of the other family',
      '- {name: a, addresses: [10.0.0.3/64]}',
      { code: 'bad-address', pointer: '/0/addresses/0' },
    ],
    [
      'a network instead of an address',
      '- {name: a, addresses: [10.0.0.0/24]}',
      { code: 'bad-address', message: '"10.0.0.0/24" is the network, not an address in it' },
    ],
    [
      'a link-local address',
      "- {name: a, addresses: ['fe80::1/64']}",
      {
        code: 'bad-address',
        message: '"fe80::1/64" is a link-local address, which no node can be reached at',
      },
    ],
    [
      'a label that is not a text',
      '- {name: a, labels: {rack: 0}}',
      { code: 'wrong-type', pointer: '/0/labels/rack', hint: 'write "0" in quotes' },
    ],
    [
      'a node that is a bare name',
      '- node-0',
      { code: 'wrong-type', pointer: '/0', line: 1, column: 3 },
    ],
    ['a mapping', 'node-0: {}', { code: 'nodes-not-a-list', line: 1, column: 1 }],
    ['a single value', 'node-0', { code: 'nodes-not-a-list' }],
    ['broken YAML', '- {name: a', { code: 'yaml-syntax' }],
    ['nothing', '', { code: 'yaml-empty' }],
  ];
  for (const [name, text, issue] of faults) {
    it(`refuses ${name}`, () => {
      const issues = refused(text);
      expect(issues).to.have.length(1);
      expect(issues[0]).to.include({ severity: 'error', ...issue });
    });
  }

  it('takes the first and last address of a network of two (RFC 3021)', () => {
    const { nodes } = accepted("- {name: a, addresses: [10.0.0.0/31, 'fd00::/127']}");
    expect(nodes.map(addressesOf)).to.deep.equal([['10.0.0.0/31', 'fd00::/127']]);
  });

  it('names all errors at once', () => {
    const issues = refused(
      '- {name: a, unti: calico/0, addresses: [10.0.0.300]}\n- {unit: calico/0}',
    );
    expect(issues.map(({ code }) => code)).to.deep.equal([
      'unknown-key',
      'bad-address',
      'missing-name',
    ]);
  });

  it('reads 5,000 nodes within seconds', function () {
    this.timeout(60_000);
    const lines = Array.from({ length: 5000 }, (_none, index) => {
      const address = `10.${String(index >> 8)}.${String(index & 255)}.2/24`;
      return `- {name: node-${String(index)}, unit: calico/${String(index)}, addresses: [${address}], labels: {rack: r${String(index % 20)}, zone: z1}}`;
    });
    expect(accepted(lines.join('\n')).nodes).to.have.length(5000);
  });
});
