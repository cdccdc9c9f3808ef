/** What all parts of the driver share: the connection, and what was found out about the server. */
import type { KubernetesDatastore } from '../../../schemas/generated/agent-config.ts';
import {
  createKubernetesClient,
  type KubernetesClient,
} from '../../../runtime/kubernetes/client.ts';
import type { AccessSettings } from '../../../runtime/kubernetes/access/find-access.ts';
import { ApiRefusal } from '../../../runtime/kubernetes/api-refusal.ts';
import type { DriverOptions } from '../../ports/datastore/connected-datastore.ts';
import { discoverCalicoApi, wantedGroup, type CalicoApi } from './calico-api.ts';

/** With what calicoctl's settings may have, and agent.yaml may not: secrets are in no text of ours. */
export type KubernetesSettings = KubernetesDatastore & Pick<AccessSettings, 'token' | 'insecure'>;

export interface Session {
  readonly client: KubernetesClient;
  readonly concurrency: number;
  readonly timeoutMs: number;
  /** Looked up when first needed, and again after something was not there. */
  api(): Promise<CalicoApi>;
  /** Calls with the API; where it answers that there is no such kind, what is known is forgotten. */
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
