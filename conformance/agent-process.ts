/** The agent that is tried: a command, which gets what it needs from its environment. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export interface AgentProcess {
  restart(): Promise<void>;
  /** The end of what it wrote to its output and error output. */
  output(): Promise<string>;
  /** Ends it, and removes its folder. */
  end(): Promise<void>;
}

export interface AgentSetting {
  readonly url: string;
  readonly token: string;
  readonly cluster: string;
  readonly node: string;
}

/** How long it may take to end after SIGTERM. */
const endMs = 20_000;
const shownBytes = 4000;

/** @param command the program and its arguments; no shell is involved */
export async function startAgent(
  [program = '', ...args]: readonly string[],
  { url, token, cluster, node }: AgentSetting,
): Promise<AgentProcess> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'conformance-'));
  const tokenFile = path.join(directory, 'token');
  const log = path.join(directory, 'log');
  await writeFile(tokenFile, `${token}\n`, { mode: 0o600 });
  const env = {
    ...process.env,
    CONFORMANCE_URL: url,
    CONFORMANCE_TOKEN_FILE: tokenFile,
    CONFORMANCE_CLUSTER: cluster,
    CONFORMANCE_NODE: node,
    CONFORMANCE_DIRECTORY: directory,
  };
  const start = async (): Promise<ChildProcess> => {
    const into = createWriteStream(log, { flags: 'a' });
    await once(into, 'open');
    const child = spawn(program, args, { env, stdio: ['ignore', into, into] });
    into.destroy();
    await once(child, 'spawn');
    return child;
  };
  let child = await start();
  return {
    restart: async () => {
      await stop(child);
      child = await start();
    },
    output: async () => (await readFile(log, 'utf8')).slice(-shownBytes),
    end: async () => {
      await stop(child);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  const deadline = setTimeout(() => child.kill('SIGKILL'), endMs);
  child.kill('SIGTERM');
  await exited;
  clearTimeout(deadline);
}
