/** The settings of a configuration for the Kubernetes distribution of the nodes. */
import type { Place } from '../../issue.ts';
import type { K3sSettings } from './k3s-settings.ts';
import type { MicroK8sSettings } from './microk8s-settings.ts';

/** `place` is that of the line `platform:`. */
export type PlatformSettings =
  | { readonly kind: 'k3s'; readonly settings: K3sSettings; readonly place: Place }
  | { readonly kind: 'microk8s'; readonly settings: MicroK8sSettings; readonly place: Place };
