/** The observed state of this machine's cloud, and what the agent changed there. Pure data. */
import type { CheckState } from './settings.ts';

export interface ObservedCloud {
  readonly instance: CloudInstance;
  /** All interfaces that are attached to the instance. */
  readonly interfaces: readonly CloudInterface[];
  /** The agent's notes about interfaces that it changed. */
  readonly notes: readonly CloudNote[];
  readonly others: OtherSetters;
}

export interface CloudInstance {
  /** `i-0123456789abcdef0`. */
  readonly id: string;
  /** `eu-west-1`. */
  readonly region: string;
  /** 12 digits. */
  readonly account: string;
  /** `aws`, `aws-cn`, `aws-us-gov`. */
  readonly partition: string;
}

export interface CloudInterface {
  /** `eni-0123456789abcdef0`. */
  readonly id: string;
  readonly deviceIndex: number;
  /** 0 on instances with one network card. */
  readonly cardIndex: number;
  /** Canonical, of both families. */
  readonly addresses: readonly string[];
  readonly check: CheckState;
}

/** Kept in the state directory from before the first write to an interface until it is put back. */
export interface CloudNote {
  readonly instance: string;
  readonly interface: string;
  readonly original: CheckState;
}

/** Other programs of the cluster that set the check. */
export interface OtherSetters {
  /** Felix sets the check of the primary interface alone. Absent: it leaves it as it is, or nobody could read it. */
  readonly felix?: {
    readonly check: CheckState;
    /** Where Felix has it from: `FelixConfiguration default`. */
    readonly by: string;
  };
  /**
   * A controller that disables the check of instances with one interface, by its Deployment:
   * `kube-system/k8s-ec2-srcdst`.
   */
  readonly controller?: string;
  /** Parts that could not be read, each with its reason. Empty: all was read. */
  readonly unread: readonly string[];
}

/** The interface that EC2 made with the instance. */
export function isPrimary({ deviceIndex, cardIndex }: CloudInterface): boolean {
  return deviceIndex === 0 && cardIndex === 0;
}
