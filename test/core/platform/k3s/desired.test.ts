import { expect } from 'chai';
import type { K3sSettings } from '../../../../core/config/platform/k3s-settings.ts';
import { desiredK3s } from '../../../../core/platform/k3s/desired-k3s.ts';
import { planPlatform } from '../../../../core/plan/platform/plan-platform.ts';
import { k3sInput, observedK3s, type K3sTexts } from '../../../support/platform/observed-k3s.ts';
import { netConf } from '../../../support/platform/k3s-node.ts';
import { modelOf } from '../../config/reading-configs.ts';

export function k3sSettings(section: string): K3sSettings {
  const head = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\nplatform: k3s\n';
  const { platform } = modelOf(`${head}k3s: {${section}}\n`);
  if (platform?.kind !== 'k3s') throw new Error('k3s expected');
  return platform.settings;
}

interface Case {
  /** The members of `k3s:`. */
  readonly asks: string;
  readonly node: K3sTexts;
  /** The lines of our file without its head; undefined: no file. */
  readonly writes?: readonly string[];
  readonly finds?: readonly RegExp[];
}

const path = '/etc/rancher/k3s/config.yaml.d/zz-calico-agent.yaml';
const flannel = netConf;

const cases: Readonly<Record<string, Case>> = {
  'writes what is named, and nothing else': {
    asks: 'clusterCidr: [10.52.0.0/16, "2001:cafe:42::/56"], flannelBackend: host-gw',
    node: {},
    writes: ['cluster-cidr: "10.52.0.0/16,2001:cafe:42::/56"', 'flannel-backend: "host-gw"'],
  },
  'puts texts in quotes and switches in none': {
    asks: 'clusterDomain: no, disableNetworkPolicy: true',
    node: {},
    writes: ['cluster-domain: "no"', 'disable-network-policy: true'],
  },
  'takes flannel and its policy controller away for Calico': {
    asks: 'cni: calico',
    node: {},
    writes: ['flannel-backend: "none"', 'disable-network-policy: true'],
  },
  'adds to the components that other files disable': {
    asks: 'disable: [servicelb]',
    node: { main: 'disable: traefik\n' },
    writes: ['disable+: ["servicelb"]'],
  },
  'writes no file where nothing is asked for': { asks: 'disable: []', node: {} },
  'takes a component out of what other files disable': {
    asks: 'loadBalancer: servicelb',
    node: { main: 'disable: [traefik, servicelb]\n' },
    writes: ['disable: ["traefik"]'],
  },
  'refuses where the command line disables what shall run': {
    asks: 'loadBalancer: servicelb',
    node: { start: 'server --disable servicelb' },
    finds: [
      /^error k3s-not-effective \/k3s\/loadBalancer .*k3s\.service, line 2 gives disable servicelb.*take --disable out of ExecStart: systemctl edit --full k3s$/,
    ],
  },
  'wins over the files before it': {
    asks: 'flannelBackend: host-gw',
    node: {
      main: 'flannel-backend: vxlan\n',
      folder: { '99-mine.yaml': 'flannel-backend: none\n' },
    },
    writes: ['flannel-backend: "host-gw"'],
  },
  'finds a file that comes after it, with its line': {
    asks: 'flannelBackend: host-gw',
    node: { folder: { 'zzz.yaml': '# mine\nflannel-backend: none\n' } },
    writes: ['flannel-backend: "host-gw"'],
    finds: [
      /^error k3s-not-effective \/k3s\/flannelBackend .*config\.yaml\.d\/zzz\.yaml, line 2 wins with flannel-backend none.*K3s reads it after .*zz-calico-agent\.yaml$/,
    ],
  },
  'finds a later file that gives the list anew': {
    asks: 'disable: [servicelb]',
    node: { folder: { 'zzz.yml': 'disable: traefik\n' } },
    writes: ['disable+: ["servicelb"]'],
    finds: [/k3s-not-effective \/k3s\/disable .*zzz\.yml, line 1 gives disable anew: traefik/],
  },
  'finds a later file that takes all values away': {
    asks: 'disable: [servicelb], clusterCidr: 10.52.0.0/16',
    node: { folder: { 'zzz.yml': 'disable: []\ncluster-cidr:\n' } },
    writes: ['cluster-cidr: "10.52.0.0/16"', 'disable+: ["servicelb"]'],
    finds: [
      /\/k3s\/clusterCidr .*zzz\.yml, line 2 takes all of cluster-cidr away/,
      /\/k3s\/disable .*zzz\.yml, line 1 takes all of disable away/,
    ],
  },
  'takes a later file that adds for what it is': {
    asks: 'disable: [servicelb]',
    node: { folder: { 'zzz.yml': 'disable+: traefik\n' } },
    writes: ['disable+: ["servicelb"]'],
  },
  'finds a single flag of the command line, which wins': {
    asks: 'flannelBackend: none',
    node: { start: 'server --flannel-backend=host-gw' },
    writes: ['flannel-backend: "none"'],
    finds: [
      /k3s-not-effective .*k3s\.service, line 2 wins with flannel-backend host-gw.*ExecStart/,
    ],
  },
  'is content with the same value on the command line': {
    asks: 'flannelBackend: none, disableNetworkPolicy: true',
    node: { start: 'server --flannel-backend none --disable-network-policy=1' },
    writes: ['flannel-backend: "none"', 'disable-network-policy: true'],
  },
  'does not double a range that the command line gives': {
    asks: 'clusterCidr: 10.52.0.0/16',
    node: { start: 'server --cluster-cidr=10.52.0.0/16' },
  },
  'takes the value of a file away that the command line doubles': {
    asks: 'clusterCidr: 10.52.0.0/16',
    node: { main: 'cluster-cidr: 10.52.0.0/16\n', start: 'server --cluster-cidr=10.52.0.0/16' },
    writes: ['cluster-cidr: []'],
  },
  'gives the second family beside the first of the command line': {
    asks: 'clusterCidr: ["2001:cafe:42::/56", 10.52.0.0/16]',
    node: { start: 'server --cluster-cidr=10.52.0.0/16' },
    writes: ['cluster-cidr: "2001:cafe:42::/56"'],
  },
  'finds that the command line makes another family the primary one': {
    asks: 'clusterCidr: [10.52.0.0/16, "2001:cafe:42::/56"]',
    node: { start: 'server --cluster-cidr=10.52.0.0/16' },
    writes: ['cluster-cidr: "2001:cafe:42::/56"'],
    finds: [/k3s-not-effective .*k3s\.service, line 2 gives in another order cluster-cidr 10\.52/],
  },
  'finds another range on the command line, which adds up': {
    asks: 'serviceCidr: 10.53.0.0/16',
    node: { start: 'server --service-cidr=10.43.0.0/16' },
    writes: ['service-cidr: "10.53.0.0/16"'],
    finds: [/k3s-not-effective \/k3s\/serviceCidr .*adds service-cidr 10\.43\.0\.0\/16/],
  },
  'writes nothing on an agent, which would not start': {
    asks: 'cni: calico',
    node: { start: 'agent --server https://10.0.0.1:6443' },
  },
  'refuses where no folder is read': {
    asks: 'cni: calico',
    node: { version: 'v1.20.15+k3s1' },
    finds: [/^error k3s-no-drop-ins \/k3s .*K3s 1\.20.*upgrade K3s to 1\.21 or later$/],
  },
  'refuses a backend that the release does not have': {
    asks: 'flannelBackend: wireguard-native',
    node: { version: 'v1.20.15+k3s1' },
    finds: [/k3s-no-drop-ins/, /k3s-flannel-backend \/k3s\/flannelBackend .*K3s 1\.21 brought it/],
  },
  'refuses to add to files with which K3s does not start': {
    asks: 'cni: calico',
    node: { main: 'disable: [a\n' },
    finds: [/k3s-config-broken .*config\.yaml, line \d/],
  },
  'refuses to add to a switch that keeps K3s from starting': {
    asks: 'flannelBackend: none',
    node: { main: 'flannel-backend: none\ncluster-init: true <-- on the first server\n' },
    writes: ['flannel-backend: "none"'],
    finds: [/k3s-config-broken .*config\.yaml, line 2: cluster-init is a switch/],
  },
  'does not mind a flag that only K3s knows': {
    asks: 'flannelBackend: none',
    node: { main: 'new-flag: 1\n', start: 'server --another-new-flag=1' },
    writes: ['flannel-backend: "none"'],
  },
  'writes ranges before the first start': {
    asks: 'clusterCidr: 10.52.0.0/16, serviceCidr: 10.53.0.0/16',
    node: { main: 'cluster-cidr: 10.42.0.0/16\n' },
    writes: ['cluster-cidr: "10.52.0.0/16"', 'service-cidr: "10.53.0.0/16"'],
  },
  'refuses another pod range on a living node': {
    asks: 'clusterCidr: 10.52.0.0/16',
    node: { lives: true, flannel },
    writes: ['cluster-cidr: "10.52.0.0/16"'],
    finds: [
      /^error k3s-fixed-at-first-start \/k3s\/clusterCidr .*lives with 10\.42\.0\.0\/16.*server\/tls is there.*it takes a new cluster: .*k3s-uninstall\.sh/,
    ],
  },
  'refuses a second family on a living node': {
    asks: 'clusterCidr: [10.42.0.0/16, "2001:cafe:42::/56"]',
    node: { lives: true },
    writes: ['cluster-cidr: "10.42.0.0/16,2001:cafe:42::/56"'],
    finds: [/k3s-fixed-at-first-start/],
  },
  'puts the range back with which flannel lives': {
    asks: 'clusterCidr: 10.42.0.0/16',
    node: { lives: true, flannel, main: 'cluster-cidr: 10.52.0.0/16\n' },
    writes: ['cluster-cidr: "10.42.0.0/16"'],
  },
  'names the defaults on a living node': {
    asks: 'clusterCidr: 10.42.0.0/16, serviceCidr: 10.43.0.0/16, clusterDns: 10.43.0.10, clusterDomain: cluster.local',
    node: { lives: true },
    writes: [
      'cluster-cidr: "10.42.0.0/16"',
      'service-cidr: "10.43.0.0/16"',
      'cluster-dns: "10.43.0.10"',
      'cluster-domain: "cluster.local"',
    ],
  },
  'refuses service range, DNS address and domain of a living node': {
    asks: 'serviceCidr: 10.53.0.0/16, clusterDns: 10.53.0.10, clusterDomain: a.b',
    node: { lives: true },
    writes: ['service-cidr: "10.53.0.0/16"', 'cluster-dns: "10.53.0.10"', 'cluster-domain: "a.b"'],
    finds: [
      /k3s-fixed-at-first-start \/k3s\/serviceCidr/,
      /k3s-fixed-at-first-start \/k3s\/clusterDns .*lives with 10\.43\.0\.10.*kube-dns/,
      /k3s-fixed-at-first-start \/k3s\/clusterDomain .*cluster\.local/,
    ],
  },
  'says what another backend costs a living node': {
    asks: 'flannelBackend: wireguard-native',
    node: { lives: true, flannel },
    writes: ['flannel-backend: "wireguard-native"'],
    finds: [
      /^warning loss-cni \/k3s\/flannelBackend .*from vxlan to wireguard-native.*servers first/,
    ],
  },
  'says what Calico instead of flannel costs a living node': {
    asks: 'cni: calico',
    node: { lives: true, flannel },
    writes: ['flannel-backend: "none"', 'disable-network-policy: true'],
    finds: [/^warning loss-cni \/k3s\/cni .*from vxlan to none.*reboot every node/],
  },
  'costs nothing where flannel is off already': {
    asks: 'cni: calico',
    node: { lives: true, main: 'flannel-backend: none\n' },
    writes: ['flannel-backend: "none"', 'disable-network-policy: true'],
  },
};

describe('what a configuration asks of K3s', () => {
  for (const [name, { asks, node, writes, finds = [] }] of Object.entries(cases)) {
    it(name, () => {
      const desired = desiredK3s(k3sSettings(asks), observedK3s(k3sInput(node)));
      const found = desired.issues.map(
        ({ severity, code, pointer, message, hint }) =>
          `${severity} ${code} ${pointer} ${message}${hint === undefined ? '' : `: ${hint}`}`,
      );
      expect(found, found.join('\n')).to.have.length(finds.length);
      for (const [index, pattern] of finds.entries()) expect(found[index]).to.match(pattern);
      const [edit] = desired.files;
      const text = edit?.form === 'whole' ? edit.text : undefined;
      expect(
        text?.split('\n').filter((line) => line !== '' && !line.startsWith('#')),
      ).to.deep.equal(writes);
    });
  }

  it('compares pools with the range of the node, where the document names none', () => {
    const codes = (asks: string, pool: string, node: K3sTexts = {}): readonly string[] =>
      desiredK3s(k3sSettings(asks), observedK3s(k3sInput(node)), [pool]).issues.map(
        ({ code, message }) => `${code} ${message}`,
      );
    expect(codes('cni: calico', '10.42.0.0/17')).to.deep.equal([]);
    expect(codes('cni: calico', '192.168.0.0/16')[0]).to.match(
      /^k3s-pool-outside pool 192\.168\.0\.0\/16 .*10\.42\.0\.0\/16 .*\(its default\)/,
    );
    const main = '# ours\ncluster-cidr: 10.52.0.0/16\n';
    expect(codes('cni: calico', '10.42.0.0/16', { main })[0]).to.match(/config\.yaml, line 2/);
    expect(codes('cni: flannel', '192.168.0.0/16')).to.deep.equal([]);
  });

  const byHand = (asks: string, node: K3sTexts): readonly string[] =>
    desiredK3s(k3sSettings(asks), observedK3s(k3sInput(node))).manual.map(({ title }) => title);

  it('lists the way from ServiceLB to MetalLB on a living server, in its order', () => {
    expect(byHand('loadBalancer: metallb', { lives: true })).to.deep.equal([
      'Before: see that MetalLB has no address pools yet',
      'When all servers are restarted: see that nothing of ServiceLB is left',
      'Then: wait for MetalLB, and give it pools and an advertisement',
    ]);
    expect(byHand('loadBalancer: metallb', {})).to.deep.equal([]);
    expect(
      byHand('loadBalancer: metallb', { lives: true, main: 'disable: servicelb\n' }),
    ).to.deep.equal([]);
  });

  it('has what comes before the restart before the commands that restart by hand', () => {
    const { platform } = modelOf(
      'apiVersion: calico-agent/v1\nkind: NetworkConfig\nplatform: k3s\nk3s: {loadBalancer: metallb}\n',
    );
    const observed = {
      ...observedK3s(k3sInput({ lives: true })),
      files: [{ state: 'absent' as const, path }],
      cannotWrite: 'no helper listens',
    };
    const titles = planPlatform(platform, observed).byHand?.map(({ title }) => title);
    expect(titles?.slice(0, 3)).to.deep.equal([
      'Before: see that MetalLB has no address pools yet',
      `Edit ${path}`,
      'Restart k3s.service',
    ]);
  });

  it('lists the way back from MetalLB to ServiceLB', () => {
    const node = { lives: true, main: 'disable: servicelb\n' };
    expect(byHand('loadBalancer: servicelb', node)).to.deep.equal([
      'Before: take the address pools of MetalLB away',
      'When all servers are restarted: see that every service has addresses of nodes',
    ]);
  });

  it('lists what is left of flannel, on servers and on agents', () => {
    expect(byHand('cni: calico', { lives: true })[0]).to.match(/^Install Calico when all servers/);
    const agent = { lives: true, start: 'agent', flannel };
    expect(byHand('cni: calico', agent)).to.deep.equal([
      'Reboot this node when all servers are rebooted',
      'After the reboot: see what flannel left, and take it away',
    ]);
    expect(byHand('flannelBackend: vxlan', agent)).to.deep.equal([]);
  });

  it('asks for a reboot of each server, before the agents, where the backend changes', () => {
    const titles = (asks: string, node: K3sTexts): readonly string[] =>
      byHand(asks, { lives: true, flannel, ...node });
    const reboot = [
      'Reboot this server when all servers are restarted, one after the other, before the K3s agents',
    ];
    expect(titles('flannelBackend: host-gw', {})).to.deep.equal(reboot);
    const calico = { main: 'flannel-backend: none\n' };
    expect(titles('flannelBackend: vxlan', calico)).to.deep.equal(reboot);
    expect(titles('flannelBackend: vxlan', {})).to.deep.equal([]);
    expect(byHand('flannelBackend: host-gw', { flannel })).to.deep.equal([]);
  });

  it('does not reboot in one go with the installation of Calico, and cleans up in order', () => {
    const node = { lives: true, flannel };
    const { manual } = desiredK3s(k3sSettings('cni: calico'), observedK3s(k3sInput(node)));
    expect(manual.map(({ commands }) => commands.at(-1))).to.deep.equal([
      'k3s kubectl get nodes --output wide',
      'systemctl reboot',
      'calico-agent platform clean kube-router --yes',
    ]);
    expect(manual[2]?.commands[0]).to.match(/^rm -f .*10-flannel\.conflist$/);
  });

  it('names the file, the service to restart, and the settings that ask for it', () => {
    const desired = desiredK3s(k3sSettings('cni: calico'), observedK3s(k3sInput({ main: '' })));
    expect(desired.files[0]).to.include({ form: 'whole', path, foreign: 'refuse' });
    expect(desired.files[0]?.reasons.map(({ rule }) => rule)).to.deep.equal(['k3s.cni', 'k3s.cni']);
    expect(desired.services).to.deep.equal([
      {
        service: 'k3s.service',
        files: [path],
        why: 'K3s reads its configuration at its start alone',
      },
    ]);
  });

  it('asks for the same again when its file is there', () => {
    const settings = k3sSettings('disable: [servicelb], clusterCidr: 10.52.0.0/16');
    const once = desiredK3s(settings, observedK3s(k3sInput({ main: 'disable: traefik\n' })));
    const [edit] = once.files;
    const text = (edit?.form === 'whole' ? edit.text : undefined) ?? '';
    const again = k3sInput({
      main: 'disable: traefik\n',
      folder: { 'zz-calico-agent.yaml': text },
    });
    expect(desiredK3s(settings, observedK3s(again))).to.deep.equal(once);
  });
});
