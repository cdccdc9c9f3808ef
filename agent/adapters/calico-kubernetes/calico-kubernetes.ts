/**
 * Calico's resources in the Kubernetes API: everything but Charmed Kubernetes. Nothing of the
 * client is loaded, and nobody is called, before it is first used.
 */
import type { DatastoreWatch } from '../../ports/calico-datastore.ts';
import type { ConnectedDatastore } from '../../ports/connected-datastore.ts';
import type { openCalicoKubernetes } from './driver.ts';
import type { CalicoKubernetesOptions, KubernetesSettings } from './session.ts';

type Opened = ReturnType<typeof openCalicoKubernetes>;

export function createCalicoKubernetes(
  settings: KubernetesSettings,
  options: CalicoKubernetesOptions,
): ConnectedDatastore {
  let opened: Promise<Opened> | undefined;
  const open = (): Promise<Opened> =>
    (opened ??= import('./driver.ts').then((module) =>
      module.openCalicoKubernetes(settings, options),
    ));
  const datastore = async (): Promise<Opened['datastore']> => (await open()).datastore;
  const lease = async (): Promise<Opened['writerLease']> => (await open()).writerLease;
  return {
    datastore: {
      driver: 'kubernetes',
      reachesCluster: true,
      message: 'written to the Kubernetes API',
      observe: async (node) => (await datastore()).observe(node),
      poolUsage: async (cidrs) => (await datastore()).poolUsage(cidrs),
      blocks: async () => (await datastore()).blocks?.(),
      checkCalico: async () => (await (await datastore()).checkCalico?.()) ?? [],
      preflight: async (steps, revision) => (await datastore()).preflight(steps, revision),
      apply: async (step, revision, fence) => (await datastore()).apply(step, revision, fence),
      watch: (node, listener) => watchLater(datastore, node, listener),
      close: async () => {
        if (opened !== undefined) await (await datastore()).close();
      },
    },
    writerLease: {
      read: async () => (await lease()).read(),
      claim: async () => (await lease()).claim(),
      record: async (revision, fence, isCorrection) =>
        (await lease()).record(revision, fence, isCorrection),
      setHold: async (hold) => (await lease()).setHold(hold),
      release: async () => {
        if (opened !== undefined) await (await lease()).release();
      },
    },
    survey: {
      survey: async () => (await open()).survey.survey(),
      findNode: async (name) => (await open()).survey.findNode?.(name),
      removeNode: async (name, version) => (await open()).survey.removeNode(name, version),
    },
    diagnosis: { diagnose: async () => (await open()).diagnosis.diagnose() },
  };
}

function watchLater(
  datastore: () => Promise<Opened['datastore']>,
  ...[node, listener]: Parameters<Opened['datastore']['watch']>
): DatastoreWatch {
  const watch = datastore().then((one) => one.watch(node, listener));
  return { stop: async () => (await watch).stop() };
}
