/** Whether Felix or k8s-ec2-srcdst sets EC2's check: by Calico's datastore and by Kubernetes. */
import type { OtherSetters } from '../../../core/cloud/observed-cloud.ts';
import {
  felixSetter,
  felixVariable,
  type FelixSettings,
} from '../../../core/cloud/other-setters.ts';
import type { Workload } from '../../../core/platform/cluster/observed-cluster.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { ClusterSurvey } from '../../ports/datastore/cluster-survey.ts';
import type { Cluster } from '../../ports/platform/cluster.ts';
import type { OtherSettersSource } from '../../ports/cloud/other-setters.ts';

export interface OtherSettersDeps {
  readonly survey: Pick<ClusterSurvey, 'felixCheck'>;
  /** Absent: this agent has no way to the Kubernetes cluster itself. */
  readonly cluster?: Pick<Cluster, 'daemonSets' | 'workload'>;
}

const srcDst = { kind: 'Deployment', namespace: 'kube-system', name: 'k8s-ec2-srcdst' } as const;

export function createOtherSetters(deps: OtherSettersDeps): OtherSettersSource {
  return {
    read: async (node) => {
      const [ofCalico, ofKubernetes] = await Promise.all([
        settled(readFelixConfigurations(deps, node)),
        settled(readWorkloads(deps)),
      ]);
      const settings: FelixSettings = { ...ofCalico.value, ...ofKubernetes.value?.felix };
      const felix = felixSetter(settings, node);
      const controller = ofKubernetes.value?.controller;
      // The variable wins over every FelixConfiguration, so nobody has to know those then.
      const isDecided = settings.ofDaemonSet !== undefined;
      const unread = [
        isDecided ? undefined : ofCalico.failure,
        ofKubernetes.failure,
        ofKubernetes.value?.unread,
      ];
      return {
        ...(felix !== undefined && { felix }),
        ...(controller !== undefined && { controller }),
        unread: unread.filter((one) => one !== undefined),
      };
    },
  };
}

interface Settled<T> {
  readonly value?: T;
  readonly failure?: string;
}

async function settled<T>(work: Promise<T | string>): Promise<Settled<T>> {
  try {
    const value = await work;
    return typeof value === 'string' ? { failure: value } : { value };
  } catch (error) {
    return { failure: reasonOf(error) };
  }
}

/** A text says why it is not known. */
async function readFelixConfigurations(
  { survey }: OtherSettersDeps,
  node: string,
): Promise<Pick<FelixSettings, 'ofNode' | 'ofDefault'> | string> {
  if (survey.felixCheck === undefined) {
    return 'the driver of the datastore reads no FelixConfigurations';
  }
  const [ofNode, ofDefault] = await Promise.all([
    survey.felixCheck(`node.${node}`),
    survey.felixCheck('default'),
  ]);
  return {
    ...(ofNode !== undefined && { ofNode }),
    ...(ofDefault !== undefined && { ofDefault }),
  };
}

interface OfWorkloads {
  readonly felix: Pick<FelixSettings, 'ofDaemonSet'>;
  readonly controller?: OtherSetters['controller'];
  /** What the DaemonSet does not say itself. */
  readonly unread?: string;
}

async function readWorkloads({ cluster }: OtherSettersDeps): Promise<OfWorkloads | string> {
  if (cluster === undefined) {
    return 'this agent does not reach the API server of Kubernetes (set cluster.kubeconfig in agent.yaml)';
  }
  const [daemonSets, deployment] = await Promise.all([
    cluster.daemonSets(),
    cluster.workload(srcDst),
  ]);
  return {
    felix: daemonSets.flatMap(ofDaemonSet)[0] ?? {},
    ...elsewhere(daemonSets),
    ...(deployment !== undefined &&
      deployment.desired > 0 && { controller: `${srcDst.namespace}/${srcDst.name}` }),
  };
}

/** A variable without a value of its own is unknown, and not absent. */
function elsewhere(daemonSets: readonly Workload[]): Pick<OfWorkloads, 'unread'> {
  const found = daemonSets.find((one) => one.isAwsSrcDstCheckElsewhere === true);
  if (found === undefined) return {};
  const { namespace = '', name } = found.object;
  return {
    unread: `${felixVariable} of the DaemonSet ${namespace}/${name} comes from a ConfigMap or a Secret`,
  };
}

function ofDaemonSet({
  object: { namespace, name },
  awsSrcDstCheck: value,
}: Workload): readonly Pick<FelixSettings, 'ofDaemonSet'>[] {
  if (value === undefined) return [];
  return [{ ofDaemonSet: { value, daemonSet: `${namespace ?? ''}/${name}` } }];
}
