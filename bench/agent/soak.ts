/**
 * The memory that remains after much work: 10,000 pushed configurations and 100,000 status
 * requests, with the flags for V8 of the service unit. It takes about ten minutes, because each
 * push is fsynced several times.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { agentConfig, agentProgram } from './daemon.ts';
import { get, residentMb, start, stop } from '../measure.ts';

const configurations = 10_000;
const statusRequests = 100_000;

export async function benchSoak(): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'calico-agent-soak-'));
  const socket = path.join(folder, 'agent.sock');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const config = await agentConfig(folder);
    const running = await start([agentProgram(), 'run', '--config', config], socket, '/v1/status');
    const push = (asNumber: number): Promise<string> =>
      get(socket, '/v1/config?wait=30', {
        method: 'PUT',
        body: `global-as-number: ${String(asNumber)}\nnode-to-node-mesh: true\n`,
        contentType: 'application/yaml',
        agent,
      });

    // A tenth of the work runs first: a daemon that has worked for a while has loaded and compiled
    // that much anyway.
    for (let count = 0; count < configurations / 10; count += 1) await push(64512 + (count % 500));
    for (let count = 0; count < statusRequests / 10; count += 1) {
      await get(socket, '/v1/status', { agent });
    }
    const before = await residentMb(running);
    for (let count = 0; count < configurations; count += 1) await push(64512 + (count % 500));
    for (let count = 0; count < statusRequests; count += 1) {
      await get(socket, '/v1/status', { agent });
    }
    const after = await residentMb(running);
    await stop(running);
    console.log(
      `after ${String(configurations)} configurations and ${String(statusRequests)} status requests: ` +
        `${before.toFixed(1)} → ${after.toFixed(1)} MB, ${(after - before).toFixed(1)} MB more (goal ≤ 5)`,
    );
  } finally {
    agent.destroy();
    await rm(folder, { recursive: true, force: true });
  }
}
