/**
 * The connections to the API server, made when first needed and made anew when the credentials end
 * or are refused: everything is read again then, so a renewed certificate or kubeconfig counts.
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
  /** For requests: at most `concurrency` connections. */
  readonly requests: HttpPool;
  /** For watches, which keep theirs. */
  readonly watches: HttpPool;
}

export interface Connections {
  /** @throws AppError datastore-failed, retryable: what is missing or wrong may be there later */
  current(): Promise<Connection>;
  /** Reads everything again for the next request; what is under way ends as it will. */
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
    // Destroyed meanwhile, because all ends: then there is nothing to wait for.
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
 * MicroK8s and K3s write their kubeconfigs when they have started, and whoever renews credentials
 * may be at it: nothing of this says anything about the configuration that shall be written.
 */
function throwNotYet(error: unknown): never {
  if (!(error instanceof AppError)) {
    const message = `cannot find out how to reach the API server: ${reasonOf(error)}`;
    throw new AppError('datastore-failed', message, { cause: error, retryable: true });
  }
  const { message, issues } = error;
  throw new AppError('datastore-failed', message, { cause: error, issues, retryable: true });
}

/** Only the agent's end does this, and it says nothing about what was to be written. */
function closed(): AppError {
  return new AppError('datastore-failed', 'the connection was closed', { retryable: true });
}

function hasEnded({ validUntil }: Credentials): boolean {
  return validUntil !== undefined && Date.now() >= validUntil;
}
