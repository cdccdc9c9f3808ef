import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { locate } from '../../../core/config/yaml/located-yaml.ts';
import { recogniseMixUp } from '../../../core/config/mix-ups/recognise.ts';
import { parseConfig } from '../../../core/config/parse.ts';
import { parseNodes } from '../../../core/facts/parse-nodes.ts';
import { describeBytes } from '../../../core/input/foreign-bytes.ts';
import { textBounds } from '../../../core/input/bounds.ts';

const json = (value: unknown): string => JSON.stringify(value);
const kind = (apiVersion: string, name: string, more = ''): string =>
  `apiVersion: ${apiVersion}\nkind: ${name}\n${more}`;

/**
 * Documents that people give instead of a configuration, their names, and the targets of the hints.
 */
const table: readonly [given: string, text: string, what: RegExp, hint: RegExp][] = [
  ['nothing', '', /is empty/, /^accepted are/],
  ['comments only', '# later\n', /is empty/, /^accepted are/],
  [
    'agent.yaml',
    kind('calico-agent/v1', 'AgentConfig'),
    /the settings of an agent/,
    /run --config FILE/,
  ],
  ['a kubeconfig', kind('v1', 'Config', 'clusters: []\n'), /a kubeconfig/, /export --kubeconfig/],
  ['calicoctl.cfg', kind('projectcalico.org/v3', 'CalicoAPIConfig'), /calicoctl/, /export >/],
  ['a list of nodes', '- name: a\n  addresses: [10.0.0.2/24]\n', /a list of nodes/, /--nodes FILE/],
  ['one node', 'name: a\nunit: calico/0\n', /the facts of a node/, /--nodes FILE/],
  ['a Node', kind('v1', 'Node'), /a Node of v1/, /--nodes FILE/],
  [
    'what kubectl get nodes prints',
    json({ apiVersion: 'v1', kind: 'List', items: [{ apiVersion: 'v1', kind: 'Node' }] }),
    /a Node of v1/,
    /--nodes FILE/,
  ],
  ['a BGPPeer', kind('projectcalico.org/v3', 'BGPPeer'), /Calico's own BGPPeer/, /--directory/],
  ['an IPPool as CRD', kind('crd.projectcalico.org/v1', 'IPPool'), /own IPPool/, /--directory/],
  [
    'a list of Calico',
    json({ apiVersion: 'projectcalico.org/v3', kind: 'BGPPeerList', items: [{ metadata: {} }] }),
    /Calico's own BGPPeer/,
    /--directory/,
  ],
  [
    'several documents of Calico',
    `${kind('projectcalico.org/v3', 'IPPool')}---\n${kind('projectcalico.org/v3', 'BGPPeer')}`,
    /Calico's own IPPool/,
    /--directory/,
  ],
  [
    "MetalLB's BGPPeer",
    kind('metallb.io/v1beta2', 'BGPPeer'),
    /MetalLB's own BGPPeer/,
    /bgp.peers/,
  ],
  ['an Installation', kind('operator.tigera.io/v1', 'Installation'), /operator/, /export >/],
  ['a cluster of kops', kind('kops.k8s.io/v1alpha2', 'Cluster'), /kops/, /export >/],
  ['a DaemonSet', kind('apps/v1', 'DaemonSet'), /a DaemonSet of apps\/v1/, /^accepted/],
  [
    'a NetworkConfig of somebody else',
    kind('calico.networking.extensions.gardener.cloud/v1alpha1', 'NetworkConfig'),
    /a NetworkConfig of calico.networking/,
    /^accepted/,
  ],
  ['Chart.yaml', 'apiVersion: v2\nname: calico\nversion: 1.0.0\n', /kind is missing/, /^accepted/],
  ['values for Helm', 'installation:\n  enabled: true\napiServer: {}\n', /Helm/, /export >/],
  [
    "the charm's config.yaml",
    'options:\n  ipip:\n    type: string\n    default: Never\n  veth-mtu: {type: int, default: }\n',
    /config.yaml: it says which options there are/,
    /juju config calico --format yaml/,
  ],
  [
    "the charm's metadata.yaml",
    'name: calico\nsummary: x\nsubordinate: true\n',
    /metadata/,
    /juju config/,
  ],
  [
    'juju status',
    json({ model: {}, machines: { 0: {} }, applications: { calico: { charm: 'calico' } } }),
    /juju status/,
    /juju config/,
  ],
  [
    'juju show-application',
    'calico:\n  charm: calico\n  exposed: false\n  base: ubuntu@22.04\n',
    /show-application/,
    /juju config/,
  ],
  ['juju show-unit', 'calico/0:\n  workload-version: 3.27\n', /show-unit/, /juju config/],
  ['juju model-config', 'mode: {value: x, source: default}\n', /model/, /juju config/],
  [
    'the settings of another application',
    'application: etcd\nsettings: {channel: {value: x}, port: {value: 1}}\n',
    /of etcd, not of calico/,
    /juju config calico/,
  ],
  [
    'a bundle without calico',
    'applications:\n  etcd: {charm: etcd, num_units: 1}\n',
    /no application of this bundle/,
    /--unit-application/,
  ],
  ['calico without anything', 'calico:\n', /"calico" is empty/, /indent its options below it/],
  ['a file of docker compose', 'services:\n  web: {image: nginx}\n', /docker compose/, /^accepted/],
  ['netplan', 'network: {version: 2}\n', /netplan/, /^accepted/],
  ['a profile of LXD', 'config: {}\ndevices: {}\nname: x\n', /profile of LXD/, /lxd section/],
  [
    'peers alone',
    '- {address: 10.0.0.1, as-number: 64512}\n',
    /a list of peers/,
    /global-bgp-peers/,
  ],
  ['our own status', '{"node":"a","state":"x","agentVersion":"1"}', /agent status/, /^accepted/],
  ['our own check', '{"issues":[]}', /output of calico-agent check/, /that was checked/],
  ['a login page', '<!DOCTYPE html>\n<html>x: y</html>\n', /web page/, /fetch the file again/],
  ['a page with a margin', '\n  <html><body>', /web page/, /fetch the file again/],
  ['UTF-16 without a mark', 'a\0:\0', /NUL characters/, /iconv/],
  ['a certificate', '-----BEGIN CERTIFICATE-----\nMIIB\n', /PEM/, /^accepted/],
  [
    'a conflict of git',
    'bgp:\n<<<<<<< HEAD\n  a: 1\n=======\n',
    /conflicts of git/,
    /keep one side/,
  ],
  ['a template', 'global-as-number: {{ as_number }}\n', /a template/, /render it first/],
  ['an environment file', 'ETCD_ENDPOINTS=https://10.0.0.1\n', /environment/, /^accepted/],
  ['bird.conf', 'router id 10.0.0.1;\nprotocol bgp a {\n}\n', /a router/, /^accepted/],
];

describe('a document given by mistake instead of a configuration', () => {
  for (const [given, text, what, hint] of table) {
    it(`is recognised, once: ${given}`, () => {
      const parsed = parseConfig(text);
      expect(parsed.ok).to.equal(false);
      expect(parsed.issues).to.have.length(1);
      expect(parsed.issues[0]?.message).to.match(what);
      expect(parsed.issues[0]?.hint).to.match(hint);
    });
  }

  for (const section of ['bgp: {}', 'pools: []', 'groups: []', 'lxd: {bpffs: true}', 'group: []']) {
    it(`asks for apiVersion and kind, whichever section it has: ${section}`, () => {
      const [issue] = parseConfig(section).issues;
      expect(issue?.message).to.equal('apiVersion and kind are missing');
      expect(issue?.hint).to.equal('write apiVersion: calico-agent/v1 and kind: NetworkConfig');
    });
  }

  it('is never a file of our examples', () => {
    const examples = new URL('../../../examples/', import.meta.url);
    const files = readdirSync(examples, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /(?:config|charm|bundle)[^/]*\.(?:yaml|json)$/.test(name),
    );
    expect(files.length).to.be.greaterThan(5);
    for (const file of files) {
      const located = locate(readFileSync(new URL(file, examples), 'utf8'), textBounds.config);
      if (located.ok) expect(recogniseMixUp(located.root), file).to.equal(undefined);
    }
  });

  it('is refused when an overlay takes calico out of its bundle', () => {
    const overlay = 'applications:\n  calico:\n';
    const bundle = 'applications:\n  calico: {charm: calico, options: {ipip: Never}}\n';
    const { ok, issues } = parseConfig(`${bundle}---\n${overlay}`);
    expect(ok).to.equal(false);
    expect(issues.at(-1)).to.include({ code: 'bundle-overlay-removes', line: 5, column: 3 });
    expect(parseConfig(`${bundle}---\napplications:\n`).ok).to.equal(true);
  });
});

describe('a document given by mistake instead of nodes', () => {
  for (const [given, text] of [
    ['a native document', 'apiVersion: calico-agent/v1\nkind: NetworkConfig\nbgp: {}\n'],
    ['charm options', 'ipip: Never\n'],
    ['a bundle', 'applications:\n  calico: {charm: calico, options: {ipip: Never}}\n'],
  ] as const) {
    it(`is recognised as a configuration: ${given}`, () => {
      const { ok, issues } = parseNodes(text);
      expect(ok).to.equal(false);
      expect(issues).to.have.length(1);
      expect(issues[0]?.message).to.match(/this is a network configuration/);
      expect(issues[0]?.hint).to.match(/^it is CONFIG; as NODES give a list of nodes/);
    });
  }
});

describe('a file that is not text', () => {
  for (const [bytes, what] of [
    [[0xff, 0xfe, 0x61, 0x00], /UTF-16.*iconv/],
    [[0xfe, 0xff, 0x00, 0x61], /UTF-16.*iconv/],
    [[0x1f, 0x8b, 0x08], /gzip.*gunzip/],
    [[0x50, 0x4b, 0x03, 0x04], /zip archive/],
    [[0x7f, 0x45, 0x4c, 0x46], /a program/],
  ] as const) {
    it(`is recognised by its first bytes: ${what.source}`, () => {
      expect(describeBytes(Uint8Array.from(bytes))).to.match(what);
    });
  }

  it('is not recognised when it is text', () => {
    expect(describeBytes(new TextEncoder().encode('bgp: {}\n'))).to.equal(undefined);
    expect(describeBytes(new Uint8Array())).to.equal(undefined);
  });
});
