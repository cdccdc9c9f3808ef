/** Restarts a service of systemd, and waits until it runs. */
import { execFile } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { restartable } from '../../../core/platform/host-services.ts';
import { AppError } from '../../../runtime/errors.ts';

export interface RestartTimes {
  /** How long it may take to run again. */
  readonly backMs: number;
  /** How long it has to run without another restart. */
  readonly stableMs: number;
  readonly pollMs: number;
}

const usualTimes: RestartTimes = { backMs: 120_000, stableMs: 5000, pollMs: 500 };
const commandMs = 20_000;

/** @throws AppError access-denied, io-failed where it does not come back */
export async function restartService(
  service: string,
  { backMs, stableMs, pollMs }: RestartTimes = usualTimes,
): Promise<void> {
  if (!restartable.includes(service)) {
    const message = `cannot restart "${service}": it is not in the list of services that may be restarted`;
    throw new AppError('access-denied', message);
  }
  // A service that failed too often would not start again.
  await systemctl(['reset-failed', service]).catch(() => undefined);
  await systemctl(['restart', '--no-block', service]);
  let waitedMs = 0;
  let stable: { readonly mark: string; readonly sinceMs: number } | undefined;
  for (;;) {
    await wait(pollMs);
    waitedMs += pollMs;
    const { job, state, mark } = await stateOf(service);
    if (job === '' && state === 'active') {
      if (stable?.mark !== mark) stable = { mark, sinceMs: waitedMs };
      if (waitedMs - stable.sinceMs >= stableMs) return;
    } else {
      stable = undefined;
    }
    if ((job === '' && state === 'failed') || waitedMs >= backMs)
      throw notBack(service, state, waitedMs);
  }
}

interface ServiceState {
  /** Empty: nothing is queued for it. */
  readonly job: string;
  readonly state: string;
  /** Another one after each start. */
  readonly mark: string;
}

async function stateOf(service: string): Promise<ServiceState> {
  const text = await systemctl(['show', '--property=Job,ActiveState,InvocationID', service]);
  const values = new Map(
    text.split('\n').map((line) => {
      const equals = line.indexOf('=');
      return [line.slice(0, equals), line.slice(equals + 1)] as const;
    }),
  );
  const job = values.get('Job') ?? '';
  return {
    job: job === '0' ? '' : job,
    state: values.get('ActiveState') ?? 'unknown',
    mark: values.get('InvocationID') ?? '',
  };
}

function notBack(service: string, state: string, waitedMs: number): AppError {
  const message = `cannot restart "${service}": after ${String(Math.round(waitedMs / 1000))} s it is ${state} (journalctl -u ${service})`;
  return new AppError('io-failed', message);
}

function systemctl(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { timeout: commandMs, killSignal: 'SIGKILL' } as const;
    execFile('systemctl', args, options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const [line = ''] = stderr.trim().split('\n');
      const why = line === '' ? error.message : line;
      const message = `cannot run systemctl ${args[0] ?? ''}: ${why.slice(0, 300)}`;
      reject(new AppError('io-failed', message, { cause: error }));
    });
  });
}
