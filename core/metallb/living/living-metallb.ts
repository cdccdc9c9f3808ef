/** MetalLB and the Services of a running cluster, as `calico-agent metallb --live` reads them. */
import type { PlainMap } from '../../input/plain-data.ts';
import type { Part } from '../../platform/cluster/part.ts';
import type { Service } from '../explain/services.ts';

export interface LivingMetalLb {
  readonly services: Part<readonly Service[]>;
  /** Labels by name. */
  readonly namespaces: Part<ReadonlyMap<string, Readonly<Record<string, string>>>>;
  /** The controllers of MetalLB, by the labels of its manifests and its chart; empty: it is not installed. */
  readonly controllers: Part<readonly LivingController[]>;
  /** What its CustomResourceDefinitions can store, by `metallb.io/v1beta1 IPAddressPool`; empty: it has none. */
  readonly schemas: Part<ReadonlyMap<string, PlainMap>>;
}

export interface LivingController {
  readonly namespace: string;
  readonly name: string;
  /** `0.15.3`, from the tag of its image; absent: the tag is none of MetalLB's releases. */
  readonly release?: string;
}

/** The release in `quay.io/metallb/controller:v0.15.3`. */
export function releaseOfImage(image: string): string | undefined {
  return /\/controller:v?(\d+\.\d+\.\d+)(?:[-@].*)?$/.exec(image)?.[1];
}
