/** What a person does where another program keeps Calico's images: the charm's options, the fields of kops. */
import { leftByHand, type LeftByHand } from '../left-by-hand.ts';
import type { ManualStep } from '../manual-step.ts';
import { wishFor } from '../../config/images/asked-image.ts';
import { workloadByHand } from './workload-by-hand.ts';
import type { ImagesSettings } from '../../config/images/settings.ts';
import { patchCommand } from '../cluster/patch-by-hand.ts';
import { imageWorkloads } from './workloads.ts';

/** What the section asks for, and what its commands need to be complete. */
export interface DesiredImages {
  readonly settings: ImagesSettings;
  /** The application of the calico charm. */
  readonly application: string;
  /** The program of the platform: `microk8s kubectl`. */
  readonly kubectl: string;
}

/** Undefined: the agent itself makes the change. */
export function imagesLeftByHand(desired: DesiredImages): LeftByHand | undefined {
  const steps = ownerSteps(desired);
  return steps.length === 0 ? undefined : leftByHand(steps, 'after', undefined);
}

function ownerSteps({ settings, application }: DesiredImages): readonly ManualStep[] {
  switch (settings.installedBy) {
    case 'manifest':
    case 'operator':
      return [];
    case 'charm':
      return charmSteps(settings, application);
    case 'kops':
      return kopsSteps(settings);
  }
}

/** The whole change as commands, for a person who works without the agent. */
export function imageSteps(desired: DesiredImages): readonly ManualStep[] {
  const { settings, kubectl } = desired;
  switch (settings.installedBy) {
    case 'charm':
    case 'kops':
      return ownerSteps(desired);
    case 'operator':
      return operatorSteps(settings, kubectl);
    case 'manifest':
      return [
        ...pullSecretSteps(settings.pullSecret, 'kube-system', kubectl),
        ...imageWorkloads.flatMap((one) => workloadByHand(settings, one, kubectl) ?? []),
      ];
  }
}

/**
 * Charms of two times: of 2019 with an option for each of two images, and since the operator framework with the
 * registry and the release of all. Source: charm-calico config.yaml, and its documentation for the older one.
 */
function charmSteps(settings: ImagesSettings, application: string): readonly ManualStep[] {
  const { registry, version } = settings;
  const single = (
    [
      ['calico-node-image', 'node'],
      ['calico-policy-image', 'kubeControllers'],
    ] as const
  ).flatMap(([option, component]) => {
    const wish = wishFor(component, settings);
    if (wish?.kind === 'whole') return [`${option}=${wish.image}`];
    const isKnown = wish?.registry !== undefined && wish.version !== undefined;
    return isKnown ? [`${option}=${wish.registry}/${wish.usualPath}:${wish.version}`] : [];
  });
  const all = [
    ...(registry === undefined ? [] : [`image-registry=${registry.value}`]),
    ...(version === undefined ? [] : [`release=${version.value}`]),
  ];
  const isNamed = Object.keys(settings.images).length > 0;
  const step = (options: readonly string[], which: string): ManualStep => ({
    title: `Set the images of the calico charm (${which})`,
    why: `the charm keeps its images; juju config ${application} shows which of the options yours has`,
    commands: [`juju config ${application} ${options.join(' ')}`],
    isOnce: true,
  });
  return [
    ...(single.length === 0 ? [] : [step(single, 'with the options of single images')]),
    ...(all.length === 0 || isNamed ? [] : [step(all, 'with the option image-registry')]),
  ];
}

function kopsSteps({ registry, version }: ImagesSettings): readonly ManualStep[] {
  const fields = [
    ...(registry === undefined ? [] : [`registry=${registry.value}`]),
    ...(version === undefined ? [] : [`version=${version.value}`]),
  ];
  if (fields.length === 0) return [];
  const sets = fields.map((field) => `--set spec.networking.calico.${field}`);
  return [
    {
      title: "Set the images in kops' document of the cluster",
      why: 'kops applies its manifest of Calico again at every update, and makes REGISTRY/calico/NAME:VERSION of these fields',
      commands: [
        'kops get cluster NAME -o yaml > cluster.yaml',
        `calico-agent kops edit cluster.yaml ${sets.join(' ')} --yes`,
        'kops replace -f cluster.yaml',
        'kops update cluster NAME --yes',
        'kops rolling-update cluster NAME',
        'kubectl --namespace kube-system rollout status daemonset/calico-node --timeout=10m',
      ],
      isOnce: true,
    },
  ];
}

const installation = 'installation/default';

function operatorSteps(
  { registry, pullSecret }: ImagesSettings,
  kubectl: string,
): readonly ManualStep[] {
  const name = pullSecret?.value;
  const patches = [
    ...(registry === undefined
      ? []
      : [patchCommand(kubectl, installation, ['spec', 'registry'], `${registry.value}/`)]),
    // A merge patch would replace the list, and drop the pull secrets of other registries.
    ...(name === undefined
      ? []
      : [
          patchCommand(kubectl, installation, ['spec', 'imagePullSecrets', { named: name }], {
            name,
          }),
        ]),
  ];
  if (patches.length === 0) return [];
  return [
    // The operator copies the Secrets of its own namespace into those of Calico.
    ...pullSecretSteps(pullSecret, 'tigera-operator', kubectl),
    {
      title: "Set the registry of the Tigera operator's Installation",
      why: 'the operator makes the DaemonSet and the Deployments of it',
      commands: [
        ...patches,
        `${kubectl} --namespace calico-system rollout status daemonset/calico-node --timeout=10m`,
      ],
    },
  ];
}

function pullSecretSteps(
  pullSecret: ImagesSettings['pullSecret'],
  namespace: string,
  kubectl: string,
): readonly ManualStep[] {
  if (pullSecret === undefined) return [];
  return [
    {
      title: 'See that the Secret with the credentials of the registry is there',
      why: 'the kubelet pulls the images with it',
      commands: [`${kubectl} get secret --namespace ${namespace} ${pullSecret.value}`],
    },
  ];
}
