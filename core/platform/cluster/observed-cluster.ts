/** The objects of a cluster that the agent reads beside Calico's own resources. */
import type { PlainMap } from '../../input/plain-data.ts';
import type { ObjectRef } from './object-ref.ts';
import type { ReadUndo } from './undo-annotation.ts';

export interface ClusterNode {
  readonly name: string;
  /** The condition Ready is True. */
  readonly ready: boolean;
  /** The reason and message of a condition Ready that is not True. */
  readonly why?: string;
  /** kubectl cordon. */
  readonly unschedulable: boolean;
  readonly isControlPlane: boolean;
  /** The roles of its labels: `control-plane`, `worker`. */
  readonly roles: readonly string[];
  /** InternalIP, ExternalIP, Hostname: as the kubelet reports them. */
  readonly addresses: readonly { readonly type: string; readonly address: string }[];
  readonly podCidrs: readonly string[];
  /** `v1.34.1+k3s1`. */
  readonly kubeletVersion?: string;
  /** Flannel's annotations: its backend, VTEP and public address. */
  readonly flannel?: FlannelAnnotations;
  /** The modes for which calico-node has a tunnel address here; absent: none, or Calico keeps them in etcd. */
  readonly calicoTunnels?: readonly ('vxlan' | 'vxlan-v6' | 'ipip')[];
  /** The annotation with the arguments of K3s, as JSON; never shown: see core/platform/k3s/server-values.ts. */
  readonly k3sArguments?: string;
}

export interface FlannelAnnotations {
  readonly backendType?: string;
  /** `{"VNI":1,"VtepMAC":"…"}`, parsed; absent: it has none, or it cannot be read. */
  readonly vni?: number;
  readonly vtepMac?: string;
  readonly publicIp?: string;
}

/** A DaemonSet, Deployment. */
export interface Workload {
  readonly object: ObjectRef;
  readonly generation: number;
  /** Older than `generation`: the controller has not read the last change yet. */
  readonly observedGeneration: number;
  readonly desired: number;
  readonly updated: number;
  /** Old and new ones. */
  readonly total: number;
  readonly ready: number;
  readonly available: number;
  /** The mark of the last rollout by calico-agent. */
  readonly mark?: string;
  readonly images: readonly string[];
  /** FELIX_AWSSRCDSTCHECK of a container, where it is written as a value; absent: it has none. */
  readonly awsSrcDstCheck?: string;
  /** FELIX_AWSSRCDSTCHECK comes from a ConfigMap or a Secret, so its value is not known. */
  readonly isAwsSrcDstCheckElsewhere?: true;
}

/** As kubectl rollout status. */
export type RolloutState =
  | { readonly state: 'complete' }
  /** A clause: "2 of 5 pods are new, and 1 is not ready". */
  | {
      readonly state: 'progressing';
      readonly why: string;
      /** As `why`, without the pods, whose states change while nothing gets further; absent: `why`. */
      readonly progress?: string;
    };

export interface ClusterPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly node?: string;
  readonly phase: string;
  readonly ready: boolean;
  /** CrashLoopBackOff: …; why a container waits or did not start. */
  readonly why?: string;
  readonly addresses: readonly string[];
  readonly isHostNetwork: boolean;
  readonly controller?: PodController;
}

/** The controller that makes the pod again; a pod without one is lost when it is deleted. */
export interface PodController {
  /** `Deployment` where a ReplicaSet belongs to one by its name's hash; `Node`: a static pod. */
  readonly kind: string;
  readonly name: string;
}

/** Pods of one controller. */
export interface PodsOfController {
  readonly namespace: string;
  /** Absent: nobody makes these pods again. */
  readonly controller?: PodController;
  readonly pods: readonly Pick<ClusterPod, 'name' | 'uid' | 'addresses'>[];
}

export interface LoadBalancerService {
  readonly namespace: string;
  readonly name: string;
  /** spec.loadBalancerClass; absent: the cluster's usual one. */
  readonly loadBalancerClass?: string;
  /** status.loadBalancer.ingress; empty: nobody answers for it. */
  readonly addresses: readonly string[];
  readonly answeredBy: readonly LoadBalancerKind[];
}

export type LoadBalancerKind = 'servicelb' | 'metallb';

export interface ObservedLoadBalancers {
  readonly services: readonly LoadBalancerService[];
  /** K3s' ServiceLB has DaemonSets svclb-… in kube-system. */
  readonly serviceLb: { readonly daemonSets: number };
  /** Absent: MetalLB is not in this cluster. */
  readonly metalLb?: {
    readonly namespace: string;
    readonly controller?: Workload;
    readonly speaker?: Workload;
    readonly pools: readonly { readonly name: string; readonly addresses: readonly string[] }[];
    /** IPAddressPools without an advertisement answer for no address. */
    readonly advertisements: number;
  };
}

/** How many objects a destructive change would take away, by what they are. */
export interface ClusterCounts {
  /** `{ what: 'pods with an address of the network', count: 214 }`, in the order in which people should read it. */
  readonly counts: readonly { readonly what: string; readonly count: number }[];
  /** Things that could not be counted, each with its reason. */
  readonly uncounted: readonly { readonly what: string; readonly why: string }[];
}

/** An object as it is, and as it would be. */
export interface ObservedObject {
  readonly object: ObjectRef;
  /** Absent: there is none. */
  readonly before?: PlainMap;
  /** resourceVersion of `before`. */
  readonly version?: string;
  /** The notes that calico-agent left in it for the way back. */
  readonly undo: ReadUndo;
  /** calico-agent changed its template, and has not seen since that all pods are new. */
  readonly isRollingOut?: true;
  /** After the server applied the whole objects of the edits, found by a dry run; absent: none was asked for. */
  readonly applied?: PlainMap;
  /** Fields of the whole objects that another program or a person set to another value. */
  readonly conflicts: readonly FieldOfManager[];
  /** Why the server would refuse it, as a clause. */
  readonly refused?: string;
}

export interface FieldOfManager {
  /** As the server shows it: `.data.calico_backend`, `.spec.containers[name="a"].image`. */
  readonly path: string;
  /** Empty: not known. */
  readonly managers: readonly string[];
}

/** The input of a plan of cluster edits. */
export interface ObservedCluster {
  /** Those of the edits, and all others that calico-agent changed. */
  readonly objects: readonly ObservedObject[];
  /** Those of the rollouts that were asked for, and those among the objects. */
  readonly workloads: readonly Workload[];
  /** The pods outside of the CIDRs that were asked for, by controller. */
  readonly strayPods: readonly PodsOfController[];
  /** Those of the edits; absent: none was asked for. */
  readonly pullSecrets?: readonly ObservedSecret[];
}

/** A Secret, without anything of its content. */
export interface ObservedSecret {
  readonly namespace: string;
  readonly name: string;
  readonly found:
    | { readonly state: 'there'; readonly type: string }
    | { readonly state: 'absent' }
    /** The agent may not look; why, as a clause. */
    | { readonly state: 'unknown'; readonly why: string };
}
