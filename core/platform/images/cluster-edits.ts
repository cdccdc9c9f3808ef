/**
 * The `images:` section as edits of the cluster: of Calico's DaemonSet and Deployments, or of the Tigera operator's
 * Installation. The charm and kops keep their own settings: see by-hand.ts.
 */
import type { Place } from '../../issue.ts';
import type { ClusterEdit, ObjectEdit } from '../cluster/cluster-edit.ts';
import { containerPath } from '../cluster/cluster-edit.ts';
import type { ObjectRef } from '../cluster/object-ref.ts';
import type { Reason } from '../../resolve/resolution.ts';
import { wishFor } from '../../config/images/asked-image.ts';
import type { DesiredImages } from './by-hand.ts';
import { workloadByHand } from './workload-by-hand.ts';
import type { Component, ImagesSettings } from '../../config/images/settings.ts';
import { imageWorkloads, isNeeded, type ImagePlace, type ImageWorkload } from './workloads.ts';

export function imageEdits({ settings, kubectl }: DesiredImages): readonly ClusterEdit[] {
  switch (settings.installedBy) {
    case 'manifest':
      return [
        ...secretEdits(settings, 'kube-system', kubectl),
        ...imageWorkloads.flatMap((workload) => workloadEdits(settings, workload, kubectl)),
      ];
    case 'operator':
      return [...secretEdits(settings, 'tigera-operator', kubectl), ...installationEdits(settings)];
    case 'charm':
    case 'kops':
      return [];
  }
}

function secretEdits(
  { pullSecret }: ImagesSettings,
  namespace: string,
  kubectl: string,
): readonly ClusterEdit[] {
  if (pullSecret === undefined) return [];
  const { value: name, place } = pullSecret;
  return [
    { form: 'pull-secret', namespace, name, kubectl, reasons: reasonOf('pullSecret', place) },
  ];
}

function workloadEdits(
  settings: ImagesSettings,
  workload: ImageWorkload,
  kubectl: string,
): readonly ClusterEdit[] {
  const { object, places } = workload;
  const optional = isNeeded(workload, settings) ? {} : ({ ifPresent: true } as const);
  const byHand = workloadByHand(settings, workload, kubectl);
  if (byHand === undefined) return [];
  const images = places.flatMap((place): readonly ObjectEdit[] => {
    const wish = wishFor(place.component, settings);
    if (wish === undefined) return [];
    const path = [...containerPath(place.container, place.list), 'image'];
    const reasons = reasonsOfImage(place.component, settings);
    const required = isRequired(place, settings) ? optional : ({ ifPresent: true } as const);
    return [{ form: 'image', object, path, wish, unlessOwned: true, ...required, reasons, byHand }];
  });
  return [...images, ...pullSecretEdit(settings, object, { ...optional, byHand })];
}

/** The container of calico-node has to be there, and any other one where the document names its image. */
function isRequired({ component, isMain }: ImagePlace, { images }: ImagesSettings): boolean {
  return isMain && (component === 'node' || images[component] !== undefined);
}

function pullSecretEdit(
  { pullSecret }: ImagesSettings,
  object: ObjectRef,
  others: Pick<ObjectEdit, 'byHand'> & { readonly ifPresent?: true },
): readonly ObjectEdit[] {
  if (pullSecret === undefined) return [];
  const { value: name, place } = pullSecret;
  const path = ['spec', 'template', 'spec', 'imagePullSecrets', { named: name }];
  const reasons = reasonOf('pullSecret', place);
  return [{ form: 'field', object, path, value: { name }, unlessOwned: true, ...others, reasons }];
}

const installation: ObjectRef = { kind: 'Installation', name: 'default' };
const calicoSystem = 'calico-system';

/** Source: tigera/operator api/v1/installation_types.go: the registry ends with a slash. */
function installationEdits({ registry, pullSecret }: ImagesSettings): readonly ClusterEdit[] {
  const edits: readonly ObjectEdit[] = [
    ...(registry === undefined
      ? []
      : [
          {
            form: 'field',
            object: installation,
            path: ['spec', 'registry'],
            value: `${registry.value}/`,
            reasons: reasonOf('registry', registry.place),
          } as const,
        ]),
    ...(pullSecret === undefined
      ? []
      : [
          {
            form: 'field',
            object: installation,
            path: ['spec', 'imagePullSecrets', { named: pullSecret.value }],
            value: { name: pullSecret.value },
            reasons: reasonOf('pullSecret', pullSecret.place),
          } as const,
        ]),
  ];
  const [first] = edits;
  if (first === undefined) return [];
  const rollouts = [
    { kind: 'DaemonSet', namespace: calicoSystem, name: 'calico-node' },
    { kind: 'Deployment', namespace: calicoSystem, name: 'calico-kube-controllers' },
  ] as const;
  return [
    ...edits,
    ...rollouts.map((workload): ClusterEdit => ({
      form: 'awaited',
      workload,
      ...(registry !== undefined && { registry: registry.value }),
      reasons: first.reasons,
    })),
  ];
}

/** @param setting the name in the section: `registry` */
function reasonOf(setting: string, place: Place): readonly Reason[] {
  return [{ rule: `images ${setting}`, place }];
}

export function reasonsOfImage(
  component: Component,
  { registry, version, images }: ImagesSettings,
): readonly Reason[] {
  const named = images[component];
  return [
    ...(named === undefined ? [] : reasonOf(component, named.place)),
    ...(registry === undefined || named?.value.registry !== undefined
      ? []
      : reasonOf('registry', registry.place)),
    ...(version === undefined || named?.value.tag !== undefined || named?.value.digest !== undefined
      ? []
      : reasonOf('version', version.place)),
  ];
}
