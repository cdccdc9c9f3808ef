/**
 * How to install MetalLB for a configuration, with Helm. Source: metallb.io installation; the values of its chart
 * (charts/metallb/values.yaml); docs.k3s.io helm for the manifest of K3s.
 */
import type { NetworkModel } from '../../config/model.ts';
import type { MetalLbSettings } from '../../config/metallb/settings.ts';
import { releaseText } from '../../config/metallb/values/release.ts';
import { reachingWithHelm, type Reach } from '../../platform/cluster/reach.ts';
import { kubectlOf } from '../../platform/kubectl-of.ts';
import type { ManualStep } from '../../platform/manual-step.ts';
import { usualNamespace } from '../objects.ts';

type Model = Pick<NetworkModel, 'platform'> & { readonly metallb: MetalLbSettings };

const repository = 'https://metallb.github.io/metallb';

export interface ChartValues {
  readonly speaker: { readonly enabled: boolean; readonly frr: { readonly enabled: boolean } };
  readonly frrk8s: { readonly enabled: boolean };
}

/** Only the parts that the configuration needs: FRR runs on every node, and layer 2 does without. */
export function chartValues({ speaker, bgpMode, peers }: MetalLbSettings): ChartValues {
  const isOurs = speaker.value === 'metallb';
  const mode = bgpMode?.value ?? (peers.length > 0 ? 'frr-k8s' : 'native');
  return {
    speaker: { enabled: isOurs, frr: { enabled: isOurs && mode === 'frr' } },
    frrk8s: { enabled: isOurs && mode === 'frr-k8s' },
  };
}

/**
 * @param config the name of its file, as a word for a shell
 * @param reach the cluster for which the commands are
 */
export function installSteps(
  model: Model,
  config: string,
  reach: Reach = {},
): readonly ManualStep[] {
  return stepsOf(model, config).map((step) => ({
    ...step,
    commands: step.commands
      .filter((line) => reach.kubeconfig === undefined || line !== k3sKubeconfig)
      .map((line) => reachingWithHelm(line, reach)),
  }));
}

function stepsOf(model: Model, config: string): readonly ManualStep[] {
  const { metallb, platform } = model;
  const { namespace, kubectl, helm } = programsOf(model);
  const { speaker, frrk8s } = chartValues(metallb);
  const version =
    metallb.release === undefined ? '' : ` --version ${releaseText(metallb.release.value)}`;
  const values = [
    `speaker.enabled=${String(speaker.enabled)}`,
    `speaker.frr.enabled=${String(speaker.frr.enabled)}`,
    `frrk8s.enabled=${String(frrk8s.enabled)}`,
  ].join(',');
  const isK3s = platform?.kind === 'k3s';
  const isLayer2 = metallb.layer2.length > 0;
  return [
    ...(isK3s ? [serviceLbOff] : []),
    {
      title: 'Install MetalLB',
      why: whyValues(metallb),
      commands: [
        ...(isK3s ? [k3sKubeconfig] : []),
        `${helm} repo add metallb ${repository}`,
        `${helm} repo update`,
        `${kubectl} create namespace ${namespace}`,
        ...(speaker.enabled
          ? [
              `${kubectl} label namespace ${namespace} pod-security.kubernetes.io/enforce=privileged`,
            ]
          : []),
        `${helm} upgrade --install metallb metallb/metallb --namespace ${namespace}${version} --set ${values}`,
        `${kubectl} wait --namespace ${namespace} --for=condition=Ready pod --selector app.kubernetes.io/name=metallb --timeout=5m`,
      ],
    },
    ...(isLayer2 ? [strictArp(kubectl)] : []),
    {
      title: 'Give it its pools',
      why: 'the agent writes them with the rest of the configuration, which takes credentials for the API server',
      commands: [`calico-agent apply ${config} --wait`, `${kubectl} get services --all-namespaces`],
    },
  ];
}

/** Helm does not know where K3s keeps it; k3s kubectl does. Source: docs.k3s.io cluster-access. */
const k3sKubeconfig = 'export KUBECONFIG=/etc/rancher/k3s/k3s.yaml';

const serviceLbOff: ManualStep = {
  isBefore: true,
  title: 'Before: take ServiceLB away on all servers, and see that nothing of it is left',
  why: 'with both, each overwrites the addresses of the other; k3s.loadBalancer: metallb takes it away',
  commands: [
    'k3s kubectl get daemonsets --all-namespaces --selector svccontroller.k3s.cattle.io/svcname',
  ],
};

function strictArp(kubectl: string): ManualStep {
  return {
    title: 'Where kube-proxy uses IPVS: see that strictARP is true',
    why: 'without it every node answers by ARP for the addresses of Services',
    commands: [`${kubectl} --namespace kube-system get configmap kube-proxy --output yaml`],
  };
}

function whyValues({ speaker, peers, bgpMode }: MetalLbSettings): string {
  if (speaker.value === 'calico') {
    return 'speaker is calico: Calico announces the addresses, and MetalLB needs its controller only';
  }
  return peers.length > 0 || bgpMode !== undefined
    ? `its speakers have BGP sessions of their own, by ${bgpMode?.value ?? 'frr-k8s'}`
    : 'its speakers answer by layer 2, and need no FRR';
}

function programsOf({
  metallb,
  platform,
}: Model): Readonly<Record<'namespace' | 'kubectl' | 'helm', string>> {
  return {
    namespace: metallb.namespace?.value ?? usualNamespace,
    kubectl: kubectlOf(platform?.kind),
    helm: platform?.kind === 'microk8s' ? 'microk8s helm3' : 'helm',
  };
}

/** A HelmChart for K3s' own Helm controller, which applies the files of server/manifests when they change. */
export function k3sManifest({ metallb }: Model, yamlText: (value: unknown) => string): object {
  const { release, namespace } = metallb;
  return {
    apiVersion: 'helm.cattle.io/v1',
    kind: 'HelmChart',
    metadata: { name: 'metallb', namespace: 'kube-system' },
    spec: {
      repo: repository,
      chart: 'metallb',
      ...(release !== undefined && { version: releaseText(release.value) }),
      targetNamespace: namespace?.value ?? usualNamespace,
      createNamespace: true,
      valuesContent: yamlText(chartValues(metallb)),
    },
  };
}
