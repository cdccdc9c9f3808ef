/** A unit with a real etcd over TLS, beside the calico charm whose objects exist already. */
import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { charmFiles, writeFolder } from '../../build/charm/charm-files.ts';
import { eventually } from '../support/eventually.ts';
import { needsEtcd, startEtcd, type RunningEtcd } from '../support/servers/etcd.ts';
import { bundleAgent, createUnit, type Options, type Unit } from '../support/juju/unit.ts';
import { lacks } from '../support/skips/needs.cjs';

const resources = '/calico/resources/v3/projectcalico.org';
/**
 * The calico charm's setting here: a router in place of the mesh. It is set by a subnet, so that
 * BIRD's session keeps its name when the BGPPeer of the charm goes.
 */
const alike: Options = {
  'global-as-number': 64520,
  'node-to-node-mesh': false,
  'subnet-bgp-peers': '{0.0.0.0/0: [{address: 10.0.0.1, as-number: 64520}]}',
};

describe('a unit beside the calico charm', function () {
  this.timeout(300_000);
  let program: string;
  let etcd: RunningEtcd;
  let folder: string;
  let unit: Unit;
  before(async function () {
    if (spawnSync('curl', ['--version']).error !== undefined) {
      lacks('the program curl', 'curl');
      this.skip();
    }
    needsEtcd(this);
    program = await bundleAgent();
  });
  beforeEach(async () => {
    etcd = await startEtcd({ tls: true });
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-beside-'));
    const charm = path.join(folder, 'charm');
    await writeFolder(charm, await charmFiles([]));
    unit = await createUnit({
      folder,
      name: 'calico-agent/12',
      charm,
      program,
      agent: { node: { name: 'node-a', units: ['calico/10'], addresses: ['10.0.0.2/24'] } },
    });
    await unit.lead(true);
    await writeCharmsObjects();
  });
  afterEach(async () => {
    await unit.end();
    await etcd.stop();
    await rm(folder, { recursive: true });
  });

  const put = (kind: string, name: string, spec: object): Promise<void> =>
    etcd.put(`${resources}/${kind.toLowerCase()}s/${name}`, {
      kind,
      apiVersion: 'projectcalico.org/v3',
      metadata: {
        name,
        uid: '00000000-0000-4000-8000-000000000000',
        creationTimestamp: '2026-01-01T00:00:00Z',
      },
      spec,
    });
  const writeCharmsObjects = async (): Promise<void> => {
    await put('Node', 'node-a', { bgp: { ipv4Address: '10.0.0.2/24' } });
    await put('ClusterInformation', 'default', { datastoreReady: true });
    await put('BGPConfiguration', 'default', { asNumber: 64512, nodeToNodeMeshEnabled: true });
    await put('IPPool', 'ipv4', {
      cidr: '192.168.0.0/16',
      ipipMode: 'Never',
      vxlanMode: 'Never',
      natOutgoing: true,
      blockSize: 26,
      nodeSelector: 'all()',
    });
    const spec = { node: 'node-a', peerIP: '10.0.0.1', asNumber: 64520 };
    await put('BGPPeer', 'calico-10-10.0.0.1-64520', spec);
  };
  const relate = async (): Promise<void> => {
    const read = (file: string | undefined): Promise<string> => readFile(file ?? '', 'utf8');
    const { caFile, certFile, keyFile } = etcd.files ?? {};
    await unit.relate('etcd:3', {
      'etcd/0': {
        'private-address': '10.0.0.5',
        connection_string: etcd.endpoint,
        client_ca: await read(caFile),
        client_cert: await read(certFile),
        client_key: await read(keyFile),
        version: '3.4.22',
      },
    });
  };
  const inRelation = { JUJU_RELATION_ID: 'etcd:3', JUJU_REMOTE_UNIT: 'etcd/0' };
  const peers = async (): Promise<readonly string[]> =>
    (await etcd.keys(`${resources}/bgppeers/`)).map((key) => path.posix.basename(key));

  it('takes over the cluster without a moment in which a session has no peer', async () => {
    expect(await unit.hook('start')).to.match(/^waiting /);
    await unit.relate('etcd:3', { 'etcd/0': { 'private-address': '10.0.0.5' } });
    expect(await unit.hook('etcd-relation-joined', inRelation)).to.equal(
      'waiting etcd has not sent its addresses yet',
    );
    await relate();
    expect(await unit.hook('etcd-relation-changed', inRelation)).to.equal(
      'blocked the charm calico sets the same: juju config calico manage-pools=false; then juju config calico-agent pools-handed-over=true',
    );
    expect(await unit.applicationStatus()).to.match(/^blocked the charm calico/);

    await unit.config({ ...alike, 'pools-handed-over': true });
    expect(await unit.hook('config-changed')).to.equal(
      'blocked the charm calico sets the same: juju config calico global-as-number=64520 node-to-node-mesh=false; node-to-node-mesh only when no unit has peers to apply first',
    );
    expect(await peers()).to.deep.equal(['calico-10-10.0.0.1-64520']);

    // The operator sets the same option there, and the charm writes it.
    const there = { asNumber: 64520, nodeToNodeMeshEnabled: false };
    await put('BGPConfiguration', 'default', there);
    expect(await unit.hook('update-status')).to.match(/^(maintenance|blocked|active) /);
    expect(await unit.hook('config-changed')).to.equal(
      "blocked the charm calico sets the same: juju config calico global-bgp-peers='[]' subnet-bgp-peers='{}' unit-bgp-peers='{}'",
    );
    // Ours and theirs, for the same session.
    expect(await peers()).to.have.length(2);

    // The charm deletes its own.
    await etcd.etcdctl('del', `${resources}/bgppeers/calico-10-10.0.0.1-64520`);
    expect(await unit.hook('update-status')).to.match(/^active revision 1, AS 64520, 1 peer$/);
    expect(await peers()).to.have.length(1);
    const pool = await etcd.get(`${resources}/ippools/ipv4`);
    expect(JSON.stringify(pool)).to.contain('"app.kubernetes.io/managed-by":"calico-agent"');
    expect(pool).to.have.nested.property('spec.cidr', '192.168.0.0/16');
  });

  it("leaves the charm's objects alone while it is blocked for it", async () => {
    await relate();
    const wanted: Options = { ...alike, 'pools-handed-over': true };
    await put('BGPConfiguration', 'default', { asNumber: 64520, nodeToNodeMeshEnabled: false });
    await unit.config(wanted);
    await unit.hook('start');
    await etcd.etcdctl('del', `${resources}/bgppeers/calico-10-10.0.0.1-64520`);
    expect(await unit.hook('config-changed')).to.match(/^active revision 1/);
    await unit.config({ ...wanted, 'global-as-number': 64530 });
    expect(await unit.hook('config-changed')).to.match(/global-as-number=64530/);
    await put('BGPConfiguration', 'default', { asNumber: 64999, nodeToNodeMeshEnabled: false });
    await eventually(async () => {
      const { output } = await unit.action('status', { format: 'json' });
      expect(output).to.contain('"drifted"');
    });
    expect(await unit.hook('update-status')).to.match(/global-as-number=64530/);
    expect(await etcd.get(`${resources}/bgpconfigurations/default`)).to.have.nested.property(
      'spec.asNumber',
      64999,
    );
    await unit.config({ ...wanted, 'global-as-number': 64999 });
    expect(await unit.hook('config-changed')).to.match(/^active revision 2, AS 64999/);
  });

  it('makes its peers before it asks for the end of the mesh', async () => {
    await relate();
    await put('BGPConfiguration', 'default', { asNumber: 64520, nodeToNodeMeshEnabled: true });
    await etcd.etcdctl('del', `${resources}/bgppeers/calico-10-10.0.0.1-64520`);
    const wanted: Options = { ...alike, 'pools-handed-over': true };
    await unit.config(wanted);
    expect(await unit.hook('start')).to.match(
      /^blocked first apply the peers: juju config calico-agent node-to-node-mesh=true; leave calico as it is/,
    );
    expect(await peers()).to.deep.equal([]);
    await unit.config({ ...wanted, 'node-to-node-mesh': true });
    expect(await unit.hook('config-changed')).to.match(/^active revision 1, AS 64520, 1 peer$/);
    expect(await peers()).to.have.length(1);
    await unit.config(wanted);
    expect(await unit.hook('config-changed')).to.match(
      /^blocked the charm calico sets the same: juju config calico node-to-node-mesh=false; /,
    );
  });

  it('writes nothing while it sees no unit of the calico charm, until a person says that there is none', async () => {
    await relate();
    const before = await etcd.get(`${resources}/bgpconfigurations/default`);
    const unseen: Options = {
      ...alike,
      'pools-handed-over': true,
      'unit-application': 'calico-east',
    };
    await unit.config(unseen);
    await unit.hook('install');
    for (const hook of ['start', 'config-changed', 'update-status']) {
      expect(await unit.hook(hook)).to.equal(
        'blocked no unit of calico-east is on this machine: set unit-application, or confirm with without-calico-charm=true that no calico charm manages this cluster',
      );
    }
    expect(await etcd.get(`${resources}/bgpconfigurations/default`)).to.deep.equal(before);
    await unit.config({ ...unseen, 'without-calico-charm': true });
    // Some 20 s: no BIRD tells whether the peer's session is up, so the mesh stays for a while.
    expect(await unit.hook('config-changed')).to.match(/^active revision 1, AS 64520/);
  });

  it('does not begin while a peer of the charm has another AS number', async () => {
    await relate();
    await unit.hook('start');
    await put('BGPConfiguration', 'default', { asNumber: 64520, nodeToNodeMeshEnabled: false });
    const peer = '{0.0.0.0/0: [{address: 10.0.0.1, as-number: 64599}]}';
    await unit.config({ ...alike, 'subnet-bgp-peers': peer, 'pools-handed-over': true });
    expect(await unit.hook('config-changed')).to.equal(
      'blocked the charm calico sets the same: set these options to the same value on both charms: global-bgp-peers, subnet-bgp-peers, unit-bgp-peers',
    );
    const unitNumbers = { 'unit-as-numbers': '{10: 64530}', 'pools-handed-over': true };
    await unit.config({ ...alike, ...unitNumbers });
    expect(await unit.hook('config-changed')).to.equal(
      'blocked the charm calico sets the same: set these options to the same value on both charms: subnet-as-numbers, unit-as-numbers',
    );
  });

  it('keeps credentials for itself, prints none of them, and forgets them with the relation', async () => {
    await relate();
    await unit.hook('start');
    const juju = path.join(folder, 'state/juju');
    const secrets = (await readdir(juju)).filter((name) => name.startsWith('etcd-'));
    expect(secrets).to.have.length(3);
    for (const name of await readdir(juju)) {
      expect((await stat(path.join(juju, name))).mode & 0o777, name).to.equal(0o600);
    }
    expect((await stat(juju)).mode & 0o777).to.equal(0o700);
    const key = (await readFile(etcd.files?.keyFile ?? '', 'utf8')).split('\n')[1] ?? '';
    expect(key).to.have.length.greaterThan(20);
    for (const file of ['agent.log', 'statuses-unit']) {
      expect(await unit.recorded(file)).to.not.contain(key.slice(0, 20));
    }

    const restarts = async (): Promise<number> =>
      (await unit.recorded('calls')).split('systemctl restart').length - 1;
    const before = await restarts();
    await unit.hook('etcd-relation-changed', inRelation);
    await unit.hook('update-status');
    expect(await restarts()).to.equal(before);

    // Juju lists the relation in its last hook, without units.
    await unit.relate('etcd:3', {});
    await unit.hook('etcd-relation-departed', inRelation);
    await writeFile(path.join(unit.state, 'relation-ids.fails'), '');
    await unit.hook('update-status');
    await rm(path.join(unit.state, 'relation-ids.fails'));
    expect(await readdir(juju)).to.include.members(secrets);
    expect(await restarts()).to.equal(before);
    await unit.hook('etcd-relation-broken', { JUJU_RELATION_ID: 'etcd:3' });
    await unit.unrelate('etcd:3');
    await unit.hook('update-status');
    expect(await readdir(juju)).to.deep.equal(['agent.json']);
    expect(await readFile(path.join(juju, 'agent.json'), 'utf8')).to.not.contain(etcd.endpoint);
  });

  it('waits while etcd is away, and says so', async () => {
    await relate();
    await unit.config({ ...alike, 'pools-handed-over': true });
    await unit.hook('start');
    await etcd.kill();
    expect(await unit.hook('config-changed')).to.match(
      /^waiting cannot read what the charm calico wrote: /,
    );
  });
});
