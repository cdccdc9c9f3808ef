/** Calico's resources in the Kubernetes API, as in all clusters except Charmed Kubernetes. */
import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { CalicoResource } from '../../../core/calico/resource.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { CalicoDatastore } from '../../ports/datastore/calico-datastore.ts';
import type {
  ConnectedDatastore,
  DriverOptions,
} from '../../ports/datastore/connected-datastore.ts';
import { applyStep } from './apply-step.ts';
import type { CalicoApi } from './calico-api.ts';
import { checkCalico } from './check-calico.ts';
import { diagnoseKubernetes } from './diagnose.ts';
import { createNodeStatus } from './node-status.ts';
import { observeKubernetes, type Seen } from './observe.ts';
import { preflightSteps } from './preflight.ts';
import { createSession, type KubernetesSettings, type Session } from './api-server.ts';
import { createKubernetesFleetStore } from './fleet-store.ts';
import { createKubernetesSurvey, readBlocks, readPoolUsage } from './survey.ts';
import { watchKubernetes } from './watch.ts';
import type { WriteContext } from './write/write-context.ts';
import { createWriterLease, type KubernetesWriterLease } from './writer-lease.ts';

const defaultNamespace = 'kube-system';
const defaultFleetNamespace = 'calico-agent';

/** Connects when it is first used. */
export function createCalicoKubernetes(
  settings: KubernetesSettings,
  options: DriverOptions,
): ConnectedDatastore {
  const session = createSession(settings, options);
  const namespace = settings.leaseNamespace ?? defaultNamespace;
  const seen: Seen = new WeakMap();
  const lease = createWriterLease({
    client: session.client,
    namespace,
    node: options.node,
    now: () => options.clock.now(),
    monotonic: () => performance.now(),
    processMark: randomBytes(6).toString('hex'),
  });
  return {
    datastore: createDatastore(settings, { session, namespace, seen, lease }),
    writerLease: lease,
    survey: createKubernetesSurvey(session),
    fleet: createKubernetesFleetStore({
      client: session.client,
      namespace: settings.fleetNamespace ?? defaultFleetNamespace,
      node: options.node,
      now: () => options.clock.now(),
    }),
    sessions: createNodeStatus({
      client: session.client,
      api: session.api,
      node: options.node,
      now: () => options.clock.now(),
      monotonic: () => performance.now(),
      sleep: (milliseconds) => setTimeout(milliseconds),
    }),
    diagnosis: { diagnose: () => diagnoseKubernetes(session, namespace, options) },
  };
}

interface Parts {
  readonly session: Session;
  readonly namespace: string;
  readonly seen: Seen;
  readonly lease: KubernetesWriterLease;
}

function createDatastore(
  { requireCalico = true }: KubernetesSettings,
  { session, namespace, seen, lease }: Parts,
): CalicoDatastore {
  const { client, concurrency, timeoutMs, withApi } = session;
  const contextOf = (api: CalicoApi, revision: RevisionRef): WriteContext => ({
    client,
    api,
    revision,
    seen: (before: CalicoResource) => seen.get(before)?.(),
    dryRun: false,
    allowance: () => Promise.resolve({}),
  });
  return {
    driver: 'kubernetes',
    reachesCluster: true,
    message: 'written to the Kubernetes API',
    observe: (node) => withApi((api) => observeKubernetes(client, api, seen, node)),
    poolUsage: (cidrs) => withApi((api) => readPoolUsage(client, api, cidrs)),
    blocks: () => withApi((api) => readBlocks(client, api)),
    checkCalico: () =>
      requireCalico ? withApi((api) => checkCalico(client, api)) : Promise.resolve([]),
    preflight: (steps, revision) =>
      withApi((api) => preflightSteps(steps, contextOf(api, revision), concurrency)),
    apply: (step, revision, fence) =>
      withApi((api) =>
        applyStep(
          { context: contextOf(api, revision), concurrency, timeoutMs, lease },
          step,
          fence,
        ),
      ),
    watch: (node, listener) =>
      watchKubernetes({
        client,
        api: session.api,
        namespace,
        node,
        listener,
        random: Math.random,
      }),
    close: async () => {
      lease.stop();
      await client.close();
    },
  };
}
