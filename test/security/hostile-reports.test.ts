/**
 * The built daemon in a change, while a stranger with write access to etcd forges the reports of
 * other nodes: it is not held up, keeps its memory, says what it sees, and goes on when its gate
 * ends.
 */
import { expect } from 'chai';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createEtcdClient, type EtcdClient } from '../../runtime/etcd/etcd-client.ts';
import { createUnixHttpClient } from '../../runtime/http/unix-client.ts';
import { digestOfText } from '../../core/config/digest-of-text.ts';
import type { FleetReport } from '../../core/fleet/fleet-report.ts';
import { needsEtcd, startEtcd, type RunningEtcd } from '../support/servers/etcd.ts';
import { eventually } from '../support/eventually.ts';
import { passed, slowestStatus, startVictim, type Victim } from './processes/victim.ts';
import { watchTurns, type Turns } from './processes/turns.ts';

const fleetPrefix = '/calico/calico-agent/v1/fleet/';
const nodesPrefix = '/calico/resources/v3/projectcalico.org/nodes/';
const config = `apiVersion: calico-agent/v1
kind: NetworkConfig
bgp:
  asNumber: 65001
groups:
- name: all
  match: {subnets: [10.0.0.0/8]}
  peers:
  - {address: 10.255.0.1, asNumber: 65002}
`;
const nodes = 2000;
const strangers = 8000;
/** Below MemoryMax of systemd/calico-agent.service. */
const memoryMegabytes = 256;

interface Status {
  readonly message: string;
  readonly fleet?: { readonly nodes: number; readonly message: string };
}

describe('an agent in a change under forged reports of thousands of nodes', function () {
  this.timeout(480_000);
  let folder: string;
  const ends: (() => Promise<void> | void)[] = [];
  let etcd: RunningEtcd;
  let client: EtcdClient;
  let agent: Victim;
  let turns: Turns;
  const at = (name: string): string => path.join(folder, name);
  const statusOf = async (): Promise<Status> =>
    JSON.parse((await agent.status(at('agent.sock'))).body);
  const put = async (entries: readonly (readonly [string, string])[], lease?: string) => {
    for (let from = 0; from < entries.length; from += 100) {
      const writes = entries
        .slice(from, from + 100)
        .map(([key, value]) => ({ put: key, value, ...(lease !== undefined && { lease }) }));
      await client.commit({ compares: [], writes, otherwise: [] });
    }
  };

  before(async function () {
    needsEtcd(this);
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-reports-'));
    ends.push(() => rm(folder, { recursive: true, force: true }));
    etcd = await startEtcd();
    ends.push(() => etcd.stop());
    client = createEtcdClient(() =>
      Promise.resolve({ endpoints: [etcd.endpoint], timeoutMs: 10_000 }),
    );
    ends.push(() => client.close());
    await etcd.put('/calico/resources/v3/projectcalico.org/clusterinformations/default', {
      apiVersion: 'projectcalico.org/v3',
      kind: 'ClusterInformation',
      metadata: { name: 'default' },
      spec: { datastoreReady: true },
    });
    await put(
      Array.from({ length: nodes }, (_one, index) => [
        `${nodesPrefix}node-${index}`,
        JSON.stringify({
          apiVersion: 'projectcalico.org/v3',
          kind: 'Node',
          metadata: { name: `node-${index}` },
          spec: { bgp: { ipv4Address: `10.${1 + (index >> 8)}.${index & 255}.2/24` } },
        }),
      ]),
    );
    const settings = {
      apiVersion: 'calico-agent/v1',
      kind: 'AgentConfig',
      node: { name: 'node-0', addresses: ['10.1.0.2/24'] },
      stateDirectory: at('state'),
      socket: at('agent.sock'),
      statusSocket: at('status.sock'),
      datastore: { driver: 'etcd', endpoints: [etcd.endpoint] },
    };
    await writeFile(at('agent.yaml'), JSON.stringify(settings));
    turns = watchTurns(at('turns'));
    const argv = ['run', '--config', at('agent.yaml')];
    agent = await startVictim('calico-agent', argv, at('agent.sock'), turns.environment);
    ends.push(() => agent.stop());
    // A first pass loads the driver's library.
    await eventually(async () => {
      expect(await statusOf()).to.include({ state: 'waiting' });
      await createUnixHttpClient(at('agent.sock'), { startHint: '' })
        .request({ method: 'GET', path: '/v1/export', timeoutMs: 60_000 })
        .catch(() => undefined);
    }, 120_000);
    await turns.longest();
  });
  after(async () => {
    for (const end of ends.toReversed()) await end();
  });

  it('answers root at once, keeps its memory, and names the nodes that it waits for', async () => {
    const digest = digestOfText(config) ?? '';
    const lease = await client.grantLease(600);
    const forged = (name: string, changed: object = {}): readonly [string, string] => [
      `${fleetPrefix}nodes/${name}`,
      JSON.stringify({ ...holding(name, digest), ...changed }),
    ];
    await put(
      [
        ...Array.from({ length: strangers }, (_one, index) => forged(`a-${index}`)),
        ...Array.from({ length: nodes - 1 }, (_one, index) => forged(`node-${index + 1}`)),
        forged('node-1', { node: 'node-2' }),
        forged('node-2', { step: { step: 2 ** 53 - 1, steps: 1 } }),
        [`${fleetPrefix}nodes/node-3`, '['.repeat(4000)],
        [`${fleetPrefix}nodes/node-4`, 'x'.repeat(1_000_000)],
        [`${fleetPrefix}nodes/\u001b[2J\n`, '{}'],
        [`${fleetPrefix}summaries/${digest.slice('sha256:'.length)}`, '{"formatVersion":2}'],
      ],
      lease,
    );
    await createUnixHttpClient(at('agent.sock'), { startHint: '' }).request({
      method: 'PUT',
      path: '/v1/config',
      body: config,
      mediaType: 'application/yaml',
    });
    await eventually(async () => {
      const { fleet } = await statusOf();
      expect(fleet?.message).to.match(/waiting for a-0 \(and for \d+ more\): it may not/);
    }, 240_000);
    const slowest = await slowestStatus(agent, at('agent.sock'), passed(10_000));
    expect(slowest, 'ms for the slowest status').to.be.below(1000);
    expect(await agent.peakMegabytes(), 'MB at most').to.be.below(memoryMegabytes);
    expect(await turns.longest(), 'ms of the longest turn').to.be.below(50);
    const said = (words: string): number => agent.log.filter((line) => line.includes(words)).length;
    expect(said('cannot read the summary of the reports')).to.equal(1);
    expect(said('reports come from nodes that Calico does not know')).to.equal(1);
    expect(said('ignoring reports of nodes that cannot be read')).to.equal(1);
    expect(agent.isAlive()).to.equal(true);
  });
});

/** A report as large as one may be, of a node that holds all others up in every way. */
function holding(node: string, digest: string): FleetReport {
  const why = 'it may not '.padEnd(600, 'x');
  return {
    formatVersion: 1,
    node,
    revision: { lineage: 'local:node-0', number: 1, digest },
    stage: 'guarding',
    guard: 'off',
    ownChangesLeft: true,
    unhealthy: why,
    routes: 'missing',
    sessions: {
      expected: 1_000_000,
      established: 0,
      asExpected: false,
      worst: 'w'.repeat(320),
      missing: Array.from({ length: 20 }, (_one, index) => `fd00::${node.length}:${index}`),
    },
    why,
  };
}
