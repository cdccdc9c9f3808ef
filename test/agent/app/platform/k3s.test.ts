import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { printableData } from '../../../../core/printable.ts';
import { createHostFiles } from '../../../../agent/adapters/host-files/host-files.ts';
import { readK3s } from '../../../../agent/app/platform/read-k3s.ts';
import { platformText } from '../../../../agent/cli/platform/platform.ts';
import type { Tree } from '../../../support/platform/host-tree.ts';
import { found, platformOf, withTree } from '../../../support/platform/host-tree.ts';
import {
  calicoConflist,
  configPath,
  k3sNode,
  k3sUnit,
  netConf,
  netConfPath,
  unitPath,
} from '../../../support/platform/k3s-node.ts';

const dropIn = `${configPath}.d/10-network.yaml`;
const calico = '/etc/cni/net.d/10-calico.conflist';

interface Case {
  readonly files: Tree;
  readonly version?: string;
  readonly finds: readonly string[];
}

const config = (text: string): Tree => ({ [configPath]: text });

/** Each with its issue, and no other one. */
const cases: Readonly<Record<string, Case>> = {
  'a node without faults': { files: config('cluster-domain: prod.local\n'), finds: [] },
  'a pod range that is not the one of the first start': {
    files: config('# changed yesterday\ncluster-cidr: 10.52.0.0/16\n'),
    finds: [`k3s-fixed-at-first-start ${configPath}:2`],
  },
  'a backend that flannel does not run with': {
    files: config('flannel-backend: host-gw\n'),
    finds: [`k3s-backend-differs ${configPath}:1`],
  },
  'wireguard, in a release without it': {
    files: { ...config('flannel-backend: wireguard\n'), [netConfPath]: '' },
    version: 'k3s version v1.26.1+k3s1 (0123abcd)',
    finds: [`k3s-flannel-backend ${configPath}:1`],
  },
  'wireguard, in a release that still has it': {
    files: { ...config('flannel-backend: wireguard\n'), [netConfPath]: '' },
    version: 'k3s version v1.25.16+k3s4 (0123abcd)',
    finds: [],
  },
  'ipsec, whatever the release': {
    files: { ...config('flannel-backend: ipsec\n'), [netConfPath]: '' },
    finds: [`k3s-flannel-backend ${configPath}:1`],
  },
  'ipsec of 1.27': {
    files: { ...config('flannel-backend: ipsec\n'), [netConfPath]: '' },
    version: 'k3s version v1.27.4+k3s1 (0123abcd)',
    finds: [`k3s-flannel-backend ${configPath}:1`],
  },
  'a backend that no release has': {
    files: { ...config('flannel-backend: vxlann\n'), [netConfPath]: '' },
    finds: [`k3s-flannel-backend ${configPath}:1`],
  },
  'tailscale before it came': {
    files: { ...config('flannel-backend: tailscale\n'), [netConfPath]: '' },
    version: 'k3s version v1.24.3+k3s1 (0123abcd)',
    finds: [`k3s-flannel-backend ${configPath}:1`],
  },
  'a switch without a value': {
    files: config('disable-network-policy:\n'),
    finds: [`k3s-no-switch-value ${configPath}:1`],
  },
  'a switch that is neither true nor false': {
    files: config('flannel-ipv6-masq: enabled\n'),
    finds: [`k3s-no-switch-value ${configPath}:1`],
  },
  'a pod range in a file and on the command line': {
    files: {
      ...config('cluster-cidr: 10.42.0.0/16\n'),
      [unitPath]: k3sUnit.replace("'traefik'", "'traefik' --cluster-cidr=10.42.0.0/16"),
    },
    finds: [`k3s-given-twice ${unitPath}:19`],
  },
  'yes for a text': {
    files: config('node-name: yes\n'),
    finds: [`k3s-yaml-boolean ${configPath}:1`],
  },
  '0644 without quotes': {
    files: config('cluster-domain: a.local\nwrite-kubeconfig-mode: 0644\n'),
    finds: [`k3s-yaml-number ${configPath}:2`],
  },
  'a component that is misspelt': {
    files: config('disable:\n  - service-lb\n'),
    finds: [`k3s-disable-unknown ${configPath}:2`],
  },
  'a component that has a flag of its own': {
    files: config('disable: network-policy\n'),
    finds: [`k3s-disable-unknown ${configPath}:1`],
  },
  'Calico that switches forwarding off in pods': {
    files: {
      ...config('flannel-backend: none\ndisable-network-policy: true\n'),
      [calico]: calicoConflist.replace('true', 'false'),
    },
    finds: [`k3s-calico-forwarding ${calico}`],
  },
  'the address of a DNS cache on every node': {
    files: config('cluster-dns: 169.254.20.10\n'),
    finds: [`k3s-dns-outside ${configPath}:1`],
  },
  'Calico beside flannel': {
    files: { [calico]: calicoConflist },
    finds: [`k3s-calico-beside-flannel ${calico}`],
  },
  "Calico beside K3s' policy controller": {
    files: { ...config('flannel-backend: none\n'), [calico]: calicoConflist },
    finds: [`k3s-two-policy-controllers ${calico}`],
  },
  'Calico as it has to be': {
    files: {
      ...config('flannel-backend: none\ndisable-network-policy: true\n'),
      [calico]: calicoConflist,
    },
    finds: [],
  },
  'a key with a slip': {
    files: config('cluster-cird: 10.42.0.0/16\n'),
    finds: [`k3s-unknown-flag ${configPath}:1`],
  },
  'a flag with a slip on the command line': {
    files: { [unitPath]: k3sUnit.replace("'--disable'", "'--disabel'") },
    finds: [`k3s-unknown-flag ${unitPath}:18`],
  },
  'a list that a later file replaces': {
    files: { ...config('disable: servicelb\n'), [dropIn]: 'disable: [metrics-server]\n' },
    finds: [`k3s-list-replaced ${dropIn}:1`],
  },
  'words that belong to no flag': {
    files: { [unitPath]: k3sUnit.replace("'traefik'", 'traefik servicelb') },
    finds: [`k3s-stray-word ${unitPath}:19`],
  },
  'a second document': {
    files: config('cluster-domain: a.local\n---\ndisable: servicelb\n'),
    finds: [`k3s-second-document ${configPath}:3`],
  },
  'a variable that K3s does not read': {
    files: { '/etc/default/k3s': '# network\nK3S_CLUSTER_CIDR=10.52.0.0/16\n' },
    finds: ['k3s-unknown-variable /etc/default/k3s:2'],
  },
  'two ExecStart': {
    files: {
      [`${unitPath}.d/override.conf`]: '[Service]\nExecStart=/usr/local/bin/k3s server\n',
    },
    finds: [`unit-two-starts ${unitPath}.d/override.conf:2`],
  },
  'a configuration that the agent does not read': {
    files: { '/etc/default/k3s': 'K3S_CONFIG_FILE=/root/k3s.yaml\n' },
    finds: ['k3s-config-elsewhere /root/k3s.yaml'],
  },
  'a configuration that is not there': {
    files: { [unitPath]: k3sUnit.replace("'traefik'", "'traefik' -c /etc/rancher/k3s/other.yaml") },
    finds: ['k3s-config-missing /etc/rancher/k3s/other.yaml'],
  },
  'ranges that overlap': {
    files: config('service-cidr: 10.42.128.0/17\n'),
    finds: [`k3s-ranges-overlap ${configPath}:1`],
  },
  'a range that is none': {
    files: config('service-cidr: 10.43.0.0\n'),
    finds: [`k3s-no-network ${configPath}:1`],
  },
  'a DNS address outside of the service range': {
    files: config('cluster-dns: 10.53.0.10\n'),
    finds: [`k3s-dns-outside ${configPath}:1`],
  },
  'a mapping in place of a text': {
    files: config('node-ip: { a: b }\n'),
    finds: [`k3s-no-text ${configPath}:1`],
  },
  'a file that is no mapping': {
    files: config('- cluster-cidr\n'),
    finds: [`k3s-no-mapping ${configPath}:1`],
  },
  'broken YAML': {
    files: config('cluster-domain: a.local\ndisable: [traefik\n'),
    finds: [`yaml-syntax ${configPath}:3`],
  },
  'a tab as indentation': {
    files: config('disable:\n\t- traefik\n'),
    finds: [`yaml-tab ${configPath}:2`],
  },
  'a file of 2 MiB': {
    files: config(`# ${'x'.repeat(2 * 1024 * 1024)}\n`),
    finds: [`too-large ${configPath}`],
  },
  'a file of 5 MiB': {
    files: config(`# ${'x'.repeat(5 * 1024 * 1024)}\n`),
    finds: [`file-unreadable ${configPath}`],
  },
  'a link out of the folders that the agent reads': {
    files: { [configPath]: { link: '/etc/shadow' }, '/etc/shadow': 'root:secret' },
    finds: [`file-unreadable ${configPath}`],
  },
  'an agent with a flag of servers': {
    files: {
      [unitPath]: k3sUnit
        .replace('server', 'agent')
        .replace("'--disable'", "'--node-ip'")
        .replace("'traefik'", '10.0.0.5'),
      ...config('cluster-cidr: 10.52.0.0/16\n'),
    },
    finds: [`k3s-server-only ${configPath}:1`],
  },
};

describe('platform on a node with K3s', () => {
  for (const [name, { files, version, finds }] of Object.entries(cases)) {
    it(`finds ${name}`, async () => {
      expect(found(await platformOf({ ...k3sNode, ...files }, version))).to.deep.equal(finds);
    });
  }

  it('shows no value that is not about the network', async () => {
    const files = {
      ...k3sNode,
      [configPath]: 'token: a-secret\ndatastore-endpoint: postgres://u:a-secret@db\n',
      [unitPath]: k3sUnit.replace("'traefik'", "'traefik' --agent-token=a-secret"),
    };
    const platform = await platformOf(files);
    expect(found(platform)).to.deep.equal([]);
    expect(JSON.stringify(platform)).not.to.contain('a-secret');
  });

  it('names units and folders that cannot be read', async () => {
    const platform = await platformOf({
      ...k3sNode,
      [`${configPath}.d`]: { link: '/data/config' },
      [`${unitPath}.d`]: { link: '/data/unit' },
      '/data/config/a.yaml': 'cluster-cidr: 10.9.0.0/16\n',
      '/data/unit/a.conf': '',
    });
    expect(found(platform)).to.include(`file-unreadable ${configPath}.d`);
    expect(found(platform)).to.include(`file-unreadable ${unitPath}.d`);
  });

  it('takes a node for started whose data it does not read, because they are on another disk', async () => {
    const firstStart = (tree: Tree): Promise<boolean> =>
      withTree(tree, async (root) => {
        const programs = {
          k3sVersion: () => Promise.resolve(undefined),
          links: () => Promise.resolve([]),
          filterRules: () => Promise.resolve(undefined),
        };
        return (await readK3s({ files: createHostFiles(root), programs })).firstStart.was;
      });
    const unit = { [unitPath]: k3sUnit };
    const link = { '/var/lib/rancher': { link: '/data/rancher' } };
    expect(await firstStart({ ...unit, ...link, '/data/rancher/k3s/server/tls/': '' })).to.equal(
      true,
    );
    expect(await firstStart({ ...unit, ...link, '/data/rancher/': '' })).to.equal(false);
    expect(await firstStart(unit)).to.equal(false);
  });

  it('bounds the number of its issues', async () => {
    const keys = Array.from({ length: 700 }, (_, index) => `zzzzzzzz${String(index)}zzzzzz: 1`);
    const { issues } = await platformOf({ ...k3sNode, [configPath]: `${keys.join('\n')}\n` });
    expect(issues).to.have.length(501);
    expect(issues.at(-1)).to.include({ message: '200 more issues are not shown' });
  });

  it('reads an agent by its own unit', async () => {
    const unit = k3sUnit.replace('server', 'agent').replace(/\t.*\n/g, '');
    const platform = await platformOf({
      '/etc/systemd/system/k3s-agent.service': unit,
      '/etc/default/k3s-agent': 'K3S_URL=https://10.0.0.1:6443\n',
    });
    expect(platform.properties).to.deep.include({ name: 'role', value: 'agent' });
    expect(platform.values.map(({ name }) => name)).to.deep.equal(['data-dir', 'server']);
    expect(platform.values[1]?.from).to.deep.equal([
      { kind: 'environment', file: '/etc/default/k3s-agent', line: 1 },
    ]);
  });

  it('reads the drop-ins of a unit by name, and of the same name the one below /etc', async () => {
    const start = (backend: string): string =>
      `[Service]\nExecStart=\nExecStart=/usr/local/bin/k3s server --flannel-backend=${backend}\n`;
    const platform = await platformOf({
      ...k3sNode,
      '/usr/lib/systemd/system/k3s.service.d/20.conf': start('host-gw'),
      [`${unitPath}.d/20.conf`]: start('wireguard-native'),
      [`${unitPath}.d/10.conf`]: start('none'),
    });
    const backend = platform.values.find(({ name }) => name === 'flannel-backend');
    expect(backend).to.deep.equal({
      name: 'flannel-backend',
      value: 'wireguard-native',
      from: [{ kind: 'command-line', file: `${unitPath}.d/20.conf`, line: 3 }],
    });
  });

  it("understands flannel's names of its backends", async () => {
    const files = {
      ...k3sNode,
      [configPath]: 'flannel-backend: wireguard-native\n',
      [netConfPath]: JSON.stringify({ ...netConf, Backend: { Type: 'wireguard' } }),
    };
    expect(found(await platformOf(files))).to.deep.equal([]);
  });

  it('prints what docs/k3s.md shows', async () => {
    const document = await readFile(new URL('../../../../docs/k3s.md', import.meta.url), 'utf8');
    const example = {
      ...k3sNode,
      [configPath]:
        'cluster-cidr: 10.52.0.0/16\ndisable: [servicelb]\nwrite-kubeconfig-mode: 0644\n',
      [dropIn]: 'flannel-backend: none\ndisable+: [metrics-server]\n',
    };
    const platform = await platformOf(example, 'k3s version v1.31.5+k3s1 (56ec5dd4)');
    const text = platformText(printableData(platform));
    expect(document).to.contain(`\`\`\`text\n${text}\n\`\`\``);
  });
});
