/**
 * A daemon that sleeps (a suspended machine, a starved one) while etcd is compacted and started
 * again: what it shows and writes when it runs again.
 */
import { expect } from 'chai';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentStatus } from '../../../../schemas/generated/agent-status.ts';
import { isAgentStatus } from '../../../../schemas/generated/agent-status.validator.js';
import { spawnDaemon, type Daemon } from '../../../support/machine/daemon.ts';
import { needsEtcd, startEtcd, type RunningEtcd } from '../../../support/servers/etcd.ts';
import { eventually } from '../../../support/eventually.ts';
import { openSharedEtcd, type SharedEtcd } from './shared-etcd.ts';

const configuration = `global-as-number: 65001
global-bgp-peers: |
  - address: 10.0.0.254
    as-number: 65100
`;
const peers = '/calico/resources/v3/projectcalico.org/bgppeers/';
const within = 90_000;
/**
 * The daemon reads again at most 3 s after its own writes, and nothing announces that it did. A
 * timer that is left over from that would find the drift without any watch.
 */
const gatheredMs = 3500;

describe('a daemon asleep while etcd is compacted and started again', function () {
  this.timeout(300_000);
  let folder: string;
  let etcd: RunningEtcd;
  let store: SharedEtcd;
  let daemon: Daemon;
  let peer: string;
  before(function () {
    needsEtcd(this);
  });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-asleep-'));
    etcd = await startEtcd();
    store = await openSharedEtcd(etcd);
    // This node has no agent, and each change would wait for it.
    await store.remove('Node', 'node-b');
    daemon = await startDaemon();
    await apply();
    [peer = ''] = await etcd.keys(peers);
  });
  afterEach(async () => {
    await daemon.kill('SIGKILL');
    await store.close();
    await etcd.stop();
    await rm(folder, { recursive: true });
  });

  const startDaemon = async (): Promise<Daemon> => {
    const at = (name: string): string => path.join(folder, name);
    const settings = {
      apiVersion: 'calico-agent/v1',
      kind: 'AgentConfig',
      node: { name: 'node-a', addresses: ['10.0.0.11/24'] },
      datastore: { driver: 'etcd', endpoints: [etcd.endpoint], requireCalico: false },
      stateDirectory: at('state'),
      socket: at('agent.sock'),
      statusSocket: at('status.sock'),
      // Only the watch can notice a change within this test.
      reconcileSeconds: 3600,
    };
    await writeFile(at('agent.yaml'), JSON.stringify(settings));
    const started = spawnDaemon(at('agent.yaml'), at('agent.sock'));
    await started.logged('listening');
    return started;
  };
  const apply = async (): Promise<void> => {
    const { body } = await daemon.client.request({
      method: 'PUT',
      path: '/v1/config?wait=30',
      mediaType: 'application/yaml',
      body: configuration,
      timeoutMs: 40_000,
    });
    expect(JSON.parse(body)).to.have.nested.property('ended.result', 'confirmed');
  };
  const status = async (): Promise<AgentStatus> => {
    const data: unknown = JSON.parse(
      (await daemon.client.request({ method: 'GET', path: '/v1/status' })).body,
    );
    if (!isAgentStatus(data)) throw new Error('this is no status');
    return data;
  };
  const asNumber = async (): Promise<unknown> => asNumberOf(await etcd.get(peer));
  /** As with calicoctl. */
  const edit = async (number: number): Promise<void> => {
    const text = JSON.stringify(await etcd.get(peer));
    await etcd.put(peer, text.replace(/"asNumber":\d+/, `"asNumber":${String(number)}`));
  };
  const corrected = (): Promise<void> =>
    eventually(async () => expect(await asNumber()).to.equal(65100), within);
  const restart = async (): Promise<void> => {
    await etcd.kill();
    await etcd.restart();
  };
  const whileAsleep = async (work: () => Promise<void>): Promise<void> => {
    await sleep(gatheredMs);
    daemon.process.kill('SIGSTOP');
    // Its connection is gone by then, so no event waits in the socket's buffer.
    await restart();
    await work();
    await etcd.etcdctl('compact', await newestRevision(etcd));
    await restart();
    daemon.process.kill('SIGCONT');
  };
  /** An agent with another configuration, that accepted its own later. */
  const recordOther = async (): Promise<void> => {
    const { writerLease: lease } = store.connect('node-b');
    const claim = await lease.claim();
    if (!claim.held) throw new Error(`${claim.holder} holds the lease`);
    const digest = `sha256:${'0'.repeat(64)}`;
    await lease.record({ lineage: 'local:node-b', number: 7, digest }, claim.fence);
    await lease.release();
  };

  it('corrects the drift of that time', async () => {
    await whileAsleep(() => edit(64999));
    await corrected();
  });

  it('corrects it also after earlier corrections', async () => {
    for (let round = 1; round <= 4; round += 1) {
      await edit(64000 + round);
      await corrected();
    }
    await whileAsleep(() => edit(64999));
    await corrected();
  });

  it('reports too many corrections when others change the same fields again and again', async () => {
    for (let round = 1; round <= 5; round += 1) {
      await edit(64000 + round);
      await corrected();
    }
    await whileAsleep(() => edit(64999));
    await eventually(async () => {
      const { state, message } = await status();
      expect(state).to.equal('drifted');
      expect(message).to.contain('for now it is only reported');
    }, within);
    expect(await asNumber()).to.equal(64999);
  });

  it('waits for another lineage when that one has written since', async () => {
    await whileAsleep(async () => {
      await recordOther();
      await edit(64999);
    });
    await eventually(async () => {
      const { state, message } = await status();
      expect(state).to.equal('awaiting-writer');
      expect(message).to.contain('revision local:node-b#7').and.contain('--take-over');
    }, within);
    expect(await asNumber()).to.equal(64999);
  });
});

async function newestRevision(etcd: RunningEtcd): Promise<string> {
  const text = await etcd.etcdctl('get', '--write-out=fields', peers);
  const [, revision = ''] = /"Revision" : (\d+)/.exec(text) ?? [];
  return revision;
}

function asNumberOf(data: unknown): unknown {
  if (typeof data !== 'object' || data === null || !('spec' in data)) return undefined;
  const { spec } = data;
  return typeof spec === 'object' && spec !== null && 'asNumber' in spec
    ? spec.asNumber
    : undefined;
}
