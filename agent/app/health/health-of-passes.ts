/**
 * The health of the adapters that passes use: a pass is one attempt, however many calls it makes. A
 * datastore that can be read and not be written fails as a whole.
 */
import type { AdapterName } from '../../../core/degraded/adapters.ts';
import { AppError, reasonOf, type ErrorCode } from '../../../runtime/errors.ts';
import type { ConnectedDatastore } from '../../ports/datastore/connected-datastore.ts';
import type { Cloud } from '../../ports/cloud/cloud.ts';
import type { LxdHost } from '../../ports/lxd-host.ts';
import type { ReportHealth } from './adapter-health.ts';
import { watchCalls } from './watch-calls.ts';

export interface HealthOfPasses {
  datastore(connection: ConnectedDatastore): ConnectedDatastore;
  lxd(host: LxdHost): LxdHost;
  cloud(cloud: Cloud): Cloud;
  /** @param nextMs until the next pass; undefined: it comes when something wakes the loop */
  passEnded(nextMs: number | undefined): void;
}

const calls = {
  datastore: ['observe', 'apply', 'poolUsage', 'blocks', 'checkCalico', 'preflight'],
  lease: ['read', 'claim', 'record', 'release'],
  target: ['observe', 'preflight', 'apply'],
} as const;

/** Errors by which an adapter answers: it works, and what was asked of it does not. */
const answers: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'datastore-conflict',
  'writer-lease-lost',
  'held',
  'invalid-config',
]);

export function createHealthOfPasses(health: ReportHealth): HealthOfPasses {
  const used = new Set<AdapterName>();
  const failures = new Map<AdapterName, string>();
  const watch = <T extends object>(
    adapter: AdapterName,
    object: T,
    methods: readonly string[],
  ): T =>
    watchCalls(object, methods, () => (failure) => {
      used.add(adapter);
      if (failure !== undefined && !isAnswer(failure.error)) {
        failures.set(adapter, reasonOf(failure.error));
      }
    });
  return {
    datastore: (connection) => ({
      ...connection,
      datastore: watch('datastore', connection.datastore, calls.datastore),
      writerLease: watch('datastore', connection.writerLease, calls.lease),
    }),
    lxd: (host) => watch('lxd', host, calls.target),
    cloud: (cloud) => watch('cloud', cloud, calls.target),
    passEnded: (nextMs) => {
      for (const adapter of used) {
        const reason = failures.get(adapter);
        if (reason === undefined) health.succeeded(adapter);
        else health.failed(adapter, reason, nextMs);
      }
      used.clear();
      failures.clear();
    },
  };
}

function isAnswer(error: unknown): boolean {
  return error instanceof AppError && answers.has(error.code);
}
