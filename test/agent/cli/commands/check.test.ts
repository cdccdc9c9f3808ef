import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { parse } from 'yaml';
import { inFolder, run } from '../run-command.ts';

const good = `global-as-number: 64512
node-to-node-mesh: false
global-bgp-peers: |
  - {address: 10.0.0.1, as-number: 64512}
`;
const bad = good.replace('10.0.0.1', '10.0.0.300');
const badLine =
  'stdin:4:15: error: "10.0.0.300" is not an IPv4 or IPv6 address [peer-address-invalid] ' +
  '(global-bgp-peers, line 1, column 13 inside the string)';

describe('calico-agent check', () => {
  it('sums the configuration up in one line', async () => {
    const { status, stdout, stderr } = await run(['check', '-'], { input: good });
    expect([status, stderr]).to.deep.equal([0, '']);
    expect(stdout.trimEnd().split('\n').at(-1)).to.equal('stdin is valid: charm options, 1 peer');
  });

  it('says that only a node can check settings of its platform', async () => {
    const input =
      'apiVersion: calico-agent/v1\nkind: NetworkConfig\nplatform: k3s\nk3s: {disable: [servicelb]}\n';
    const { status, stdout } = await run(['check', '-'], { input });
    expect(status).to.equal(0);
    expect(stdout).to.equal(
      'stdin is valid: a NetworkConfig; calico-agent plan checks its settings of k3s on a node\n',
    );
  });

  it('ends with 2 and counts the errors', async () => {
    const { status, stdout, stderr } = await run(['check', '-'], { input: bad });
    expect([status, stderr]).to.deep.equal([2, '']);
    expect(stdout.split('\n')).to.include(badLine);
    expect(stdout.trimEnd().split('\n').at(-1)).to.equal('1 error');
  });

  it('ends with 0 when there are only warnings, and counts them', async () => {
    const input = good.replaceAll('64512', '174');
    const { status, stdout } = await run(['check', '-'], { input });
    expect(status).to.equal(0);
    expect(stdout).to.match(/^stdin is valid, with \d warnings?: charm options, 1 peer$/m);
  });

  it('names the file as the caller did', async () => {
    await inFolder(async (folder) => {
      await writeFile(`${folder}/my config.yaml`, bad);
      const { stdout } = await run(['check', `${folder}/my config.yaml`]);
      expect(stdout).to.contain(`${folder}/my config.yaml:4:15: error:`);
    });
  });

  it('gives the same issues as JSON and as YAML', async () => {
    const asJson = await run(['check', '-', '-o', 'json'], { input: bad });
    expect([asJson.status, asJson.stderr]).to.deep.equal([2, '']);
    const document: unknown = JSON.parse(asJson.stdout);
    expect(document).to.have.all.keys('issues');
    expect(document).to.deep.nested.include({
      'issues[1]': {
        severity: 'error',
        code: 'peer-address-invalid',
        pointer: '/global-bgp-peers/0/address',
        line: 4,
        column: 15,
        inside: { option: 'global-bgp-peers', line: 1, column: 13 },
        message: '"10.0.0.300" is not an IPv4 or IPv6 address',
      },
    });
    const asYaml = await run(['check', '-', '-o', 'yaml'], { input: bad });
    expect(parse(asYaml.stdout)).to.deep.equal(document);
  });

  it('prints an empty list when there are no issues', async () => {
    const input = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\nbgp: {asNumber: 64512}\n';
    const { status, stdout } = await run(['check', '-', '-o', 'json'], { input });
    expect(status).to.equal(0);
    expect(JSON.parse(stdout)).to.deep.equal({ issues: [] });
  });

  describe('with nodes', () => {
    const check = async (config: string, nodes: string, ...more: readonly string[]) =>
      inFolder(async (folder) => {
        await writeFile(`${folder}/nodes.yaml`, nodes);
        const ran = await run(['check', '-', '--nodes', `${folder}/nodes.yaml`, ...more], {
          input: config,
        });
        return { ...ran, stdout: ran.stdout.replaceAll(`${folder}/`, '') };
      });

    it('says against how many nodes it checked', async () => {
      const { status, stdout } = await check(good, '- {name: a, addresses: [10.0.0.2/24]}');
      expect(status).to.equal(0);
      expect(stdout).to.contain('is valid: charm options, 1 peer, checked against 1 node\n');
    });

    it('finds issues that only the nodes reveal', async () => {
      const config = 'unit-as-numbers: {7: 64513}\nnode-to-node-mesh: false\n';
      const { status, stdout } = await check(config, '- {name: a, unit: calico/0}');
      expect(status).to.equal(0);
      expect(stdout).to.match(/^stdin:1:\d+: warning: .*calico\/7/m);
    });

    it('takes the units of the named application', async () => {
      const config = 'unit-as-numbers: {0: 64513}\n';
      const nodes = '- {name: a, unit: tigera/0, addresses: [10.0.0.2/24]}';
      expect((await check(config, nodes)).stdout).to.match(/warning: .*calico\/0/);
      const { stdout } = await check(config, nodes, '--unit-application', 'tigera');
      expect(stdout).not.to.contain('warning');
    });

    it('takes the units of the application in the configuration for nodes', async () => {
      const config =
        'apiVersion: calico-agent/v1\nkind: NetworkConfig\nunitApplication: tigera\ngroups: [{name: a, match: {units: [0]}, asNumber: 64513}]';
      const machine = (hostname: string) => ({ hostname, 'ip-addresses': ['10.0.0.2'] });
      const status = JSON.stringify({
        model: { name: 'k8s' },
        machines: { '0': machine('node-0'), '1': machine('database') },
        applications: { tigera: { units: { 'tigera/0': { machine: '0' } } } },
      });
      expect((await check(config, status)).stdout).to.contain('checked against 1 node\n');
    });

    it('shows the issues of both files at once, each with its file', async () => {
      const { status, stdout } = await check(bad, '- {name: a, adresses: []}');
      expect(status).to.equal(2);
      expect(stdout).to.contain(badLine);
      expect(stdout).to.contain(
        'nodes.yaml:1:13: error: unknown key "adresses" [unknown-key]\n  hint: did you mean "addresses"?\n2 errors\n',
      );
    });

    it('marks the issues of the nodes in JSON', async () => {
      const { stdout } = await check(good, '- {name: a, adresses: []}', '-o', 'json');
      const { issues }: { issues: { code: string; file?: string }[] } = JSON.parse(stdout);
      expect(issues.map(({ code, file }) => [code, file])).to.deep.include([
        'unknown-key',
        'nodes.yaml',
      ]);
    });

    it('reads the nodes from stdin, too', async () => {
      await inFolder(async (folder) => {
        await writeFile(`${folder}/config.yaml`, good);
        const input = JSON.stringify({
          apiVersion: 'v1',
          kind: 'List',
          items: [{ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-0' } }],
        });
        const argv = ['check', `${folder}/config.yaml`, '--nodes', '-'];
        const { status, stdout } = await run(argv, { input });
        expect(status).to.equal(0);
        expect(stdout).to.contain('stdin: note: kubectl does not tell Juju units');
      });
    });
  });
});
