/**
 * The built daemon, started like its unit, with more peers than any fleet has: nothing holds up its
 * loop.
 */
import { expect } from 'chai';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createUnixHttpClient, type ClientRequest } from '../../runtime/http/unix-client.ts';
import { needsEtcd, startEtcd, type RunningEtcd } from '../support/servers/etcd.ts';
import { eventually } from '../support/eventually.ts';
import { watchTurns, type Turns } from './processes/turns.ts';
import { startVictim, type Victim } from './processes/victim.ts';

/** LOOP_PEERS=25000 is the largest accepted number, and takes some minutes. */
const peers = Number(process.env['LOOP_PEERS'] ?? 8000);
const longestTurnMs = 50;
const minutesMs = 60_000;

describe('the event loop of an agent with thousands of peers in etcd', function () {
  this.timeout(15 * minutesMs);
  let folder: string;
  let etcd: RunningEtcd;
  let agent: Victim;
  let turns: Turns;
  const at = (name: string): string => path.join(folder, name);
  const ask = async (socket: string, request: ClientRequest): Promise<string> => {
    const client = createUnixHttpClient(at(socket), { startHint: '' });
    return (await client.request({ timeoutMs: 10 * minutesMs, ...request })).body;
  };
  const get = (socket: string, what: string): Promise<string> =>
    ask(socket, { method: 'GET', path: `/v1/${what}` });

  before(async function () {
    needsEtcd(this);
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-loop-'));
    etcd = await startEtcd();
    await etcd.put('/calico/resources/v3/projectcalico.org/clusterinformations/default', {
      apiVersion: 'projectcalico.org/v3',
      kind: 'ClusterInformation',
      metadata: { name: 'default' },
      spec: { datastoreReady: true },
    });
    await etcd.put('/calico/resources/v3/projectcalico.org/nodes/node-0', {
      apiVersion: 'projectcalico.org/v3',
      kind: 'Node',
      metadata: { name: 'node-0' },
      spec: { bgp: { ipv4Address: '10.0.0.2/24' } },
    });
    const settings = {
      apiVersion: 'calico-agent/v1',
      kind: 'AgentConfig',
      node: { name: 'node-0', addresses: ['10.0.0.2/24'] },
      stateDirectory: at('state'),
      socket: at('agent.sock'),
      statusSocket: at('status.sock'),
      datastore: { driver: 'etcd', endpoints: [etcd.endpoint] },
    };
    await writeFile(at('agent.yaml'), JSON.stringify(settings));
    const argv = ['run', '--config', at('agent.yaml')];
    turns = watchTurns(at('turns'));
    agent = await startVictim('calico-agent', argv, at('agent.sock'), turns.environment);
    // A pass loads the driver's library once, for any caller, which does not count.
    await eventually(async () => {
      expect(JSON.parse(await get('agent.sock', 'status'))).to.include({ state: 'waiting' });
      await get('agent.sock', 'export').catch(() => undefined);
    }, minutesMs);
    await turns.longest();
  });
  after(async () => {
    await agent.stop();
    await etcd.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('is not held up while a configuration is checked, planned and applied', async () => {
    const body = manyPeers();
    const mediaType = 'application/yaml';
    await ask('agent.sock', { method: 'POST', path: '/v1/check', body, mediaType });
    await ask('agent.sock', { method: 'POST', path: '/v1/plan', body, mediaType });
    const config = { method: 'PUT', path: '/v1/config?wait=600', body, mediaType } as const;
    const put: unknown = JSON.parse(await ask('agent.sock', config));
    expect(put).to.deep.include({ ended: { result: 'confirmed' } });
    expect(await turns.longest()).to.be.lessThan(longestTurnMs);
  });

  it('is not held up by any request of any user', async () => {
    // In the form of an older version: the history has to be read from the entry, once.
    await rm(at('state/history/1.summary.json'));
    const asked = ['status', 'facts', 'revisions', 'config', 'peers', 'resources', 'plan', 'drift'];
    const answers = await Promise.all(asked.map((what) => get('status.sock', what)));
    const [all, resources] = [answers[asked.indexOf('peers')], answers[asked.indexOf('resources')]];
    expect(JSON.parse(all ?? '').peers).to.have.length(peers);
    expect(JSON.parse(resources ?? '').resources.length).to.be.at.least(peers);
    const { revisions, unread = [] } = JSON.parse(await get('status.sock', 'revisions'));
    expect(unread).to.deep.equal([]);
    expect(revisions[0].outcome).to.include({ result: 'applied' });
    expect(await turns.longest()).to.be.lessThan(longestTurnMs);
  });

  it('is not held up by requests of root', async () => {
    for (const what of ['adoptable', 'owned', 'stale-nodes', 'export']) {
      await get('agent.sock', what);
    }
    const labels = Array.from({ length: 1000 }, (_one, index) => [`label-${index}`, 'x'] as const);
    const facts = JSON.stringify({ labels: Object.fromEntries(labels) });
    const mediaType = 'application/json';
    await ask('agent.sock', { method: 'PUT', path: '/v1/facts', body: facts, mediaType });
    // The next request would wait behind it for 30 s of the clock, and be refused on a busy
    // machine.
    await get('agent.sock', 'plan');
    const hook = {
      hook: 'config-changed',
      unit: 'calico-agent/0',
      leader: true,
      config: { 'network-config': manyPeers() },
    };
    const body = JSON.stringify(hook);
    await ask('agent.sock', { method: 'POST', path: '/v1/hooks', body, mediaType });
    await get('status.sock', 'plan');
    expect(await turns.longest()).to.be.lessThan(longestTurnMs);
  });
});

/** A thousand in each group, all of them for this node. */
function manyPeers(): string {
  const peersOf = (group: number): string =>
    Array.from(
      { length: 1000 },
      (_one, n) => `  - {address: 10.${group + 1}.${n >> 8}.${n & 255}, asNumber: 99}\n`,
    ).join('');
  const groups = Array.from(
    { length: peers / 1000 },
    (_one, group) =>
      `- name: g${group}\n  match: {subnets: [10.0.0.0/24]}\n  peers:\n${peersOf(group)}`,
  );
  const head = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\nbgp:\n  asNumber: 64512\n';
  return `${head}groups:\n${groups.join('')}`;
}
