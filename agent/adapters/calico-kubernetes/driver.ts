/** All of the driver, in a module of its own that is loaded when it is first used. */
import { randomBytes } from 'node:crypto';
import { poolUsageOf } from '../../../core/survey/ipam-block.ts';
import type { CalicoResource } from '../../../core/calico/resource.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { ConnectedDatastore } from '../../ports/connected-datastore.ts';
import type { CalicoApi } from './calico-api.ts';
import { checkCalico } from './check-calico.ts';
import { applyStep } from './apply-step.ts';
import { diagnose } from './diagnose.ts';
import { createWriterLease } from './writer-lease.ts';
import { observeCalico, type Seen } from './observe.ts';
import { preflightSteps } from './preflight.ts';
import { notClaimed } from './write/refusal.ts';
import { createSession, type CalicoKubernetesOptions, type KubernetesSettings } from './session.ts';
import { findSurveyedNode, readBlocks, surveyCluster } from './survey.ts';
import { watchCalico } from './watch.ts';
import type { WriteContext } from './write/write-context.ts';

const defaultNamespace = 'kube-system';

export function openCalicoKubernetes(
  settings: KubernetesSettings,
  options: CalicoKubernetesOptions,
): Omit<ConnectedDatastore, 'datastore'> & {
  readonly datastore: Omit<
    ConnectedDatastore['datastore'],
    'driver' | 'reachesCluster' | 'message'
  >;
} {
  const session = createSession(settings, options);
  const { client, concurrency, timeoutMs, withApi } = session;
  const namespace = settings.leaseNamespace ?? defaultNamespace;
  const seen: Seen = new WeakMap();
  const lease = createWriterLease({
    client,
    namespace,
    node: options.node,
    now: () => options.clock.now(),
    monotonic: () => performance.now(),
    processMark: randomBytes(6).toString('hex'),
  });
  const context = (api: CalicoApi, revision: RevisionRef): WriteContext => ({
    client,
    api,
    revision,
    seen: (before: CalicoResource) => seen.get(before),
    dryRun: false,
    allowance: () => Promise.resolve({}),
  });
  return {
    datastore: {
      observe: (node) => withApi((api) => observeCalico(client, api, seen, node)),
      poolUsage: (cidrs) =>
        withApi(async (api) => {
          const blocks = await readBlocks(client, api);
          return blocks && poolUsageOf(cidrs, blocks);
        }),
      blocks: () => withApi((api) => readBlocks(client, api)),
      checkCalico: () =>
        settings.requireCalico === false
          ? Promise.resolve([])
          : withApi((api) => checkCalico(client, api)),
      preflight: (steps, revision) =>
        withApi((api) => preflightSteps(steps, context(api, revision), concurrency)),
      apply: (step, revision, fence) =>
        withApi(async (api) => {
          const isOfCluster = step.changes.some(
            (change) => change.action !== 'patch-node' && change.scope.kind === 'cluster',
          );
          if (!isOfCluster) return applyStep(step, context(api, revision), concurrency);
          if (fence === undefined) throw notClaimed();
          await lease.confirm(fence);
          const allowance = async (): Promise<{ readonly timeoutMs: number }> => ({
            timeoutMs: Math.min(timeoutMs, await lease.allowance(fence)),
          });
          await applyStep(step, { ...context(api, revision), allowance }, concurrency);
          // What is created compares nothing: who lost the share meanwhile looks at it all again.
          await lease.recheck(fence);
        }),
      watch: (node, listener) =>
        watchCalico({
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
    },
    writerLease: lease,
    survey: {
      survey: () => withApi((api) => surveyCluster(client, api, seen)),
      findNode: (name) => findSurveyedNode(client, name),
      removeNode: (name) => {
        const message = `cannot remove Node "${name}": the cluster's Nodes are Kubernetes' own; kubectl delete node does it, once the machine is gone`;
        return Promise.reject(new AppError('not-found', message));
      },
    },
    diagnosis: { diagnose: () => diagnose(session, namespace, options) },
  };
}
