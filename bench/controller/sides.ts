/** Starts what is compared: the controller, or raw ws, each with the same simulated fleet. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ControllerSettings } from '../../controller/settings.ts';
import { agentsPath } from '../../core/protocol/messages.ts';
import { bundleChildren } from '../children/bundle-children.ts';
import { startChild, type Child } from '../children/ask-child.ts';
import { makeFleetAuthority, type Authority } from '../simulator/certificates.ts';
import type { SimulatorCounts, SimulatorSettings } from '../simulator/simulator.ts';
import type { RawSettings } from './raw-server.child.ts';
import { progress } from './shown.ts';

export type SideName = 'raw ws' | 'controller';

/** The server of one side, in a process of its own. */
export interface Side {
  readonly name: SideName;
  readonly child: Child;
  readonly url: string;
  /** The socket of the controller's API. */
  readonly socket: string;
}

export interface Lab {
  /** The programs of the children. */
  readonly programs: string;
  readonly folder: string;
  readonly authority?: Authority;
  close(): void;
}

export const cluster = 'default';
const token = 'a-token-for-measurements';
const ofSystemd = (name: string): string =>
  fileURLToPath(new URL(`../../systemd/${name}`, import.meta.url));

export async function openLab(tls: boolean): Promise<Lab> {
  const programs = await bundleChildren();
  const folder = mkdtempSync(path.join(tmpdir(), 'calico-controller-bench-'));
  writeFileSync(path.join(folder, 'token'), `${token}\n`, { mode: 0o600 });
  return {
    programs,
    folder,
    ...(tls && { authority: makeFleetAuthority(folder, cluster) }),
    close: () => {
      for (const one of [folder, programs]) rmSync(one, { recursive: true, force: true });
    },
  };
}

interface SideOptions {
  /** Default: any free one. */
  readonly port?: number;
  /** Options of node, such as those of its profiler. */
  readonly flags?: readonly string[];
  /** Its profiler begins before anything of the controller does. */
  readonly isProfiled?: boolean;
}

export async function startSide(
  name: SideName,
  { programs, folder, authority }: Lab,
  { port = 0, flags = [], isProfiled = false }: SideOptions = {},
): Promise<Side> {
  const isRaw = name === 'raw ws';
  const child = isRaw
    ? await startChild(programs, 'raw-server', { flags })
    : await startChild(programs, name, { flags, env: environmentOfUnit() });
  const scheme = authority === undefined ? 'ws' : 'wss';
  const socket = path.join(folder, 'controller.sock');
  if (isRaw) {
    const settings: RawSettings = { port, ...(authority !== undefined && { authority }) };
    const bound = await child.ask<number>('listen', settings);
    return { name, child, url: `${scheme}://127.0.0.1:${String(bound)}${agentsPath}`, socket };
  }
  const settings: ControllerSettings = {
    cluster,
    listen: `127.0.0.1:${String(port)}`,
    plaintextBeyondLoopback: false,
    stateDirectory: path.join(folder, 'state'),
    socket,
    ...(authority === undefined
      ? { tokenFile: path.join(folder, 'token') }
      : { tls: tlsFiles(authority) }),
  };
  if (isProfiled) await child.ask('profile');
  const listen = await child.ask<string>('start', settings);
  return { name, child, url: `${scheme}://${listen}${agentsPath}`, socket };
}

/** What the unit of the controller sets for it. OpenSSL's settings are where they are in the repository. */
function environmentOfUnit(): Readonly<Record<string, string>> {
  const unit = readFileSync(ofSystemd('calico-controller.service'), 'utf8');
  const found = unit.matchAll(/^Environment=(\w+)=(.*)$/gm);
  const all = Object.fromEntries([...found].map(([, name = '', value = '']) => [name, value]));
  return { ...all, OPENSSL_CONF: ofSystemd('calico-controller.openssl.cnf') };
}

function tlsFiles(files: Authority): NonNullable<ControllerSettings['tls']> {
  const { serverCertFile, serverKeyFile, caFile } = files;
  return { certFile: serverCertFile, keyFile: serverKeyFile, clientCaFile: caFile };
}

export function portOf({ url }: Side): number {
  return Number(new URL(url).port);
}

export type FleetOptions = Partial<Omit<SimulatorSettings, 'url' | 'cluster' | 'token'>> &
  Pick<SimulatorSettings, 'agents'>;

/** A fleet in a process of its own, all of it connected. */
export async function connectFleet(
  { url }: Side,
  { programs, authority }: Lab,
  options: FleetOptions,
): Promise<Child> {
  // What thousands of machines throw away comes together here, and would be copied again and again.
  const child = await startChild(programs, 'simulator', { flags: ['--max-semi-space-size=64'] });
  const settings: SimulatorSettings = {
    url,
    cluster,
    addresses: 16,
    first: 0,
    backoff: { baseMs: 500, capMs: 2000 },
    reaches: 'received',
    applyMs: 0,
    failing: 0,
    resumes: true,
    atOnce: 200,
    ...(authority === undefined ? { token } : { authority }),
    ...options,
  };
  const telling = setInterval(() => void tellProgress(child, settings.agents), progressMs);
  await child.ask('connect', settings);
  clearInterval(telling);
  return child;
}

const progressMs = 10_000;

async function tellProgress(child: Child, agents: number): Promise<void> {
  const { welcome, reasons } = await child.ask<SimulatorCounts>('counts');
  const ends = reasons.length === 0 ? '' : `; connections that ended: ${reasons.join(', ')}`;
  progress(`${String(welcome)} of ${String(agents)} agents are connected${ends}`);
}
