/**
 * The whole life of a unit: the built charm's hooks, stand-ins of Juju's tools, and a real agent
 * that the hooks themselves start, ask and end.
 */
import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { charmFiles, writeFolder } from '../../build/charm/charm-files.ts';
import { bundleAgent, createUnit, type Options, type Unit } from '../support/juju/unit.ts';
import { eventually } from '../support/eventually.ts';
import { lacks } from '../support/skips/needs.cjs';

interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

const walkThroughs = [
  'several-subnets',
  'route-reflection',
  'as-per-rack',
  'ipip-always',
  'ipip-cross-subnet',
  'ipip-never',
  'several-pools',
];
/** No cluster, and pools that are ours alone. */
const here: Options = { datastore: 'files', 'pools-handed-over': true };
const bound = {
  'bind-addresses': [
    {
      'interface-name': 'ens3',
      addresses: [
        { hostname: '', value: '10.0.0.2', cidr: '10.0.0.0/24' },
        { hostname: '', value: '2001:db8::2', cidr: '2001:db8::/64' },
      ],
    },
    { 'interface-name': 'ens4', addresses: [{ value: '10.8.0.2', cidr: '10.8.0.0/24' }] },
  ],
  'ingress-addresses': ['10.0.0.2', '10.8.0.2', '2001:db8::2'],
};

describe('the life of a unit', function () {
  this.timeout(300_000);
  let folder: string;
  let unit: Unit;
  let program: string;
  before(async function () {
    if (spawnSync('curl', ['--version']).error !== undefined) {
      lacks('the program curl', 'curl');
      this.skip();
    }
    program = await bundleAgent();
  });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-unit-'));
    const deb = path.join(folder, 'calico-agent_0.1.0_amd64.deb');
    await writeFile(deb, '');
    const charm = path.join(folder, 'charm');
    await writeFolder(charm, await charmFiles([deb]));
    unit = await createUnit({
      folder,
      name: 'calico-agent/12',
      charm,
      program,
      // The number of the calico unit on this machine is another one than ours.
      agent: { node: { name: 'Node-A', units: ['calico/0', 'kubernetes-worker/11'] } },
    });
    await unit.network(bound);
    await unit.config(here);
  });
  afterEach(async () => {
    await unit.end();
    await rm(folder, { recursive: true });
  });

  const written = async (): Promise<readonly Resource[]> => {
    const resources = path.join(folder, 'state/resources');
    const names = (await readdir(resources)).filter((name) => /^\d+-.*\.yaml$/.test(name));
    return Promise.all(
      names.map(async (name): Promise<Resource> => {
        const text = await readFile(path.join(resources, name), 'utf8');
        return parse(text);
      }),
    );
  };
  const born = async (): Promise<void> => {
    await unit.hook('install');
    await unit.hook('leader-settings-changed');
    await unit.hook('config-changed');
    await unit.hook('start');
  };

  it('installs the package of the charm, and works from the first hook on', async () => {
    expect(await unit.hook('install')).to.equal(
      'blocked the agent does not run: systemctl status calico-agent, journalctl -u calico-agent',
    );
    expect(await unit.recorded('calls')).to.match(
      /dpkg .*--install \S+\/packages\/calico-agent_0\.1\.0_amd64\.deb/,
    );
    expect(await unit.hook('start')).to.match(/^active revision 1, AS 64512, 0 peers/);
    expect(await unit.recorded('version')).to.equal('0.1.0\n');
    expect(await unit.recorded('status-application')).to.equal('');
  });

  it('starts no process of the agent when hooks change nothing', async () => {
    await born();
    await unit.config({ ...here, 'global-as-number': 64512 });
    await unit.hook('config-changed');
    const pid = (await unit.recorded('agent.pid')).trim();
    const children = (): Promise<string> =>
      readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').then((text) => text.trim());
    expect(await children(), 'the process that decided').not.to.equal('');
    await eventually(async () => expect(await children()).to.equal(''));
    for (const hook of ['config-changed', 'update-status', 'leader-settings-changed']) {
      expect(await unit.hook(hook), hook).to.match(/^active /);
      // A started process would stay for some seconds.
      expect(await children(), hook).to.equal('');
    }
  });

  it('brings each walk-through into force, one after the other', async () => {
    await born();
    for (const example of walkThroughs) {
      const folderOf = path.resolve('examples', example);
      const options: Options = parse(await readFile(path.join(folderOf, 'config.yaml'), 'utf8'));
      await unit.config({ ...here, ...options });
      const status = await unit.hook('config-changed');
      expect(status, example).to.match(/^active revision \d+, AS \d+, \d+ peers?/);
      const golden = parseAllDocuments(
        await readFile(path.join(folderOf, 'expected/calicoctl.yaml'), 'utf8'),
      ).map((document): Resource => document.toJS());
      const resources = await written();
      expect(peerNames(resources), example).to.have.members(peerNames(golden));
      for (const wanted of golden) {
        const found = resources.find((one) => nameOf(one) === nameOf(wanted));
        expect(found?.spec, `${example}: ${nameOf(wanted)}`).to.deep.include(wanted.spec);
      }
    }
  });

  it('shows the first error with its place, keeps the revision in force, and goes on when it is mended', async () => {
    await born();
    const peers = '10.0.0.0/24:\n- address: 10.0.0.1\n  as-number: 64512\n';
    await unit.config({ ...here, 'subnet-bgp-peers': peers });
    expect(await unit.hook('config-changed')).to.match(/^active revision 2, AS 64512, 1 peer/);
    const before = await written();

    const broken = { 'subnet-bgp-peers': `${peers}- adress: x\n`, 'global-as-number': 0 };
    await unit.config({ ...here, ...broken });
    const status = await unit.hook('config-changed');
    expect(status).to.match(
      /^blocked .*\(and \d+ more errors?: action check\)$|^blocked .*\(action check\)$/,
    );
    const check = await unit.action('check');
    expect(check.output).to.contain('error: ');
    expect(check.failure).to.match(/^the options have \d+ errors?: see the output$/);
    expect(check.status).to.equal(status);
    expect(await unit.hook('update-status')).to.equal(status);
    expect(await written()).to.deep.equal(before);

    await unit.config({ ...here, 'subnet-bgp-peers': peers, 'global-as-number': 4200000000 });
    // The action only reads: the status of the unit stays until the next hook.
    expect(await unit.action('check')).to.include({ failure: '', status });
    expect(await unit.hook('config-changed')).to.match(/^active revision 3, AS 4200000000, 1 peer/);
    expect(await unit.action('check')).to.include({ failure: '' });
  });

  it('does not bring a rejected revision back, until it changes or a person says retry', async () => {
    await born();
    const before = await written();
    await unit.config({ ...here, cidr: '10.77.0.0/16' });
    const rejected =
      /^blocked rejected at \d\d:\d\d: .*pool "ipv4".*; change it, or run the action retry$/;
    expect(await unit.hook('config-changed')).to.match(rejected);
    expect(await unit.hook('update-status')).to.match(rejected);
    const retried = await unit.action('retry');
    expect(`blocked ${retried.failure}`).to.match(rejected).and.equal(retried.status);
    expect(await written()).to.deep.equal(before);
    await unit.config(here);
    expect(await unit.hook('config-changed')).to.match(/^active revision \d+, AS 64512/);
  });

  it("matches calico's units by numbers, both families by subnets, and names in lower case", async () => {
    await born();
    await unit.config({
      ...here,
      'unit-as-numbers': '{0: 65000, 12: 65012}',
      'subnet-bgp-peers': '{"2001:db8::/64": [{address: "2001:db8::1", as-number: 65001}]}',
      'unit-bgp-peers': '{12: [{address: 10.0.0.9, as-number: 65009}]}',
    });
    expect(await unit.hook('config-changed')).to.match(/^active revision 2, AS 65000, 1 peer/);
    const { output } = await unit.action('status', { format: 'json' });
    const status: Readonly<Record<string, unknown>> = JSON.parse(output);
    expect(status).to.include({ node: 'node-a', source: 'juju' });
  });

  it('takes an address of the host when the binding is gone', async () => {
    await unit.network(undefined);
    await unit.hook('start');
    expect(await unit.hook('config-changed')).to.match(/^active /);
  });

  it('passes options on that are larger than a pipe', async () => {
    await born();
    const peers = Array.from(
      { length: 900 },
      (_, index) =>
        `- {address: "10.9.${String(index >> 8)}.${String(index & 255)}", as-number: 65001} # $(id) \\ "${'é'.repeat(60)}"`,
    );
    await unit.config({ ...here, 'global-bgp-peers': peers.join('\n') });
    expect(await unit.hook('config-changed')).to.match(/^active revision 2, AS 64512, 900 peers/);
  });

  it('shows its status as that of the application only while it leads', async () => {
    await born();
    expect(await unit.applicationStatus()).to.equal('');
    await unit.lead(true);
    await unit.hook('leader-elected');
    expect(await unit.applicationStatus()).to.match(/^active revision 1/);
    await unit.lead(false);
    await unit.config({ ...here, 'global-as-number': 65002 });
    await unit.hook('config-changed');
    expect(await unit.applicationStatus()).to.match(/^active revision 1/);
  });

  it('takes a whole native document instead of the options', async () => {
    await born();
    const document = [
      'apiVersion: calico-agent/v1',
      'kind: NetworkConfig',
      'bgp: {asNumber: 65123, nodeToNodeMesh: true}',
    ].join('\n');
    await unit.config({ ...here, 'network-config': document, 'global-as-number': 1 });
    expect(await unit.hook('config-changed')).to.match(/^active revision 2, AS 65123/);
  });

  it('refuses invalid values of its own options, without a failure of the hook', async () => {
    await born();
    await unit.config({ ...here, datastore: 'consul' });
    expect(await unit.hook('config-changed')).to.equal(
      'blocked "datastore" has to be etcd or kubernetes or auto or files (action check)',
    );
  });

  it('leaves a person the agent that the person took over, until the action says otherwise', async () => {
    await born();
    await writeFile(path.join(folder, 'mine.yaml'), 'global-as-number: 65077\n');
    const run = spawnSync(
      path.join(folder, 'bin/calico-agent'),
      ['apply', path.join(folder, 'mine.yaml'), '--take-over', '--wait'],
      { env: { ...process.env, CALICO_AGENT_SOCKET: path.join(folder, 'agent.sock') } },
    );
    expect(run.status, run.stderr.toString()).to.equal(0);
    expect(await unit.hook('update-status')).to.match(
      /^blocked .*the source "local" changes this agent.*\(action apply, take-over=true\)$/,
    );
    const applied = await unit.action('apply', { 'take-over': true });
    expect(applied).to.include({ failure: '' });
    expect(applied.status).to.match(/^active revision \d+, AS 64512/);
  });

  it('prints the output of a command in an action, and fails when it fails', async () => {
    await born();
    expect((await unit.action('plan')).failure).to.equal('');
    expect((await unit.action('history')).output).to.contain('juju:calico-agent');
    expect((await unit.action('peers', { format: 'json' })).output).to.contain('"peers"');
    const why = 'a night by "hand"; $(reboot)';
    expect(await unit.action('hold', { why })).to.include({ failure: '' });
    await unit.config({ ...here, 'global-as-number': 65003 });
    expect(await unit.hook('config-changed'))
      .to.contain(`blocked writing is on hold`)
      .and.contain(why);
    expect(await unit.action('release-hold')).to.include({ failure: '' });
    expect(await unit.hook('config-changed')).to.match(/^active revision 2, AS 65003/);
    expect((await unit.action('release-hold')).failure).to.equal(
      'calico-agent release-hold failed: see the output',
    );
  });

  it('can be upgraded and removed; the revision in force stays', async () => {
    await born();
    const before = await written();
    expect(await unit.hook('upgrade-charm')).to.match(/^active revision 1/);
    expect(await unit.hook('config-changed')).to.match(/^active revision 1/);
    await unit.hook('host-relation-departed', { JUJU_RELATION_ID: 'host:1' });
    expect(await unit.hook('stop')).to.match(/^maintenance stopping/);
    await unit.hook('remove');
    expect(await unit.recorded('calls')).to.contain('dpkg --purge calico-agent\n');
    expect(await written()).to.deep.equal(before);
  });

  it('blocks when the package cannot be installed, and fails for Juju to try again', async () => {
    await writeFile(path.join(folder, 'bin/sleep'), '#!/bin/sh\n', { mode: 0o755 });
    await writeFile(path.join(unit.state, 'dpkg.fails'), '');
    const failed = await unit.hook('install').then(
      () => false,
      () => true,
    );
    expect(failed).to.equal(true);
    expect(await unit.recorded('status-unit')).to.match(/^blocked cannot install the agent/);
  });

  const curl = (...words: readonly string[]): string =>
    spawnSync('curl', [
      '-s',
      '--unix-socket',
      path.join(folder, 'agent.sock'),
      ...words,
    ]).stdout.toString();
  const facts = (): unknown => JSON.parse(curl('http://localhost/v1/facts'));

  it('keeps the facts that a tool cannot give just now, and changes nothing for a person who asks', async () => {
    const other = '10.77.0.2';
    await unit.network({
      'bind-addresses': [
        { 'interface-name': 'ens3', addresses: [{ value: other, cidr: '10.77.0.0/24' }] },
      ],
    });
    await unit.config({ ...here, 'subnet-as-numbers': '{10.77.0.0/24: 64520}' });
    expect(await unit.hook('start')).to.match(/^active revision 1, AS 64520/);
    const before = facts();
    expect(JSON.stringify(before)).to.contain(other);
    await unit.network(undefined);
    expect(await unit.hook('config-changed')).to.match(/^active revision 1, AS 64520/);
    expect(facts()).to.deep.equal(before);
    const asked = '{"hook":"update-status","unit":"calico-agent/12"}';
    const answer = curl(
      '-H',
      'content-type: application/json',
      '-d',
      asked,
      'http://localhost/v1/hooks',
    );
    expect(answer).to.match(/^status active revision 1, AS 64520/);
    expect(facts()).to.deep.equal(before);
  });

  it('can always get better settings than those that the agent refuses', async () => {
    await born();
    await unit.config({ ...here, 'unit-application': 'a'.repeat(129) });
    expect(await unit.hook('config-changed')).to.equal(
      'blocked "unit-application" has to be the name of an application (action check)',
    );
    await unit.config(here);
    expect(await unit.hook('config-changed')).to.match(/^active revision 1/);
    await writeFile(path.join(folder, 'state/juju/agent.json'), '{"half":');
    await unit.hook('stop');
    expect(await unit.hook('start')).to.match(/^active revision 1/);
    expect(await readFile(path.join(folder, 'state/juju/agent.json'), 'utf8')).to.contain(
      '"files"',
    );
  });

  it('is for the controller alone while it is related with one, and offers nothing after that', async () => {
    await born();
    const inRelation = { JUJU_RELATION_ID: 'controller:5' };
    const settings = (): Promise<string> =>
      readFile(path.join(folder, 'state/juju/agent.json'), 'utf8');
    await unit.relate('controller:5', {});
    expect(await unit.hook('controller-relation-created', inRelation)).to.equal(
      'waiting the controller has no unit yet',
    );
    const access = { url: 'ws://127.0.0.1:1', token: 'abcdefghijklmnopqrstuvwxyz' };
    await unit.relate('controller:5', { 'ctl/0': access });
    expect(await unit.hook('controller-relation-changed', inRelation)).to.match(
      /^waiting for the controller: /,
    );
    const related = await settings();
    expect(JSON.parse(related)).to.include({ source: 'controller' });
    const plain = { ...access, url: 'ws://10.0.0.2:7843' };
    await unit.relate('controller:5', { 'ctl/0': access, 'ctl/1': plain });
    expect(await unit.hook('controller-relation-changed', inRelation)).to.match(
      /^waiting for the controller: .*; cannot use .*: ws:\/\/10\.0\.0\.2:7843 is without TLS/,
    );
    await unit.relate('controller:5', { 'ctl/1': plain });
    expect(await unit.hook('controller-relation-changed', inRelation)).to.match(
      /^blocked cannot use .*; its address from before stays: /,
    );
    expect(await settings()).to.equal(related);

    await writeFile(path.join(unit.state, 'relation-list.fails'), '');
    expect(await unit.hook('update-status')).to.match(/^waiting for the controller: /);
    await rm(path.join(unit.state, 'relation-list.fails'));
    await unit.relate('controller:5', {});
    await unit.config({ ...here, 'global-as-number': 64999 });
    expect(await unit.hook('controller-relation-departed', inRelation)).to.match(
      /^waiting for the controller: /,
    );
    expect(await settings()).to.equal(related);
    // Also for an agent that was just started again without it.
    expect(await unit.hook('controller-relation-broken', inRelation)).to.match(
      /^active revision 1, AS 64512/,
    );
    expect(await settings()).to.not.contain('controller');
    await unit.unrelate('controller:5');
    expect(await unit.hook('config-changed')).to.match(/^active revision 2, AS 64999/);
  });

  it('keeps its settings when a tool fails, or answers with an error', async () => {
    await born();
    await writeFile(path.join(unit.state, 'config-get.fails'), '');
    expect(await unit.hook('update-status')).to.match(/^active revision 1/);
    await rm(path.join(unit.state, 'config-get.fails'));
    await writeFile(path.join(unit.state, 'config.json'), '[1]');
    expect(await unit.hook('update-status')).to.equal(
      'waiting the agent answered with an error (400): journalctl -u calico-agent',
    );
  });
});

function nameOf({ kind, metadata }: Resource): string {
  return `${kind} ${metadata.name}`;
}

function peerNames(resources: readonly Resource[]): readonly string[] {
  return resources.filter(({ kind }) => kind === 'BGPPeer').map(nameOf);
}
