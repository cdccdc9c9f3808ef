/**
 * What it costs to observe: CPU time in a minute and memory of an agent at rest beside a BIRD with 200
 * sessions, of one that asks no BIRD, and of a bare node:http server, all in the same minute. And what the
 * reports of 5,000 nodes cost.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseFleetReport, type FleetReport } from '../../core/fleet/fleet-report.ts';
import { summariseFleet } from '../../core/fleet/summarise-fleet.ts';
import { fleetDigest, fleetReport } from '../../test/support/samples/fleet-reports.ts';
import {
  startStandInBird,
  theirAsNumber,
  type StandInPeer,
} from '../../test/support/lone-node/stand-in-bird.ts';
import { fileURLToPath } from 'node:url';
import { get, median, residentMb, start, stop, type Running } from '../measure.ts';

const sessions = 200;
const minuteMs = 60_000;
const nodes = 5000;
const rounds = 9;
/** USER_HZ, by which the kernel counts in /proc/PID/stat on every architecture. */
const ticksPerSecond = 100;
const bareServer = fileURLToPath(new URL('../baselines/bare-http.js', import.meta.url));

export async function benchObserve(): Promise<void> {
  await observeSessions();
  summariseReports();
}

async function observeSessions(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-bench-observe-'));
  const peers = Array.from({ length: sessions }, (_, index): StandInPeer => {
    return { address: `10.9.0.${String(index + 1)}`, asNumber: theirAsNumber };
  });
  const socket = path.join(folder, 'bird.ctl');
  const bird = await startStandInBird(socket, () => Promise.resolve(peers));
  try {
    const running = [
      await startAgent(folder, 'observing', [socket], peers),
      await startAgent(folder, 'resting', [], peers),
      await startBare(path.join(folder, 'bare.sock')),
    ];
    const before = await Promise.all(running.map(cpuMs));
    await setTimeout(minuteMs);
    const after = await Promise.all(running.map(cpuMs));
    const cpu = after.map((ms, index) => ms - (before[index] ?? 0));
    const memory = await Promise.all(running.map(residentMb));
    report('with BIRD', cpu[0], memory[0], memory[2]);
    report('without BIRD', cpu[1], memory[1], memory[2]);
    report('bare node:http', cpu[2], memory[2], memory[2]);
    await Promise.all(running.map(stop));
  } finally {
    await bird.close();
    await rm(folder, { recursive: true });
  }
}

function report(what: string, cpu = 0, resident = 0, bare = 0): void {
  console.log(
    `observe: ${String(sessions)} sessions, ${what.padEnd(14)} CPU in a minute at rest ${String(cpu).padStart(4)} ms, ` +
      `resident ${resident.toFixed(1)} MB, ratio ${(resident / bare).toFixed(2)}`,
  );
}

function startBare(socket: string): Promise<Running> {
  return start([bareServer, socket], socket, '/v1/status');
}

async function startAgent(
  folder: string,
  name: string,
  sockets: readonly string[],
  peers: readonly StandInPeer[],
): Promise<Running> {
  const at = (file: string): string => path.join(folder, `${name}-${file}`);
  const settings = {
    apiVersion: 'calico-agent/v1',
    kind: 'AgentConfig',
    node: { name: 'node-0', addresses: ['10.0.0.2/24'] },
    stateDirectory: at('state'),
    socket: at('agent.sock'),
    statusSocket: at('status.sock'),
    bird: { sockets },
    changes: { guard: 'never', confirmSeconds: { apply: 0 } },
    log: { level: 'warn' },
  };
  await writeFile(at('agent.yaml'), JSON.stringify(settings));
  const running = await start(
    ['dist/calico-agent.js', 'run', '--config', at('agent.yaml')],
    at('agent.sock'),
    '/v1/health',
  );
  const list = peers.map(
    ({ address, asNumber }) => `{address: ${address}, as-number: ${String(asNumber)}}`,
  );
  const body = `global-as-number: 64512\nnode-to-node-mesh: true\nglobal-bgp-peers: [${list.join(', ')}]\n`;
  await get(at('agent.sock'), '/v1/config?wait=60', {
    method: 'PUT',
    body,
    contentType: 'application/yaml',
  });
  // By then the work after a change is over.
  await setTimeout(10_000);
  return running;
}

/** The CPU time of the process in both modes since its start. */
async function cpuMs({ process: child }: Running): Promise<number> {
  const text = await readFile(`/proc/${String(child.pid)}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}

/** For the one agent that reads all of them, each time that it reads. */
function summariseReports(): void {
  const names = Array.from({ length: nodes }, (_, index) => `node-${String(index)}`);
  const written = names.map((name) => JSON.stringify(fleetReport(name)));
  const times: number[] = [];
  let summary = '';
  for (let round = 0; round < rounds; round += 1) {
    const began = performance.now();
    const reports = written.flatMap((text, index): FleetReport[] => {
      const read = parseFleetReport(text, names[index] ?? '');
      return read.ok ? [read.report] : [];
    });
    summary = JSON.stringify(
      summariseFleet({ by: 'node-0', digest: fleetDigest, nodes: names, reports, waitedMs: 0 }),
    );
    times.push(performance.now() - began);
  }
  const bytes = Buffer.byteLength(written[0] ?? '');
  console.log(
    `observe: reports of ${String(nodes)} nodes, ${String(bytes)} bytes each, read and put together in ` +
      `${median(times).toFixed(0)} ms (median of ${String(rounds)}); the summary has ${String(Buffer.byteLength(summary))} bytes`,
  );
}
