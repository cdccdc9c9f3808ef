/**
 * The variables that systemd sets for a service: sd_listen_fds(3), sd_notify(3),
 * sd_watchdog_enabled(3).
 */

export interface ServiceEnvironment {
  /** The path of systemd's socket; undefined: systemd does not listen. */
  readonly notifySocket: string | undefined;
  /** The same socket, already opened by systemd/with-notify-socket. */
  readonly notifyDescriptor: number | undefined;
  /** systemd kills a service that is silent for so long; undefined: it has no watchdog. */
  readonly watchdogMs: number | undefined;
  /** Sockets that systemd opened, by the names that their units give them. */
  readonly sockets: ReadonlyMap<string, number>;
}

/** The first file descriptor that is passed: SD_LISTEN_FDS_START. */
const firstFd = 3;
const names = [
  'NOTIFY_SOCKET',
  'NOTIFY_SOCKET_FD',
  'WATCHDOG_USEC',
  'WATCHDOG_PID',
  'LISTEN_FDS',
  'LISTEN_PID',
  'LISTEN_FDNAMES',
];

/** Reads the variables and removes them, because a program that we start is not the service. */
export function takeServiceEnvironment(
  environment: NodeJS.ProcessEnv,
  pid: number,
): ServiceEnvironment {
  const found: ServiceEnvironment = {
    notifySocket: environment['NOTIFY_SOCKET'],
    notifyDescriptor: countOf(environment['NOTIFY_SOCKET_FD']) || undefined,
    watchdogMs: watchdogOf(environment, pid),
    sockets: socketsOf(environment, pid),
  };
  for (const name of names) delete environment[name];
  return found;
}

function watchdogOf(environment: NodeJS.ProcessEnv, pid: number): number | undefined {
  const micros = countOf(environment['WATCHDOG_USEC']);
  const other = environment['WATCHDOG_PID'];
  if (micros === 0 || (other !== undefined && other !== String(pid))) return undefined;
  return micros / 1000;
}

function socketsOf(environment: NodeJS.ProcessEnv, pid: number): ReadonlyMap<string, number> {
  if (environment['LISTEN_PID'] !== String(pid)) return new Map();
  const given = (environment['LISTEN_FDNAMES'] ?? '').split(':');
  const sockets = new Map<string, number>();
  for (let index = 0; index < countOf(environment['LISTEN_FDS']); index += 1) {
    sockets.set(given[index] ?? String(index), firstFd + index);
  }
  return sockets;
}

function countOf(text: string | undefined): number {
  return /^\d{1,15}$/.test(text ?? '') ? Number(text) : 0;
}
