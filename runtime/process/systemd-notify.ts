/**
 * Notifies systemd about the service: sd_notify(3). Node can write to systemd's datagram socket but
 * not open it: where the unit's start did that (systemd/with-notify-socket) a message is one write,
 * elsewhere one short run of systemd-notify. docs/decisions/0011-systemd.md has the price of both.
 */
import { write } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { reasonOf, systemCodeOf } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import type { ServiceEnvironment } from './service-environment.ts';

export interface SystemdNotifier {
  /** The service is ready; also the end of reloading. */
  ready(): void;
  /** One line for `systemctl status`. */
  status(text: string): void;
  /** A sign of life for the watchdog. */
  alive(): void;
  reloading(): void;
  stopping(): void;
  /** Resolves when everything is sent. */
  flush(): Promise<void>;
}

type Send = (assignments: readonly string[]) => Promise<void>;

const attempts = 50;
const attemptMs = 100;
const timeoutMs = 5000;
const longestStatus = 500;

/** Sends nothing if systemd does not listen. If several texts wait, only the last is sent. */
export function createSystemdNotifier(
  service: Pick<ServiceEnvironment, 'notifySocket' | 'notifyDescriptor'>,
  logger: Pick<Logger, 'warn'>,
): SystemdNotifier {
  const send = sendingTo(service);
  let queue: string[] = [];
  let running: Promise<void> | undefined;
  let complained = false;

  const sayAll = async (to: Send): Promise<void> => {
    while (queue.length > 0) {
      const assignments = queue;
      queue = [];
      await to(assignments).catch((error: unknown) => {
        if (!complained) logger.warn(`cannot notify systemd: ${reasonOf(error)}`);
        complained = true;
      });
    }
    running = undefined;
  };
  const say = (name: string, value = '1'): void => {
    if (send === undefined) return;
    queue = [
      ...queue.filter((assignment) => !assignment.startsWith(`${name}=`)),
      `${name}=${value}`,
    ];
    running ??= sayAll(send);
  };
  return {
    ready: () => say('READY'),
    status: (text) => say('STATUS', text.replaceAll(/\s+/g, ' ').slice(0, longestStatus)),
    alive: () => say('WATCHDOG'),
    reloading: () => say('RELOADING'),
    stopping: () => say('STOPPING'),
    flush: async () => running,
  };
}

function sendingTo({
  notifySocket,
  notifyDescriptor,
}: Pick<ServiceEnvironment, 'notifySocket' | 'notifyDescriptor'>): Send | undefined {
  if (notifyDescriptor !== undefined)
    return (assignments) => writeTo(notifyDescriptor, assignments);
  if (notifySocket !== undefined) return (assignments) => runNotify(notifySocket, assignments);
  return undefined;
}

/** One write is one datagram. systemd may be too busy to take another one just now. */
async function writeTo(descriptor: number, assignments: readonly string[]): Promise<void> {
  const datagram = Buffer.from(assignments.join('\n'));
  for (let attempt = 1; ; attempt += 1) {
    try {
      await promisify(write)(descriptor, datagram);
      return;
    } catch (error) {
      if (systemCodeOf(error) !== 'EAGAIN' || attempt === attempts) throw error;
      await wait(attemptMs);
    }
  }
}

async function runNotify(notifySocket: string, assignments: readonly string[]): Promise<void> {
  const { execFile } = await import('node:child_process');
  const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', NOTIFY_SOCKET: notifySocket };
  await promisify(execFile)('systemd-notify', [...assignments], {
    env,
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
}
