/**
 * The connections to the API server. They are made when first needed, and anew when the credentials
 * end or are refused; all settings are then read again, so that a renewed certificate or kubeconfig
 * counts.
 */
import { AppError, reasonOf } from '../errors.ts';
import type { ClusterAccess } from './access/cluster-access.ts';
import { readCredentials, type Credentials } from './access/credentials.ts';
import { findAccess, type AccessSettings, type Surroundings } from './access/find-access.ts';
import type { HttpPool } from './http-pool.ts';

export interface ConnectionSettings extends AccessSettings {
  readonly concurrency: number;
  readonly timeoutMs: number;
}

export interface Connection {
  readonly access: ClusterAccess;
  readonly credentials: Credentials;
  /** The pool for requests, with at most `concurrency` connections. */
  readonly requests: HttpPool;
  /** The pool for watches, which keep their connections. */
  readonly watches: HttpPool;
}

export interface Connections {
  /**
   * The connection. @throws AppError datastore-failed, retryable, because missing or wrong files
   * may be mended later
   */
  current(): Promise<Connection>;
  /** Reads all settings again for the next request; running requests continue. */
  forget(connection: Connection): void;
  close(): Promise<void>;
}

export function createConnections(
  settings: ConnectionSettings,
  surroundings: Surroundings,
): Connections {
  let current: Promise<Connection> | undefined;
  const open = new Set<Connection>();
  let isClosed = false;

  const connect = async (): Promise<Connection> => {
    const { concurrency, timeoutMs } = settings;
    const [access, { createHttpPool }] = await Promise.all([
      findAccess(settings, surroundings),
      import('./http-pool.ts'),
    ]);
    const { environment } = surroundings;
    const read = await readCredentials(access.identity, environment, timeoutMs);
    const credentials = { ...read, authorization: () => read.authorization().catch(throwNotYet) };
    const pool = (connections: number | null): HttpPool =>
      createHttpPool(access, credentials.certificate, { connections, timeoutMs });
    const made = { access, credentials, requests: pool(concurrency), watches: pool(null) };
    open.add(made);
    return made;
  };
  const retiring = new Set<Connection>();
  const retire = async (connection: Connection): Promise<void> => {
    retiring.add(connection);
    // The pool was destroyed at the end of the process, so there is nothing to wait for.
    await Promise.allSettled([connection.requests.close(), connection.watches.close()]);
    retiring.delete(connection);
    open.delete(connection);
  };
  const forget = (connection: Connection): void => {
    if (!open.has(connection) || retiring.has(connection)) return;
    current = undefined;
    void retire(connection);
  };

  return {
    current: async () => {
      if (isClosed) throw closed();
      const known = await current?.catch(() => undefined);
      if (known !== undefined && !hasEnded(known.credentials)) return known;
      if (known !== undefined) forget(known);
      const connecting = (current ??= connect().catch(throwNotYet));
      return connecting.catch((error: unknown) => {
        if (current === connecting) current = undefined;
        throw error;
      });
    },
    forget,
    close: async () => {
      isClosed = true;
      await current?.catch(() => undefined);
      const all = [...open];
      open.clear();
      await Promise.all(
        all.flatMap(({ requests, watches }) => [requests.destroy(), watches.destroy()]),
      );
    },
  };
}

/**
 * Throws a retryable error. MicroK8s and K3s write their kubeconfigs after their start, and
 * credentials may just be being renewed; neither is a fault of the configuration.
 */
function throwNotYet(error: unknown): never {
  if (!(error instanceof AppError)) {
    const message = `cannot find out how to reach the API server: ${reasonOf(error)}`;
    throw new AppError('datastore-failed', message, { cause: error, retryable: true });
  }
  const { message, issues } = error;
  throw new AppError('datastore-failed', message, { cause: error, issues, retryable: true });
}

/** The error for requests at the agent's end, which is no fault of the configuration. */
function closed(): AppError {
  return new AppError('datastore-failed', 'the connection was closed', { retryable: true });
}

function hasEnded({ validUntil }: Credentials): boolean {
  return validUntil !== undefined && Date.now() >= validUntil;
}
