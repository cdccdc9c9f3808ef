/** The shared part of the driver: the connection, and the agent's knowledge of the server. */
import type { KubernetesDatastore } from '../../../schemas/generated/agent-config.ts';
import {
  createKubernetesClient,
  type KubernetesClient,
} from '../../../runtime/kubernetes/client.ts';
import type { AccessSettings } from '../../../runtime/kubernetes/access/find-access.ts';
import { ApiRefusal } from '../../../runtime/kubernetes/api-refusal.ts';
import type { DriverOptions } from '../../ports/datastore/connected-datastore.ts';
import { discoverCalicoApi, wantedGroup, type CalicoApi } from './calico-api.ts';

/** Has also fields that only calicoctl's settings may have: agent.yaml has no secrets. */
export type KubernetesSettings = KubernetesDatastore & Pick<AccessSettings, 'token' | 'insecure'>;

export interface Session {
  readonly client: KubernetesClient;
  readonly concurrency: number;
  readonly timeoutMs: number;
  /** The server's API of Calico, read when first needed, and again after a kind was missing. */
  api(): Promise<CalicoApi>;
  /**
   * Calls with the API; if the server answers that a kind is missing, the agent reads the API anew
   * next time.
   */
  withApi<T>(work: (api: CalicoApi) => Promise<T>): Promise<T>;
}

const defaultConcurrency = 8;
const defaultTimeoutSeconds = 10;

export function createSession(
  settings: KubernetesSettings,
  { environment, root = '/' }: DriverOptions,
): Session {
  const concurrency = settings.concurrency ?? defaultConcurrency;
  const timeoutMs = (settings.timeoutSeconds ?? defaultTimeoutSeconds) * 1000;
  const client = createKubernetesClient(
    { ...settings, concurrency, timeoutMs },
    { environment, root },
  );
  let known: Promise<CalicoApi> | undefined;
  const api = async (): Promise<CalicoApi> => {
    const looking = (known ??= discoverCalicoApi(
      client,
      wantedGroup(settings.apiGroup, environment),
    ));
    return looking.catch((error: unknown) => {
      if (known === looking) known = undefined;
      throw error;
    });
  };
  return {
    client,
    concurrency,
    timeoutMs,
    api,
    withApi: async (work) => {
      try {
        return await work(await api());
      } catch (error) {
        if (error instanceof ApiRefusal && error.status === 404) known = undefined;
        throw error;
      }
    },
  };
}
