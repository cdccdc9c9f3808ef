/**
 * A config-changed hook that changes nothing, beside its floor: the hook tools alone, and curl alone
 * on the same socket. The tools are stand-ins; on a real unit each takes longer, and nothing here
 * depends on it.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { agentConfig, agentProgram } from './daemon.ts';
import { median, start, stop } from '../measure.ts';

const rounds = 60;
const warmUps = 5;
const goalMs = 12;
const root = fileURLToPath(new URL('../..', import.meta.url));
/** Each takes the place of one that the hook calls, as often as the hook calls it. */
const tools = [
  'config-get',
  'network-get',
  'is-leader',
  'relation-ids',
  'status-set',
  'application-version-set',
  'systemctl',
  // The hook only checks that it exists.
  'calico-agent',
];

export async function benchHook(): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'calico-agent-bench-hook-'));
  const socket = path.join(folder, 'agent.sock');
  const config = await agentConfig(folder);
  const daemon = [agentProgram(), 'run', '--config', config];
  const hook = [path.join(folder, 'config-changed')];
  const env = await unitIn(folder, socket);
  // The first hook gives the agent its settings, which need a new start.
  const first = await start(daemon, socket, '/v1/status');
  timeOf(hook, env);
  await stop(first);
  const running = await start(daemon, socket, '/v1/status');
  try {
    await writeFile(path.join(folder, 'tools'), toolsAlone, { mode: 0o755 });
    const curl = ['curl', '--silent', '--unix-socket', socket, 'http://localhost/v1/status'];
    const commands = { tools: [path.join(folder, 'tools')], curl, hook };
    const times = { tools: [] as number[], curl: [] as number[], hook: [] as number[] };
    for (let round = -warmUps; round < rounds; round += 1) {
      for (const name of ['tools', 'curl', 'hook'] as const) {
        const ms = timeOf(commands[name], env);
        if (round >= 0) times[name].push(ms);
      }
    }
    const status = await readFile(path.join(folder, 'status'), 'utf8');
    if (!status.includes('active revision')) throw new Error(`the unit is not active: ${status}`);
    report(median(times.tools), median(times.curl), median(times.hook));
  } finally {
    await stop(running);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Tools that cost as little as a process can, so that the hook's own time remains. */
async function unitIn(folder: string, socket: string): Promise<NodeJS.ProcessEnv> {
  const bin = path.join(folder, 'bin');
  await mkdir(bin);
  const options = JSON.stringify({
    datastore: 'files',
    'global-as-number': 64512,
    'node-to-node-mesh': false,
    'global-bgp-peers': '[{address: 10.0.0.1, as-number: 64512}]',
  });
  const address = { value: '10.0.0.2', cidr: '10.0.0.0/24' };
  const network = JSON.stringify({
    'bind-addresses': [{ 'interface-name': 'ens3', addresses: [address] }],
  });
  const bodies: Readonly<Record<string, string>> = {
    'config-get': `printf '%s' '${options}'`,
    'network-get': `printf '%s' '${network}'`,
    'is-leader': 'echo true',
    'status-set': `printf '%s\\n' "$*" >"${folder}/status"`,
  };
  for (const tool of tools) {
    await writeFile(path.join(bin, tool), `#!/bin/sh\n${bodies[tool] ?? ':'}\n`, { mode: 0o755 });
  }
  execFileSync('ln', ['-s', path.join(root, 'hooks/hook'), path.join(folder, 'config-changed')]);
  // Juju's settings, set beforehand, so that the measured process need not start again for them.
  const env = {
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    JUJU_UNIT_NAME: 'calico-agent/0',
    JUJU_HOOK_NAME: 'config-changed',
    CALICO_AGENT_SOCKET: socket,
    CALICO_AGENT_UNIT_FOLDERS: folder,
  };
  return env;
}

/** The calls of the hook: it asks for two relations, and sets an application's status too. */
const toolsAlone = `#!/bin/sh
v=$(config-get --format json); v=$(network-get bgp --format json); v=$(is-leader --format json)
v=$(relation-ids etcd); v=$(relation-ids controller)
status-set active x; status-set active x; application-version-set x
`;

function timeOf(command: readonly string[], env: NodeJS.ProcessEnv): number {
  const [program = '', ...args] = command;
  const began = performance.now();
  const { status, stderr } = spawnSync(program, args, { env });
  if (status !== 0) throw new Error(`${program} failed: ${stderr.toString()}`);
  return performance.now() - began;
}

function report(toolsMs: number, curlMs: number, hookMs: number): void {
  const own = hookMs - toolsMs;
  console.log('a config-changed hook that changes nothing');
  console.log(
    `  beyond the hook tools' own time, ms ${own.toFixed(1).padStart(8)}  (goal ≤ ${goalMs})`,
  );
  console.log(`  curl alone, ms                      ${curlMs.toFixed(1).padStart(8)}`);
  console.log(`  the hook, ms                        ${hookMs.toFixed(1).padStart(8)}`);
  console.log(`  its tools alone, ms                 ${toolsMs.toFixed(1).padStart(8)}`);
}
