/** The daemon in a network namespace whose interface loses and gets its addresses. */
import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { AgentStatus } from '../../schemas/generated/agent-status.ts';
import { isAgentStatus } from '../../schemas/generated/agent-status.validator.js';
import { spawnDaemon, type Daemon } from '../support/machine/daemon.ts';
import { eventually } from '../support/eventually.ts';
import { lacks } from '../support/skips/needs.cjs';

const run = promisify(execFile);

const config = JSON.stringify({
  apiVersion: 'calico-agent/v1',
  kind: 'NetworkConfig',
  bgp: { asNumber: 64512, nodeToNodeMesh: false },
  groups: [
    {
      name: 'rack-1',
      match: { subnets: ['10.20.0.0/24'] },
      asNumber: 64601,
      peers: [{ address: '10.20.0.1', asNumber: 64601 }],
    },
    {
      name: 'rack-2',
      match: { subnets: ['10.30.0.0/24'] },
      asNumber: 64602,
      peers: [{ address: '10.30.0.1', asNumber: 64602 }],
    },
  ],
});

describe('the daemon on a machine whose addresses change', function () {
  this.timeout(240_000);
  const namespace = `calico-agent-${String(process.pid)}`;
  let folder: string;
  let daemon: Daemon | undefined;

  const ip = async (...args: readonly string[]): Promise<void> =>
    void (await run('ip', ['-n', namespace, ...args]));
  const address = (what: 'add' | 'del', text: string, ...more: readonly string[]): Promise<void> =>
    ip('address', what, text, 'dev', 'eth0', ...more);

  /** Makes one interface of a pair, so that it is up and running. */
  const link = async (name: string): Promise<void> => {
    await ip('link', 'add', name, 'type', 'veth', 'peer', 'name', `${name.slice(0, 4)}-peer`);
    await ip('link', 'set', `${name.slice(0, 4)}-peer`, 'up');
    await ip('link', 'set', name, 'up');
  };

  before(async function () {
    const isMissing = await run('ip', ['netns', 'add', namespace]).then(
      () => false,
      () => true,
    );
    if (!isMissing) return;
    lacks('root, and ip netns', 'iproute2', 'netns');
    this.skip();
  });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-netns-'));
    await link('eth0');
    await ip('link', 'set', 'lo', 'up');
    await address('add', '10.20.0.90/24');
    await writeFile(
      path.join(folder, 'agent.yaml'),
      JSON.stringify({
        apiVersion: 'calico-agent/v1',
        kind: 'AgentConfig',
        node: { name: 'node-0' },
        addressSettleSeconds: 1,
        stateDirectory: path.join(folder, 'state'),
        socket: path.join(folder, 'agent.sock'),
        statusSocket: path.join(folder, 'status.sock'),
      }),
    );
    await start();
    const applied = await ask('PUT', '/v1/config?wait=30', config);
    expect(JSON.parse(applied)).to.deep.include({ ended: { result: 'confirmed' } });
  });
  afterEach(async () => {
    await daemon?.kill('SIGKILL');
    await ip('link', 'del', 'eth0');
    await rm(folder, { recursive: true });
  });
  after(async () => {
    await run('ip', ['netns', 'del', namespace]).catch(() => undefined);
  });

  const start = async (): Promise<Daemon> => {
    const started = spawnDaemon(path.join(folder, 'agent.yaml'), path.join(folder, 'agent.sock'), [
      'ip',
      'netns',
      'exec',
      namespace,
    ]);
    daemon = started;
    await started.logged('listening');
    return started;
  };
  const ask = async (method: 'GET' | 'PUT', at: string, body?: string): Promise<string> => {
    const mediaType = body === undefined ? {} : { mediaType: 'application/json', body };
    const request = { method, path: at, timeoutMs: 40_000, ...mediaType };
    return (await daemon?.client.request(request))?.body ?? '';
  };
  const status = async (): Promise<AgentStatus> => {
    const answer: unknown = JSON.parse(await ask('GET', '/v1/status'));
    if (!isAgentStatus(answer)) throw new Error('no status');
    return answer;
  };
  let looks = 0;
  /** Other facts make the agent read its host at once, and run a pass. */
  const look = async (): Promise<readonly string[]> => {
    looks += 1;
    const facts: unknown = JSON.parse(
      await ask('PUT', '/v1/facts', JSON.stringify({ labels: { look: String(looks) } })),
    );
    return (
      JSON.stringify(facts)
        .match(/"address":"[^"]+"/g)
        ?.map((text) => text.slice(11, -1)) ?? []
    );
  };
  const becomes = (state: AgentStatus['state'], asNumber: number): Promise<void> =>
    eventually(async () => {
      const now = await status();
      expect([now.state, now.resolved?.asNumber]).to.deep.equal([state, asNumber]);
    }, 60_000);
  const nodeScript = async (): Promise<string> => {
    const resources = path.join(folder, 'state/resources');
    const name = (await readdir(resources)).find((one) => one.startsWith('20-node-'));
    return readFile(path.join(resources, name ?? ''), 'utf8');
  };

  it('keeps AS number and peers while a virtual address comes, is alone, and goes', async () => {
    const written = await nodeScript();
    await address('add', '10.199.0.5/32');
    await address('add', '10.20.0.5/24');
    expect(await look()).to.deep.equal(['10.20.0.90']);
    await becomes('in-force', 64601);
    await address('del', '10.20.0.90/24');
    await address('del', '10.20.0.5/24').catch(() => undefined);
    expect(await look()).to.deep.equal(['10.20.0.90']);
    await becomes('waiting', 64601);
    await address('add', '10.20.0.90/24');
    expect(await look()).to.deep.equal(['10.20.0.90']);
    await becomes('in-force', 64601);
    expect(await nodeScript()).to.equal(written);
  });

  it('waits without any address, also over a start with a tunnel alone, and goes on with it', async () => {
    const written = await nodeScript();
    await ip('address', 'flush', 'dev', 'eth0');
    expect(await look()).to.deep.equal(['10.20.0.90']);
    await becomes('waiting', 64601);
    expect((await status()).message).to.include('this node has no address');
    await daemon?.kill('SIGTERM');
    await link('vxlan.calico');
    await ip('address', 'add', '192.168.7.0/32', 'dev', 'vxlan.calico');
    const again = await start();
    await becomes('waiting', 64601);
    await address('add', '10.20.0.90/24');
    // Nothing notifies it: it finds out by its own reading.
    await becomes('in-force', 64601);
    expect(await nodeScript()).to.equal(written);
    expect(await again.kill('SIGTERM')).to.equal(0);
    await ip('link', 'del', 'vxlan.calico');
    await start();
  });

  it('moves to another configured subnet when the address stays, and logs both', async () => {
    await address('add', '10.30.0.90/24');
    await address('del', '10.20.0.90/24');
    expect(await look()).to.deep.equal(['10.20.0.90']);
    await daemon?.logged("this node's addresses changed: 10.20.0.90/24 → 10.30.0.90/24");
    await becomes('in-force', 64602);
  });

  it('takes no IPv6 address that is deprecated, and none of an interface that is down', async () => {
    await address('add', '2001:db8:1::2/64', 'nodad', 'preferred_lft', '0');
    await address('add', '2001:db8:2::2/64', 'nodad');
    await look();
    await eventually(async () => {
      expect(await look()).to.deep.equal(['10.20.0.90', '2001:db8:2::2']);
    }, 60_000);
    await ip('link', 'set', 'eth0', 'down');
    await look();
    await becomes('waiting', 64601);
  });
});
