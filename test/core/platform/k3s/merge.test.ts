import { expect } from 'chai';
import { checkFlags } from '../../../../core/platform/k3s/check-flags.ts';
import { mergeFiles, mergeFlags, textInForce } from '../../../../core/platform/k3s/merge.ts';
import { parseConfigFile } from '../../../../core/platform/k3s/parse-config-file.ts';
import { readService } from '../../../../core/platform/k3s/service.ts';

interface Case {
  /** The sources of K3s' behaviour. */
  readonly source: string;
  /** config.yaml, then its drop-ins. */
  readonly files?: readonly string[];
  /** The arguments after `ExecStart=/usr/local/bin/k3s `. */
  readonly start?: string;
  readonly drop?: string;
  readonly environment?: string;
  /** The resulting values of K3s; undefined: nothing, not even a default. */
  readonly gives: Readonly<Record<string, string | undefined>>;
}

const parser = 'k3s pkg/configfilearg/parser.go';
const docs = 'docs.k3s.io installation/configuration';
const yaml = 'gopkg.in/yaml.v2 resolve.go';
const cli = 'urfave/cli, Go package flag';
const systemd = 'systemd.service(5), systemd.exec(5)';

const cases: Readonly<Record<string, Case>> = {
  'no file and no flag: the defaults': {
    source: 'k3s pkg/cli/cmds/server.go',
    gives: {
      'cluster-cidr': '10.42.0.0/16',
      'service-cidr': '10.43.0.0/16',
      'flannel-backend': 'vxlan',
      'cluster-dns': undefined,
      disable: undefined,
    },
  },
  'a value of config.yaml': {
    source: docs,
    files: ['cluster-cidr: 10.52.0.0/16\n'],
    gives: { 'cluster-cidr': '10.52.0.0/16' },
  },
  'the last value of a single flag wins over the files': {
    source: parser,
    files: ['cluster-domain: a.local\n', 'cluster-domain: b.local\n', 'cluster-domain: c.local\n'],
    gives: { 'cluster-domain': 'c.local' },
  },
  'a list of a later file takes the place of an earlier one': {
    source: parser,
    files: ['disable: [traefik]\n', 'disable: [servicelb]\n'],
    gives: { disable: 'servicelb' },
  },
  'key+ of a later file adds to the list': {
    source: parser,
    files: ['disable: [traefik]\n', 'disable+: [servicelb]\n'],
    gives: { disable: 'traefik,servicelb' },
  },
  'key+ adds to a text, which becomes a list': {
    source: parser,
    files: ['disable: traefik\n', 'disable+: servicelb\n'],
    gives: { disable: 'traefik,servicelb' },
  },
  'key+ without an earlier value is the value': {
    source: parser,
    files: ['disable+: servicelb\n'],
    gives: { disable: 'servicelb' },
  },
  'a key without + after a key+ takes the place of all': {
    source: docs,
    files: ['disable: traefik\n', 'disable+: servicelb\n', 'disable: coredns\n'],
    gives: { disable: 'coredns' },
  },
  'key+ of a single flag: still the last one wins': {
    source: `${parser}; ${cli}`,
    files: ['cluster-domain: a.local\n', 'cluster-domain+: b.local\n'],
    gives: { 'cluster-domain': 'b.local' },
  },
  'a key twice in one file: the last one': {
    source: parser,
    files: ['cluster-domain: a.local\ncluster-domain: b.local\n'],
    gives: { 'cluster-domain': 'b.local' },
  },
  'key+ in the same file adds to the key above': {
    source: parser,
    files: ['disable: traefik\ndisable+: [servicelb]\n'],
    gives: { disable: 'traefik,servicelb' },
  },
  'key+ with nothing adds nothing': {
    source: parser,
    files: ['disable: traefik\n', 'disable+:\n'],
    gives: { disable: 'traefik' },
  },
  'the command line wins over the files for a single flag': {
    source: docs,
    files: ['flannel-backend: host-gw\n'],
    start: 'server --flannel-backend=none',
    gives: { 'flannel-backend': 'none' },
  },
  'a repeatable flag of the command line adds to the files': {
    source: `${cli}; tried with its libraries`,
    files: ['disable: traefik\n'],
    start: 'server --disable servicelb',
    gives: { disable: 'traefik,servicelb' },
  },
  'cluster-cidr is repeatable too': {
    source: `${cli}; tried with its libraries`,
    files: ['cluster-cidr: 10.52.0.0/16\n'],
    start: 'server --cluster-cidr=10.42.0.0/16',
    gives: { 'cluster-cidr': '10.52.0.0/16,10.42.0.0/16' },
  },
  'the last of two single flags on a command line': {
    source: cli,
    start: 'server --cluster-domain a.local --cluster-domain=b.local',
    gives: { 'cluster-domain': 'b.local' },
  },
  'a flag with one dash is the same flag': {
    source: cli,
    start: 'server -flannel-backend host-gw',
    gives: { 'flannel-backend': 'host-gw' },
  },
  'a short flag has its long name': {
    source: 'k3s pkg/cli/cmds/agent.go',
    start: 'server -i 10.0.0.5 -s https://10.0.0.1:6443',
    gives: { 'node-ip': '10.0.0.5', server: 'https://10.0.0.1:6443' },
  },
  'a switch takes no word after it': {
    source: cli,
    start: 'server --disable-network-policy --cluster-domain b.local',
    gives: { 'disable-network-policy': 'true', 'cluster-domain': 'b.local' },
  },
  'a switch may be false': {
    source: cli,
    files: ['disable-network-policy: true\n'],
    start: 'server --disable-network-policy=false',
    gives: { 'disable-network-policy': 'false' },
  },
  'a switch of a file': {
    source: parser,
    files: ['flannel-ipv6-masq: true\n'],
    gives: { 'flannel-ipv6-masq': 'true' },
  },
  'yes, on and y are booleans': {
    source: yaml,
    files: ['disable-network-policy: yes\nflannel-ipv6-masq: On\ndisable-kube-proxy: y\n'],
    gives: {
      'disable-network-policy': 'true',
      'flannel-ipv6-masq': 'true',
      'disable-kube-proxy': 'true',
    },
  },
  'a text that is called no becomes false': {
    source: yaml,
    files: ['cluster-domain: no\n'],
    gives: { 'cluster-domain': 'false' },
  },
  'in quotes it stays': {
    source: yaml,
    files: ['cluster-domain: "no"\n'],
    gives: { 'cluster-domain': 'no' },
  },
  '0644 is 420': {
    source: yaml,
    files: ['write-kubeconfig-mode: 0644\n'],
    gives: { 'write-kubeconfig-mode': '420' },
  },
  '"0644" stays': {
    source: yaml,
    files: ["write-kubeconfig-mode: '0644'\n"],
    gives: { 'write-kubeconfig-mode': '0644' },
  },
  'numbers stand on the command line as Go prints them': {
    source: `${yaml}; Go fmt; tried with its libraries`,
    files: ['disable: [1e6, 0.00001, 08, .inf, 12345678901234567890, 1_000, _1, 0b11, 1.50]\n'],
    gives: { disable: '1e+06,1e-05,8,+Inf,12345678901234567890,1000,_1,3,1.5' },
  },
  'a value that is null is gone when a later file adds to it': {
    source: `${parser}; tried with its libraries`,
    files: ['disable:\n', 'disable+: servicelb\n'],
    gives: { disable: 'servicelb' },
  },
  'an empty list of a later file takes all values away': {
    source: `${parser}; tried with its libraries`,
    files: ['cluster-cidr: 10.52.0.0/16\n', 'cluster-cidr: []\n'],
    start: 'server --cluster-cidr=10.42.0.0/16',
    gives: { 'cluster-cidr': '10.42.0.0/16' },
  },
  'files of the folder count without config.yaml': {
    source: parser,
    files: ['', 'disable+: [servicelb]\n'],
    gives: { disable: 'servicelb' },
  },
  'a later short form adds to an earlier short form': {
    source: `${parser}; ${cli}`,
    files: ['i: 10.0.0.5\n', 'i+: 2001:db8::5\n'],
    gives: { 'node-ip': '10.0.0.5,2001:db8::5' },
  },
  'the second document is not read': {
    source: 'yaml.Unmarshal reads one document',
    files: ['cluster-domain: a.local\n---\ncluster-domain: b.local\n'],
    gives: { 'cluster-domain': 'a.local' },
  },
  'an empty file says nothing': {
    source: parser,
    files: ['# nothing yet\n', 'cluster-domain: b.local\n'],
    gives: { 'cluster-domain': 'b.local' },
  },
  'a key of one letter is a short flag': {
    source: parser,
    files: ['i: 10.0.0.5\n'],
    gives: { 'node-ip': '10.0.0.5' },
  },
  'anchors, CRLF and a BOM change nothing': {
    source: yaml,
    files: ['\uFEFFcluster-cidr: &range 10.52.0.0/16\r\nnode-ip: *range\r\n'],
    gives: { 'cluster-cidr': '10.52.0.0/16', 'node-ip': '10.52.0.0/16' },
  },
  'both families in one text': {
    source: docs,
    files: ['cluster-cidr: 10.42.0.0/16,2001:cafe:42::/56\n'],
    gives: { 'cluster-cidr': '10.42.0.0/16,2001:cafe:42::/56' },
  },
  'a variable counts where no flag is given': {
    source: cli,
    environment: 'K3S_RESOLV_CONF=/etc/resolv.k3s\nK3S_URL="https://10.0.0.1:6443"\n',
    gives: { 'resolv-conf': '/etc/resolv.k3s', server: 'https://10.0.0.1:6443' },
  },
  'a flag of a file wins over a variable': {
    source: cli,
    files: ['resolv-conf: /etc/other\n'],
    environment: 'K3S_RESOLV_CONF=/etc/resolv.k3s\n',
    gives: { 'resolv-conf': '/etc/other' },
  },
  'a drop-in that resets ExecStart': {
    source: systemd,
    start: 'server --flannel-backend=host-gw',
    drop: '[Service]\nExecStart=\nExecStart=/usr/local/bin/k3s server --flannel-backend=none\n',
    gives: { 'flannel-backend': 'none' },
  },
  'continued lines, quotes and a comment between': {
    source: systemd,
    start:
      "\\\n    server \\\n# between\n\t'--disable' \\\n\t'traefik' \\\n\t\"--cluster-domain=b.local\" \\\n",
    gives: { disable: 'traefik', 'cluster-domain': 'b.local' },
  },
  'a variable as a word of its own becomes several words': {
    source: systemd,
    environment: 'OPTS=--disable traefik\nCIDR=10.52.0.0/16\n',
    start: 'server $OPTS --cluster-cidr=${CIDR}',
    gives: { disable: 'traefik', 'cluster-cidr': '10.52.0.0/16' },
  },
};

function unitWith({ start = 'server', drop }: Case): { file: string; text: string }[] {
  const text = `[Unit]\nDescription=x\n[Service]\nType=notify\nExecStart=/usr/local/bin/k3s ${start}\n`;
  const unit = { file: '/etc/systemd/system/k3s.service', text };
  const more = { file: '/etc/systemd/system/k3s.service.d/10.conf', text: drop ?? '' };
  return drop === undefined ? [unit] : [unit, more];
}

describe("K3s' configuration, as K3s merges it", () => {
  for (const [name, one] of Object.entries(cases)) {
    it(`${name} (${one.source})`, () => {
      const environment =
        one.environment === undefined
          ? []
          : [{ state: 'text', path: '/etc/default/k3s', text: one.environment } as const];
      const service = readService('k3s', unitWith(one), environment);
      const files = (one.files ?? []).map((text, index) => parseConfigFile(`${index}.yaml`, text));
      const merged = mergeFiles(files.map(({ entries }) => entries));
      const given = mergeFlags(merged, service.flags, service.variables);
      const gives = Object.keys(one.gives).map((key) => [key, textInForce(given, key)]);
      expect(Object.fromEntries(gives)).to.deep.equal(one.gives);
      expect(
        files.flatMap(({ issues }) => issues.filter(({ severity }) => severity === 'error')),
      ).to.deep.equal([]);
    });
  }

  it('finds what keeps K3s from starting, and what only looks so', () => {
    const start = (role: 'server' | 'agent', ...texts: readonly string[]): readonly string[] => {
      const files = texts.map((text, index) => parseConfigFile(`${index}.yaml`, text));
      const given = mergeFlags(mergeFiles(files.map(({ entries }) => entries)), [], []);
      return checkFlags(given, role).map(
        ({ severity, code, file, line }) => `${severity} ${code} ${file ?? ''}:${line ?? 0}`,
      );
    };
    // Source: issue 6565 of k3s-io/k3s; an agent has no list of valid flags and skips nothing.
    expect(start('agent', 'disable: traefik\n')).to.deep.equal(['error k3s-server-only 0.yaml:1']);
    expect(start('agent', 'tls-san: a\n')).to.deep.equal(['error k3s-server-only 0.yaml:1']);
    expect(start('agent', 'node-labels: a\n')).to.deep.equal(['error k3s-unknown-flag 0.yaml:1']);
    expect(start('server', 'disabel: a\n')).to.deep.equal(['warning k3s-unknown-flag 0.yaml:1']);
    // Source: tried with urfave/cli 1.22 and 2.27.
    expect(start('server', 'node-ip: a\n', '# i\ni: b\n')).to.deep.equal([
      'error k3s-two-forms 1.yaml:2',
    ]);
    expect(start('server', 'i: a\n', 'i+: b\n')).to.deep.equal([]);
    const twice = 'disable-network-policy: ""\ndisable-network-policy+: true\n';
    expect(start('server', twice)).to.deep.equal(['error k3s-no-switch-value 0.yaml:1']);
  });

  it('names the line of each word of a continued ExecStart', () => {
    const start =
      "\\\n    server \\\n\t'--disable' \\\n\t'traefik' \\\n\t'--cluster-domain=b.local'";
    const { flags } = readService('k3s', unitWith({ source: systemd, start, gives: {} }), []);
    expect(flags.map(({ name, place: { line } }) => [name, line])).to.deep.equal([
      ['disable', 7],
      ['cluster-domain', 9],
    ]);
  });
});
