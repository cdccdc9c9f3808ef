/**
 * The servers of an etcd cluster. Calls run in parallel, and each goes over the endpoints by
 * itself; only the knowledge of which one answers is kept for later calls.
 */
import type { EtcdConnection } from './connection.ts';
import type { Endpoint } from './endpoint.ts';
import type * as failures from './failures.ts';

export type Use<T> = (endpoint: Endpoint, ends: number) => Promise<T>;

export interface Endpoints {
  all(): Promise<readonly Endpoint[]>;
  /** Calls one endpoint after the other, until one answers. */
  ask<T>(use: Use<T>): Promise<T>;
  /** Calls one endpoint only. */
  tell<T>(use: Use<T>): Promise<T>;
  close(): void;
}

interface Opened {
  readonly endpoints: readonly Endpoint[];
  readonly timeoutMs: number;
  readonly failures: typeof failures;
  /** The endpoint that is asked first. */
  preferred: number;
  /** The number of running calls. */
  uses: number;
  /** No new call begins; the connections close when the last one has ended. */
  isRetired: boolean;
}

/** @param load called at the first call, and again once no endpoint has answered */
export function createEndpoints(load: () => Promise<EtcdConnection>): Endpoints {
  let opening: Promise<Opened> | undefined;

  const current = (): Promise<Opened> => {
    const connecting = (opening ??= connect(load));
    return connecting.catch((error: unknown) => {
      if (opening === connecting) opening = undefined;
      throw error;
    });
  };
  const retire = (opened: Opened): void => {
    if (opened.isRetired) return;
    opened.isRetired = true;
    opening = undefined;
    if (opened.uses === 0) closeAll(opened);
  };
  const call = async <T>(use: Use<T>, most: number): Promise<T> => {
    const opened = await current();
    opened.uses += 1;
    try {
      return await tryInTurn(opened, use, most, () => retire(opened));
    } finally {
      opened.uses -= 1;
      if (opened.isRetired && opened.uses === 0) closeAll(opened);
    }
  };
  return {
    all: async () => (await current()).endpoints,
    ask: (use) => call(use, Infinity),
    tell: (use) => call(use, 1),
    close: () => {
      const closing = opening;
      opening = undefined;
      void closing?.then(closeAll, () => undefined);
    },
  };
}

async function tryInTurn<T>(
  opened: Opened,
  use: Use<T>,
  most: number,
  noneAnswers: () => void,
): Promise<T> {
  const { endpoints, timeoutMs } = opened;
  const { failureOf, isAway } = opened.failures;
  const ends = Date.now() + timeoutMs;
  const attempts = Math.min(most, endpoints.length);
  const first = opened.preferred;
  for (let attempt = 0; ; attempt += 1) {
    const index = (first + attempt) % endpoints.length;
    const endpoint = endpoints[index];
    if (endpoint === undefined) throw new RangeError('an etcd connection without endpoints');
    const left = (ends - Date.now()) / (attempts - attempt);
    try {
      const result = await use(endpoint, Date.now() + Math.max(left, 1));
      opened.preferred = index;
      return result;
    } catch (error) {
      if (!isAway(error)) throw failureOf(error, endpoint.url);
      // Another call may have found an answering endpoint meanwhile.
      if (opened.preferred === index) opened.preferred = (index + 1) % endpoints.length;
      if (attempt + 1 < attempts) continue;
      noneAnswers();
      throw failureOf(error, await explained(endpoints));
    }
  }
}

async function connect(load: () => Promise<EtcdConnection>): Promise<Opened> {
  // gRPC and etcd's descriptions are large: they are loaded when etcd is first used.
  const [connection, { openEndpoint }, failuresModule] = await Promise.all([
    load(),
    import('./endpoint.ts'),
    import('./failures.ts'),
  ]);
  return {
    endpoints: connection.endpoints.map((url) => openEndpoint(url, connection)),
    timeoutMs: connection.timeoutMs,
    failures: failuresModule,
    preferred: 0,
    uses: 0,
    isRetired: false,
  };
}

/**
 * The endpoints, each with the reason why it does not answer: `https://10.0.0.1:2379 (its
 * certificate has expired)`.
 */
async function explained(endpoints: readonly Endpoint[]): Promise<string> {
  const texts = await Promise.all(
    endpoints.map(async (endpoint) => {
      const reason = await endpoint.explain();
      return reason === undefined ? endpoint.url : `${endpoint.url} (${reason})`;
    }),
  );
  return texts.join(', ');
}

function closeAll({ endpoints }: Opened): void {
  for (const endpoint of endpoints) endpoint.close();
}
