/**
 * Calico's objects in its own form, projectcalico.org/v3, with the fields that a NetworkConfig has.
 */
import type { BGPConfigurationSpec } from './bgp-configuration.ts';
import type { BGPPeerSpec } from './bgp-peer.ts';
import type { IPPoolSpec } from './ip-pool.ts';

export const apiVersion = 'projectcalico.org/v3';

export interface Metadata {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Resource<Kind extends string, Spec> {
  readonly apiVersion: typeof apiVersion;
  readonly kind: Kind;
  readonly metadata: Metadata;
  readonly spec: Spec;
}

export type BGPPeer = Resource<'BGPPeer', BGPPeerSpec>;
export type BGPConfiguration = Resource<'BGPConfiguration', BGPConfigurationSpec>;
export type IPPool = Resource<'IPPool', IPPoolSpec>;

export type CalicoResource = BGPPeer | BGPConfiguration | IPPool;
export type ResourceKind = CalicoResource['kind'];

/** The kinds, in the order in which drivers read them. */
export const resourceKinds: readonly ResourceKind[] = ['IPPool', 'BGPConfiguration', 'BGPPeer'];

/** A key from kind and name, because a name is unique only within its kind. */
export function objectKey({ kind, metadata }: ObjectName): string {
  return `${kind}/${metadata.name}`;
}

interface ObjectName {
  readonly kind: ResourceKind;
  readonly metadata: Pick<Metadata, 'name'>;
}
