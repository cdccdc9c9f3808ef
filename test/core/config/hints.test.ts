/**
 * Every hint is obeyed: its edit resolves its issue, and causes no other refusal. The hints are
 * collected from the sources, so that a new one without a row here fails.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parseConfig } from '../../../core/config/parse.ts';

const native = (sections: string): string =>
  `apiVersion: calico-agent/v1\nkind: NetworkConfig\n${sections}`;
const group = (settings: string): string =>
  native(`bgp: {asNumber: 64512}\ngroups:\n- {name: g, match: {nodes: [a]}, ${settings}}\n`);

const manyNodes = `{nodes: [${'a,'.repeat(500_000)}a]}`;

const overlongKey = `"global-as-number ${'x'.repeat(600)}"`;

/** The text, its issue and hint, and the edit that obeys the hint. */
type Row = readonly [code: string, hint: RegExp, text: string, from: string, to: string];

const brokenYaml: readonly Row[] = [
  [
    'yaml-syntax',
    /write the closing bracket where the list or mapping ends/,
    native('bgp: {asNumber: 64512\n'),
    '64512\n',
    '64512}\n',
  ],
  [
    'yaml-syntax',
    /write the closing quote where the text ends/,
    native('bgp: {asNumber: "1.10}\n'),
    '"1.10',
    '"1.10"',
  ],
  [
    'yaml-syntax',
    /in double quotes a backslash begins an escape: write \\\\, or use single quotes/,
    native('metadata: {name: "a\\d"}\nbgp: {asNumber: 64512}\n'),
    '"a\\d"',
    "'ad'",
  ],
  [
    'yaml-syntax',
    /entries of one mapping or list begin in the same column, and every bracket is closed/,
    native('bgp:\n    asNumber: 64512\n  listenPort: 179\n'),
    '    asNumber',
    '  asNumber',
  ],
  [
    'yaml-syntax',
    /a text that begins with this character needs quotes/,
    native('metadata: {name: @home}\nbgp: {asNumber: 64512}\n'),
    '@home',
    '"home"',
  ],
  [
    'yaml-syntax',
    /is a line break missing, or are quotes needed around a text with ": "\?/,
    native('bgp: asNumber: 64512\n'),
    'bgp: ',
    'bgp:\n  ',
  ],
  [
    'yaml-syntax',
    /within brackets, lists and mappings are written with brackets too/,
    native('bgp: {\n  peers:\n   - {address: 10.0.0.1, asNumber: 64512}\n  }\n'),
    '- {address: 10.0.0.1, asNumber: 64512}',
    '[{address: 10.0.0.1, asNumber: 64512}]',
  ],
  [
    'yaml-syntax',
    /an alias \*name needs an anchor &name before it; a text that begins with \* needs quotes/,
    native('bgp: {asNumber: 64512}\ngroups: [{name: * , match: {nodes: [a]}, asNumber: 64512}]\n'),
    '*',
    '"*"',
  ],
  [
    'yaml-syntax',
    /is a comma, a space, or the colon after a key missing\?/,
    native('bgp: {asNumber: 64512}\nmetadata\n'),
    'metadata',
    'metadata: {name: a}',
  ],
  [
    'yaml-syntax',
    /is the colon after a key missing, or a space after the colon\?/,
    native('metadata\n  name: a\nbgp: {asNumber: 64512}\n'),
    'metadata',
    'metadata:',
  ],
  [
    'yaml-syntax',
    /is the indentation right, and is every quote and bracket closed\?/,
    native('bgp: {asNumber: 64512}}\n'),
    '}}',
    '}',
  ],
  [
    'yaml-tab',
    /YAML is indented with spaces, not with tabs/,
    native('bgp:\n\tasNumber: 64512\n'),
    '\t',
    '  ',
  ],
  [
    'yaml-several-documents',
    /keep one of them, or put each document into a file of its own/,
    '{"global-as-number": 64512}\n{"global-as-number": 64513}\n',
    '{"global-as-number": 64513}\n',
    '',
  ],
];

const rows: readonly Row[] = [
  ['unknown-key', /did you mean "asNumber"/, group('asnumbre: 64512'), 'asnumbre', 'asNumber'],
  ['unknown-value', /did you mean Always/, 'cidr: 10.0.0.0/16\nipip: always\n', 'always', 'Always'],
  ['wrong-type', /write true, in small/, native('bgp: {nodeToNodeMesh: "yes"}\n'), '"yes"', 'true'],
  ['wrong-type', /write 179 without quotes/, native('bgp: {listenPort: "179"}\n'), '"179"', '179'],
  ['wrong-type', /write "10" in quotes/, native('metadata: {name: 10}\nbgp: {}\n'), '10', '"10"'],
  [
    'as-number-unquoted-dotted',
    /write "1.10" in quotes/,
    native('bgp: {asNumber: 1.10}\n'),
    '1.10',
    '"1.10"',
  ],
  [
    'as-number-invalid',
    /write a number such as 64512/,
    native('bgp: {asNumber: AS64512}\n'),
    'AS64512',
    '64512',
  ],
  [
    'as-number-reserved',
    /private ones are 64512/,
    native('bgp: {asNumber: 65535}\n'),
    '65535',
    '64512',
  ],
  [
    'cluster-id-invalid',
    /write it like 224.0.0.1/,
    group('routeReflectorClusterId: one'),
    'one',
    '224.0.0.1',
  ],
  [
    'cluster-id-unset',
    /such as 224.0.0.1/,
    group('routeReflectorClusterId: 0.0.0.0'),
    '0.0.0.0',
    '224.0.0.1',
  ],
  [
    'peer-address-invalid',
    /write 10.0.0.1, without \/24/,
    group('peers: [{address: 10.0.0.1/24, asNumber: 64512}]'),
    '10.0.0.1/24',
    '10.0.0.1',
  ],
  [
    'peer-address-invalid',
    /write the address alone; the native dialect has "port: 1179"/,
    group('peers: [{address: "10.0.0.1:1179", asNumber: 64512}]'),
    'address: "10.0.0.1:1179"',
    'address: 10.0.0.1, port: 1179',
  ],
  [
    'subnet-host-bits',
    /write 10.0.0.0\/24/,
    native(
      'bgp: {asNumber: 64512}\ngroups: [{name: g, match: {subnets: [10.0.0.5/24]}, asNumber: 64512}]\n',
    ),
    '10.0.0.5/24',
    '10.0.0.0/24',
  ],
  [
    'pool-cidr-host-bits',
    /write 10.1.0.0\/16/,
    native('pools: [{name: p, cidr: 10.1.0.1/16}]\n'),
    '10.1.0.1/16',
    '10.1.0.0/16',
  ],
  [
    'service-cidr-host-bits',
    /write 10.1.0.0\/16/,
    native('bgp: {serviceClusterIPs: [10.1.0.1/16]}\n'),
    '10.1.0.1/16',
    '10.1.0.0/16',
  ],
  [
    'service-cidr-invalid',
    /separate them by spaces/,
    'bgp-service-cluster-ips: "10.1.0.0/16,10.2.0.0/16"\n',
    ',',
    ' ',
  ],
  [
    'pool-ipip-and-vxlan',
    /set one of them to Never/,
    'cidr: 10.0.0.0/16\nipip: Always\nvxlan: Always\n',
    'ipip: Always',
    'ipip: Never',
  ],
  [
    'pool-ipip-on-ipv6',
    /IPv6 pools can have vxlan/,
    native('pools: [{name: p, cidr: "fd00::/48", ipip: Always}]\n'),
    'ipip:',
    'vxlan:',
  ],
  [
    'pool-too-small',
    /take a network of \/26 or larger/,
    native('pools: [{name: p, cidr: 10.1.0.0/28}]\n'),
    '/28',
    '/26',
  ],
  [
    'manage-pools-without-cidr',
    /give a cidr, or set manage-pools to false/,
    'manage-pools: true\n',
    'true',
    'false',
  ],
  [
    'unit-invalid',
    /write 0 or calico\/0/,
    'unit-as-numbers: "{etcd/0: 64512}"\nglobal-as-number: 64512\n',
    'etcd/0',
    'calico/0',
  ],
  [
    'match-empty',
    /name subnets, units, nodes or a selector; selector: all\(\) is every node/,
    native('bgp: {asNumber: 64512}\ngroups: [{name: g, match: {}, asNumber: 64512}]\n'),
    'match: {}',
    'match: {selector: all()}',
  ],
  [
    'selector-empty',
    /write all\(\)/,
    native('bgp: {asNumber: 64512}\ngroups: [{name: g, match: {selector: ""}, asNumber: 64512}]\n'),
    '""',
    'all()',
  ],
  [
    'group-empty',
    /give it an asNumber, a routeReflectorClusterId or peers, or take it away/,
    native('groups: [{name: g, match: {nodes: [a]}}]\nbgp: {asNumber: 64512}\n'),
    '}}]',
    '}, asNumber: 64512}]',
  ],
  [
    'yaml-duplicate-key',
    /keep one of them/,
    native('bgp: {asNumber: 64512, asNumber: 64512}\n'),
    ', asNumber: 64512',
    '',
  ],
  [
    'mesh-mixed-as-numbers',
    /set bgp.asNumber, so that every node/,
    native('groups: [{name: g, match: {nodes: [a]}, asNumber: 64512}]\n'),
    'groups:',
    'bgp: {asNumber: 64512}\ngroups:',
  ],
  [
    'lxd-no-profile',
    /add profiles: \[default\]/,
    native('lxd: {bpffs: true}\n'),
    'lxd: {',
    'lxd: {profiles: [default], ',
  ],
  [
    'peer-address-unusable',
    /give the address of a router, or of another node/,
    group('peers: [{address: 224.0.0.5, asNumber: 64512}]'),
    '224.0.0.5',
    '10.0.0.1',
  ],
  [
    'match-empty',
    /take nodes away if it is not to restrict the group, or fill it in/,
    group('asNumber: 64512').replace('[a]', '[]'),
    '[]',
    '[a]',
  ],
  [
    'no-bgp-sessions',
    /give peers, or leave the mesh on/,
    native('bgp: {nodeToNodeMesh: false}\n'),
    'false',
    'true',
  ],
  [
    'yaml-key',
    /is something missing before the colon\?/,
    ': 64512\n',
    ': 64512',
    'global-as-number: 64512',
  ],
  [
    'too-long',
    /is a line break or a colon missing\?/,
    `${overlongKey}: 64512\n`,
    overlongKey,
    'global-as-number',
  ],
  [
    'yaml-alias',
    /write &x before the value that is meant, or quotes around "\*x"/,
    native('metadata: {name: *x}\n'),
    '*x',
    '"*x"',
  ],
  [
    'yaml-merge',
    /give it a mapping, or a list of mappings: <<: \*name/,
    native('metadata: {name: &n a, <<: *n}\n'),
    ', <<: *n',
    '',
  ],
  [
    'yaml-several-documents',
    /take the --- line away, or put each document into a file of its own/,
    native('bgp: {asNumber: 64512}\n---\npools: []\n'),
    '---\n',
    '',
  ],
  [
    'pool-family-twice',
    /the charm has one pool of each family; the native dialect has more/,
    'cidr: 10.1.0.0/16,10.2.0.0/16\n',
    'cidr: 10.1.0.0/16,10.2.0.0/16\n',
    native('pools: [{name: a, cidr: 10.1.0.0/16}, {name: b, cidr: 10.2.0.0/16}]\n'),
  ],
  [
    'charm-options-missing',
    /write them below it as options:, or take the output of juju config/,
    'applications:\n  calico: {charm: calico}\n',
    'charm: calico',
    'charm: calico, options: {ipip: Never}',
  ],
  [
    'charm-application-missing',
    /name the one that is meant .*, or give its options alone/,
    'applications:\n  cni: {charm: fork, options: {ipip: Never}}\n',
    'applications:\n  cni: {charm: fork, options: {ipip: Never}}\n',
    'ipip: Never\n',
  ],
  [
    'bundle-overlay-options',
    /write its options into the bundle, or take juju export-bundle, which is merged/,
    'applications:\n  calico: {charm: calico, options: {ipip: Never}}\n---\napplications:\n  calico: {options: {vxlan: Never}}\n',
    'Never}}\n---\napplications:\n  calico: {options: {vxlan',
    'Never, vxlan',
  ],
  [
    'bundle-overlay-removes',
    /take the line away, or indent below it what the overlay says of calico/,
    'applications:\n  calico: {charm: calico, options: {ipip: Never}}\n---\napplications:\n  calico:\n',
    '  calico:\n',
    '',
  ],
  [
    'subnet-invalid',
    /write 10.0.0.1\/32 for this one address, or the network that is meant/,
    native(
      'bgp: {asNumber: 64512}\ngroups:\n- {name: g, match: {subnets: [10.0.0.1]}, asNumber: 1}\n',
    ),
    '10.0.0.1',
    '10.0.0.1/32',
  ],
  [
    'charm-options-absent',
    /write them out to manage them/,
    'ipip: Never\n',
    'ipip: Never\n',
    `ipip: Never
vxlan: Never
cidr: 192.168.0.0/16
manage-pools: true
global-as-number: 64512
node-to-node-mesh: true
unit-as-numbers: "{}"
subnet-as-numbers: "{}"
route-reflector-cluster-ids: "{}"
global-bgp-peers: "[]"
subnet-bgp-peers: "{}"
unit-bgp-peers: "{}"
`,
  ],
  [
    'too-large',
    /write less: a rule by subnet or by label instead of one for each node/,
    native(`bgp: {asNumber: 64512}\ngroups:\n- {name: g, match: ${manyNodes}, asNumber: 1}\n`),
    manyNodes,
    '{subnets: [10.0.0.0/16]}',
  ],
  ['unknown-value', /did you mean Never/, 'cidr: 10.0.0.0/16\nipip: no\n', 'no', 'Never'],
  ['unknown-value', /did you mean Never/, 'cidr: 10.0.0.0/16\nvxlan: false\n', 'false', 'Never'],
  [
    'wrong-type',
    /write 26, without the zero before it: some programs count such numbers by eights/,
    native('pools: [{name: p, cidr: 10.1.0.0/16, blockSize: 026}]\n'),
    '026',
    '26',
  ],
  [
    'service-cidr-invalid',
    /separate them by spaces alone/,
    'bgp-service-cluster-ips: 10.1.0.0/16;10.2.0.0/16\n',
    ';',
    ' ',
  ],
  ...(
    [
      ['255.255.240.0', '20'],
      ['024', '24'],
    ] as const
  ).map(([from, to]): Row => [
    'subnet-invalid',
    new RegExp(`^write /${to}$`),
    native(
      `bgp: {asNumber: 64512}\ngroups: [{name: g, match: {subnets: [10.0.0.0/${from}]}, asNumber: 64512}]\n`,
    ),
    from,
    to,
  ]),
  ['pool-cidr-invalid', /separate networks by a comma/, 'cidr: 10.0.0.0/16;fd00::/108\n', ';', ','],
  [
    'pool-cidr-invalid',
    /separate networks by a comma/,
    'cidr: 10.0.0.0/16 fd00::/108\n',
    ' fd00',
    ',fd00',
  ],
  ...brokenYaml,
  ['unknown-document', /write apiVersion/, 'bgp: {}\n', 'bgp', native('bgp')],
];

describe('a hint, obeyed', () => {
  for (const [code, hint, text, from, to] of rows) {
    it(`resolves its issue: ${code}, ${hint.source}`, () => {
      const issue = parseConfig(text).issues.find((one) => one.code === code);
      expect(issue?.hint, code).to.match(hint);
      const mended = parseConfig(text.replace(from, to));
      expect(mended.issues.filter((one) => one.severity === 'error')).to.deep.equal([]);
      expect(mended.issues.map((one) => one.code)).to.not.include(code);
    });
  }
});

describe('the hint to choose an application', () => {
  it('resolves its issue', () => {
    const bundle =
      'applications:\n  calico: {charm: calico, options: {ipip: Never}}\n  cni: {charm: calico, options: {ipip: Always}}\n';
    const [issue] = parseConfig(bundle).issues;
    expect(issue?.code).to.equal('charm-application-ambiguous');
    const hint = /choose one with --unit-application \(unitApplication\), such as (\w+)/;
    const [, application = ''] = hint.exec(issue?.hint ?? '') ?? [];
    const chosen = parseConfig(bundle, { unitApplication: application });
    expect(chosen.ok && chosen.model.pools).to.not.equal(false);
    expect(chosen.issues.map(({ code }) => code)).to.not.include('charm-application-ambiguous');
  });
});

describe('the hints of core/config', () => {
  const folder = fileURLToPath(new URL('../../../core/config/', import.meta.url));

  /** The longest fixed piece of each text of a hint. */
  function hintsOf(file: string): readonly string[] {
    const source = readFileSync(path.join(folder, file), 'utf8');
    const pieces = [
      ...source.matchAll(/\bhints?\b[^;=:]*[=:]\s*(?:\n\s*)?(['"`])((?:(?!\1).)+)\1/gi),
    ];
    return pieces.map(([, , text = '']) =>
      text.split(/\$\{[^}]*\}/).reduce((long, one) => (one.length > long.length ? one : long), ''),
    );
  }

  it('are all in this table, or in a test that quotes them', () => {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    // Mixed-up documents have a table of their own.
    const sources = files.filter((name) => name.endsWith('.ts') && !name.startsWith('mix-ups'));
    const hints = sources.flatMap(hintsOf);
    expect(hints.length).to.be.greaterThan(20);
    const tests = fileURLToPath(new URL('.', import.meta.url));
    const quoted = readdirSync(tests, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => readFileSync(path.join(tests, name), 'utf8').replaceAll('\\', ''))
      .join('\n');
    const missing = hints.filter((hint) => !quoted.includes(hint.trim().slice(0, 20)));
    expect(missing).to.deep.equal([]);
  });
});
