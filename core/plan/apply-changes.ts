import type { NodeSettings } from '../calico/node.ts';
import { released } from '../render/ownership.ts';
import type { RevisionRef } from '../revision/revision.ts';
import { objectKey } from '../calico/resource.ts';
import type { AnyChange, CloudChange, HostChange, LxdChange } from './plan.ts';
import type { CloudNote, ObservedCloud } from '../cloud/observed-cloud.ts';
import type { Observed, ObservedResource } from '../observe/observed.ts';
import type { ObservedLxd } from '../lxd/observed-lxd.ts';
import type { HostFile } from '../platform/host-file.ts';
import type { ObservedPlatform } from '../platform/observed-platform.ts';

/** The content of a datastore after all changes of a plan for this revision. */
export function applyChanges(
  observed: Observed,
  changes: readonly AnyChange[],
  { lineage, number }: Pick<RevisionRef, 'lineage' | 'number'>,
): Observed {
  const resources = new Map(observed.resources.map((one) => [objectKey(one.resource), one]));
  const nodes = new Map(observed.nodes.map((node) => [node.name, node]));
  let { lxd, platform, cloud } = observed;
  for (const change of changes) {
    switch (change.action) {
      case 'create':
      case 'update': {
        const { resource, scope } = change;
        const written: ObservedResource = { resource, owner: { scope, lineage, number } };
        resources.set(objectKey(resource), written);
        break;
      }
      case 'delete':
        resources.delete(objectKey(change.before));
        break;
      case 'release': {
        const resource = released(change.before);
        resources.set(objectKey(resource), { resource });
        break;
      }
      case 'patch-node': {
        const { node: name, after } = change;
        nodes.set(name, { ...nodes.get(name), name, settings: withoutNulls(after) });
        break;
      }
      case 'mount-bpffs':
      case 'set-lxd-profile':
        lxd = lxd && withLxdChange(lxd, change);
        break;
      // Kubernetes' controllers carry these on: what comes of them is observed, not computed.
      case 'apply-object':
      case 'delete-object':
      case 'rollout':
      case 'end-rollout':
      case 'delete-pods':
        break;
      case 'set-source-dest-check':
      case 'forget-interface':
        cloud = cloud && withCloudChange(cloud, change);
        break;
      case 'edit-file':
      case 'restart-service':
        platform = platform && withHostChange(platform, change);
        break;
    }
  }
  return {
    ...observed,
    resources: [...resources.values()],
    nodes: [...nodes.values()],
    ...(lxd !== undefined && { lxd }),
    ...(platform !== undefined && { platform }),
    ...(cloud !== undefined && { cloud }),
  };
}

function withLxdChange(lxd: ObservedLxd, change: LxdChange): ObservedLxd {
  if (change.action === 'mount-bpffs') return { ...lxd, bpffsMounted: true };
  if (lxd.daemon.state === 'absent') return lxd;
  const { project, profile, after } = change;
  const profiles = lxd.daemon.profiles.map((one) =>
    one.project === project && one.name === profile ? { ...one, content: after } : one,
  );
  return { ...lxd, daemon: { ...lxd.daemon, profiles } };
}

function withCloudChange(cloud: ObservedCloud, change: CloudChange): ObservedCloud {
  const isThis = (note: CloudNote): boolean => note.interface === change.interface;
  const others = cloud.notes.filter((note) => !isThis(note));
  if (change.action === 'forget-interface') return { ...cloud, notes: others };
  const { before: original, after: check, isPutBack } = change;
  const { id: instance } = cloud.instance;
  const note = cloud.notes.find((one) => isThis(one) && one.instance === instance) ?? {
    ...{ instance, interface: change.interface, original },
  };
  const interfaces = cloud.interfaces.map((one) =>
    one.id === change.interface ? { ...one, check } : one,
  );
  return { ...cloud, interfaces, notes: isPutBack === true ? others : [...others, note] };
}

function withHostChange(platform: ObservedPlatform, change: HostChange): ObservedPlatform {
  if (change.action === 'restart-service') {
    const dueRestarts = platform.dueRestarts.filter(({ service }) => service !== change.service);
    return { ...platform, dueRestarts };
  }
  const { path, content } = change;
  if (content === undefined) return platform;
  const { after, note } = content;
  const written: HostFile =
    after === undefined ? { state: 'absent', path } : { state: 'text', path, text: after };
  const isOther = (one: { readonly path: string }): boolean => one.path !== path;
  return {
    ...platform,
    files: [...platform.files.filter(isOther), written],
    notes: [...platform.notes.filter(isOther), ...(note === undefined ? [] : [note])],
  };
}

function withoutNulls({
  asNumber,
  routeReflectorClusterID,
  groupLabels,
}: NodeSettings): NodeSettings {
  return {
    ...(typeof asNumber === 'number' && { asNumber }),
    ...(typeof routeReflectorClusterID === 'string' && { routeReflectorClusterID }),
    groupLabels,
  };
}
