/** The daemon as a real process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { createUnixHttpClient, type UnixHttpClient } from '../../../runtime/http/unix-client.ts';

export interface Daemon {
  readonly process: ChildProcess;
  readonly client: UnixHttpClient;
  /**
   * Resolves with the next line of the log that contains this text, starting after the last one
   * that was asked for.
   */
  logged(text: string): Promise<string>;
  /** Resolves with its exit status, or with the signal that ended it. */
  ended(): Promise<number | NodeJS.Signals>;
  kill(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

/** @param within a command that runs another one: `ip netns exec NAME` */
export function spawnDaemon(
  config: string,
  socket: string,
  within: readonly string[] = [],
): Daemon {
  const main = path.resolve('agent/main.ts');
  const node = [process.execPath, '--import', 'tsx', main, 'run', '--config', config];
  const [program = '', ...args] = [...within, ...node];
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  let ended = false;
  const tell = (): void => {
    for (const look of [...waiting]) look();
  };
  createInterface({ input: child.stderr })
    .on('line', (line) => {
      lines.push(line);
      tell();
    })
    .on('close', () => {
      ended = true;
      tell();
    });
  const exited = once(child, 'exit');
  const end = async (): Promise<number | NodeJS.Signals> => {
    await exited;
    return child.exitCode ?? child.signalCode ?? 'SIGKILL';
  };
  return {
    process: child,
    client: createUnixHttpClient(socket, { startHint: 'spawnDaemon' }),
    logged: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const index = lines.findIndex((line) => line.includes(text));
          if (index < 0 && !ended) return;
          waiting.delete(look);
          const line = lines[index];
          if (line === undefined)
            return reject(new Error(`it ended without "${text}": ${lines.join('\n')}`));
          lines.splice(0, index + 1);
          resolve(line);
        };
        waiting.add(look);
        look();
      }),
    ended: end,
    kill: (signal) => {
      child.kill(signal);
      return end();
    },
  };
}
