/** Two controllers over one etcd: one leads and serves the agents, the other stands by. */
import { expect } from 'chai';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createUnixHttpClient } from '../../runtime/http/unix-client.ts';
import { eventually } from '../support/eventually.ts';
import { failure } from '../support/failure.ts';
import { etcdOfSuite } from '../support/servers/etcd.ts';
import { MemoryAgent } from '../support/twins/memory-agent.ts';
import type { ControllerSettings } from '../../controller/settings.ts';
import { freePort } from '../support/servers/free-port.ts';
import { configWith, Lab } from './running.ts';

describe('two controllers over etcd', function () {
  this.timeout(120_000);
  const etcd = etcdOfSuite();
  let labs: Lab[];
  beforeEach(() => {
    labs = [];
  });
  afterEach(async () => {
    for (const lab of labs) await lab.close();
    await etcd().etcdctl('del', '--prefix', '/calico-controller/');
  });

  const add = async (more: Partial<ControllerSettings> = {}): Promise<Lab> => {
    const lab = await Lab.make();
    labs.push(lab);
    await lab.start({ etcd: { endpoints: [etcd().endpoint], timeoutSeconds: 20 }, ...more });
    return lab;
  };
  const opened = (lab: Lab): Promise<void> => lab.controller?.opened ?? Promise.reject(new Error());
  const metricsOf = async (lab: Lab): Promise<readonly string[]> => {
    const client = createUnixHttpClient(lab.socket, { startHint: '' });
    return (await client.request({ method: 'GET', path: '/metrics' })).body.split('\n');
  };
  const revokeLeader = async (): Promise<void> => {
    const key = '/calico-controller/default/leader/fleet';
    const fields = await etcd().etcdctl('get', '-w', 'fields', key);
    const id = BigInt(/"Lease" : (\d+)/u.exec(fields)?.[1] ?? '0');
    await etcd().etcdctl('lease', 'revoke', id.toString(16));
  };

  it('shows why one of them serves no agents, and changes nothing there', async () => {
    const leader = await add();
    await opened(leader);
    const other = await add();
    const { problem, standby, listen } = await other.status();
    expect(problem).to.contain('this controller stands by: the controller on ');
    expect(problem).to.contain('leads; it takes over when that one is gone');
    expect(standby).to.equal(true);
    expect((await leader.status()).standby).to.equal(undefined);
    expect(listen).to.equal('127.0.0.1:0');
    const unknown = await other.node('node-0').catch((error: unknown) => error);
    expect(unknown).to.include({ code: 'not-ready' });
    const refused = await other.push(configWith(64_513)).catch((error: unknown) => error);
    expect(refused).to.include({ code: 'not-ready' });
    expect((await leader.push(configWith(64_513))).revision.number).to.equal(1);
  });

  it('do not begin with an empty store where etcd was wiped, also the one that takes over', async () => {
    const leader = await add();
    await opened(leader);
    const other = await add();
    await etcd().etcdctl('del', '--prefix', '/calico-controller/');
    await leader.controller?.ended;
    await leader.stopController();
    await eventually(async () => {
      const { problem } = await other.status();
      expect(problem).to.contain('it would be empty, and this controller has used the store');
    });
    const refused = await other.push(configWith(64_513)).catch((error: unknown) => error);
    expect(refused).to.include({ code: 'not-ready' });
  });

  it('does not stand by for the leader of another cluster', async () => {
    await opened(await add());
    const prefix = '/calico-controller/default/';
    const store = { endpoints: [etcd().endpoint], timeoutSeconds: 20, prefix };
    const refused = await failure(add({ cluster: 'west', etcd: store }));
    expect(refused.code).to.equal('invalid-settings');
    expect(refused.message).to.contain('it belongs to the cluster "default", not "west"');
  });

  it('counts a standby as no problem in the metrics', async () => {
    const leader = await add();
    await opened(leader);
    const other = await add();
    expect(await metricsOf(leader)).to.include.members([
      'calico_controller_leads 1',
      'calico_controller_state_problem 0',
    ]);
    expect(await metricsOf(other)).to.include.members([
      'calico_controller_leads 0',
      'calico_controller_state_problem 0',
      'calico_controller_passing_problem 0',
    ]);
    await leader.stopController();
    await opened(other);
    expect((await other.status()).standby).to.equal(undefined);
    expect(await metricsOf(other)).to.include('calico_controller_leads 1');
  });

  it('tells the metrics where one that stands by cannot listen for agents', async () => {
    const port = await freePort();
    await opened(await add({ listen: `127.0.0.1:${String(port)}` }));
    const taken = createServer();
    taken.listen(await freePort([port]), '127.0.0.1');
    try {
      await once(taken, 'listening');
      const bound = taken.address();
      const listen = `127.0.0.1:${String(typeof bound === 'object' ? bound?.port : 0)}`;
      const other = await add({ listen });
      await eventually(async () =>
        expect(await metricsOf(other)).to.include.members([
          'calico_controller_stands_by 1',
          'calico_controller_passing_problem 1',
          'calico_controller_state_problem 0',
        ]),
      );
    } finally {
      taken.close();
    }
  });

  it('goes on at the other one, with revisions, nodes and answers, when one stops', async () => {
    const leader = await add();
    await opened(leader);
    const other = await add();
    const agent = new MemoryAgent({ name: 'node-0' });
    const channel = leader.connect(agent);
    await eventually(async () => expect((await leader.status()).connected).to.equal(1));
    const { revision } = await leader.push(configWith(64_513), 60);
    await channel.stop();
    await eventually(async () => expect((await leader.status()).connected).to.equal(0));
    await leader.stopController();
    await opened(other);
    expect((await other.status()).revision).to.deep.include(revision);
    expect(await other.node('node-0')).to.deep.include({ push: { state: 'confirmed' } });
    other.connect(agent);
    await eventually(async () =>
      expect(await other.node('node-0')).to.deep.include({
        connected: true,
        push: { state: 'confirmed' },
      }),
    );
    expect(agent.askedForItsOwn).to.equal(1);
    expect((await other.push(configWith(64_514))).revision.number).to.equal(2);
  });

  it('serves agents that know the address of a standby only, also once it leads itself', async () => {
    const port = await freePort();
    const leader = await add({ listen: `127.0.0.1:${String(port)}` });
    await opened(leader);
    const second = `127.0.0.1:${String(await freePort([port]))}`;
    const other = await add({ listen: second });
    const agent = new MemoryAgent({ name: 'node-0' });
    other.connect(agent, { url: `ws://${second}` });
    await eventually(async () => expect((await leader.status()).connected).to.equal(1));
    expect((await leader.node('node-0'))?.remote).to.equal('127.0.0.1');
    expect((await leader.push(configWith(64_513), 60)).revision.number).to.equal(1);
    expect(await leader.node('node-0')).to.deep.include({ push: { state: 'confirmed' } });
    await leader.stopController();
    await opened(other);
    await eventually(async () => expect((await other.status()).connected).to.equal(1));
    expect((await other.push(configWith(64_514), 60)).revision.number).to.equal(2);
    expect(await other.node('node-0')).to.deep.include({ push: { state: 'confirmed' } });
  });

  it('ends a controller that lost its leadership, and it writes nothing any more', async () => {
    const leader = await add();
    await opened(leader);
    const other = await add();
    await leader.push(configWith(64_513));
    await revokeLeader();
    await opened(other);
    expect((await other.push(configWith(64_514))).revision.number).to.equal(2);
    // Its next renewal may be seconds away, and until then it still believes that it leads.
    const refused = await leader.push(configWith(64_515)).catch((error: unknown) => error);
    expect(refused).to.include({ code: 'datastore-conflict' });
    expect(await leader.controller?.ended).to.contain('does not lead the cluster any more');
    expect((await other.status()).revision?.number).to.equal(2);
  });

  it('waits for etcd, and says so, when it is away at the start', async () => {
    await etcd().kill();
    const lab = await Lab.make();
    labs.push(lab);
    await lab.start({ etcd: { endpoints: [etcd().endpoint], timeoutSeconds: 2 } });
    const { problem, standby } = await lab.status();
    expect(problem).to.contain('cannot use etcd');
    expect(standby).to.equal(undefined);
    expect(await metricsOf(lab)).to.include.members([
      'calico_controller_leads 0',
      'calico_controller_state_problem 1',
    ]);
    await etcd().restart();
    await opened(lab);
    expect((await lab.status()).problem).to.equal(undefined);
  });

  it('refuses the store of another cluster', async () => {
    const settings = { endpoints: [etcd().endpoint], timeoutSeconds: 20, prefix: '/shared/' };
    const lab = await Lab.make();
    labs.push(lab);
    await lab.start({ etcd: settings });
    await opened(lab);
    await lab.stopController();
    const error = await lab
      .start({ etcd: settings, cluster: 'other' })
      .catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'invalid-settings' });
    expect(String(error)).to.contain('it belongs to the cluster "default", not "other"');
  });
});
