/** Compares the living objects of Calico with cni.yaml, on nodes of MicroK8s that apply it. */
import { fileIssue } from '../../../core/platform/file-issues.ts';
import type { ObjectRef } from '../../../core/platform/cluster/object-ref.ts';
import { checkLiving } from '../../../core/platform/microk8s/check-living.ts';
import { manifestOf, type MicroK8sInput } from '../../../core/platform/microk8s/report-microk8s.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { PlatformIssue } from '../../../schemas/generated/agent-api/platform.ts';
import type { PlatformDeps } from './platform-deps.ts';

const namespace = 'kube-system';
const config: ObjectRef = { kind: 'ConfigMap', namespace, name: 'calico-config' };
const node: ObjectRef = { kind: 'DaemonSet', namespace, name: 'calico-node' };

export async function readLivingCalico(
  { cluster }: Pick<PlatformDeps, 'cluster'>,
  { lockNames = [], manifest }: MicroK8sInput,
): Promise<readonly PlatformIssue[]> {
  const isApplied = lockNames.includes('ha-cluster') && !lockNames.includes('clustered.lock');
  if (cluster === undefined || manifest.state !== 'text' || !isApplied) return [];
  try {
    // A field that nobody writes: the objects are only read.
    const read = [config, node].map((object) => {
      return { form: 'field', object, path: ['kind'], value: object.kind, reasons: [] } as const;
    });
    const { objects } = await cluster.observe(read, false);
    const objectOf = ({ kind }: ObjectRef): (typeof objects)[number]['before'] =>
      objects.find(({ object }) => object.kind === kind)?.before;
    return checkLiving(manifestOf(manifest), { config: objectOf(config), node: objectOf(node) });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const message = `the living objects of Calico cannot be compared with cni.yaml: ${error.message}`;
    return [fileIssue('note', undefined, { code: 'cluster-not-asked', message })];
  }
}
