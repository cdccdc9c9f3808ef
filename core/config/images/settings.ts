/** The `images:` section: which images of Calico the nodes run, and how they come there. */
import type { Sourced } from '../sourced.ts';
import type { Place } from '../../issue.ts';
import type { ImageReference } from './reference.ts';

/**
 * Who keeps Calico's DaemonSet. `manifest`: nobody after kubectl apply, so the agent changes it; the others would take
 * such a change back, and have settings of their own.
 */
export const owners = ['manifest', 'operator', 'charm', 'kops'] as const;
export type Owner = (typeof owners)[number];

/** Calico's images that a setting can name. */
export const components = ['node', 'cni', 'kubeControllers', 'flexVolume', 'typha'] as const;
export type Component = (typeof components)[number];

export interface ImagesSettings {
  readonly installedBy: Owner;
  /** With its path, and without a slash at its end. */
  readonly registry?: Sourced<string>;
  /** The tag of all images that no setting names with a tag of their own. */
  readonly version?: Sourced<string>;
  readonly images: Readonly<Partial<Record<Component, Sourced<ImageReference>>>>;
  /** The name of a Secret. */
  readonly pullSecret?: Sourced<string>;
  readonly place: Place;
  readonly ownerPlace: Place;
}

/** The last part of the path of each image, as Calico publishes it. */
export const publishedNames: Readonly<Record<Component, string>> = {
  node: 'node',
  cni: 'cni',
  kubeControllers: 'kube-controllers',
  flexVolume: 'pod2daemon-flexvol',
  typha: 'typha',
};
