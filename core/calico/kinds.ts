/** The tables of all kinds, for drivers and plans that work with resources of any kind. */
import type { PlainMap } from '../input/plain-data.ts';
import { bgpConfigurationFields, otherBgpConfigurationFields } from './bgp-configuration.ts';
import { bgpPeerFields, otherBgpPeerFields } from './bgp-peer.ts';
import { defaultsIn, fieldsOf, identityOf, type FieldTable, type OtherField } from './field.ts';
import { ipPoolFields, otherIpPoolFields } from './ip-pool.ts';
import type { CalicoResource, ResourceKind } from './resource.ts';

/** The fields of a spec that are ours to write, in the order of rendering. */
export const ourFields: Readonly<Record<ResourceKind, readonly string[]>> = {
  BGPPeer: Object.keys(bgpPeerFields),
  BGPConfiguration: Object.keys(bgpConfigurationFields),
  IPPool: Object.keys(ipPoolFields),
};

export const resourceKinds: readonly ResourceKind[] = ['BGPPeer', 'BGPConfiguration', 'IPPool'];

/** The fields that are not ours, with Calico's defaults. */
export const otherFields: Readonly<Record<ResourceKind, Readonly<Record<string, OtherField>>>> = {
  BGPPeer: otherBgpPeerFields,
  BGPConfiguration: otherBgpConfigurationFields,
  IPPool: otherIpPoolFields,
};

/**
 * Calico's defaults for absent fields of ours, so that a default filled in by the server does not
 * count as drift.
 */
export function defaultsOf(resource: CalicoResource): PlainMap {
  switch (resource.kind) {
    case 'BGPPeer':
      return defaultsIn(bgpPeerFields, resource.spec);
    case 'BGPConfiguration':
      return defaultsIn(bgpConfigurationFields, resource.spec);
    case 'IPPool':
      return defaultsIn(ipPoolFields, resource.spec);
  }
}

/**
 * The defaults that calicoctl writes into a new object in etcd. An API server fills them in itself.
 */
export function defaultsOfNew(resource: CalicoResource): PlainMap {
  const defaults = defaultsOf(resource);
  const ours = writtenIntoNew(resource.kind).map((field) => [field, defaults[field]] as const);
  const others = Object.entries(otherFields[resource.kind]).flatMap(([field, other]) =>
    other.isWrittenIntoNew === true ? [[field, other.default] as const] : [],
  );
  return Object.fromEntries([...ours, ...others]);
}

function writtenIntoNew(kind: ResourceKind): readonly string[] {
  switch (kind) {
    case 'BGPPeer':
      return namesWrittenIntoNew(bgpPeerFields);
    case 'BGPConfiguration':
      return namesWrittenIntoNew(bgpConfigurationFields);
    case 'IPPool':
      return namesWrittenIntoNew(ipPoolFields);
  }
}

function namesWrittenIntoNew<S, Source>(table: FieldTable<S, Source>): readonly string[] {
  return fieldsOf(table).flatMap(([name, { isWrittenIntoNew }]) =>
    isWrittenIntoNew === true ? [name] : [],
  );
}

/** The same text for two objects with the same purpose, even with different names. */
export function purposeOf(resource: CalicoResource): string {
  return [resource.kind, ...identityIn(resource)].join(' ');
}

function identityIn(resource: CalicoResource): readonly string[] {
  switch (resource.kind) {
    case 'BGPPeer':
      return identityOf(bgpPeerFields, resource.spec);
    case 'BGPConfiguration':
      return identityOf(bgpConfigurationFields, resource.spec);
    case 'IPPool':
      return identityOf(ipPoolFields, resource.spec);
  }
}
