/** The desired state that the section `microk8s:` of a configuration gives to one node. */
import type { MicroK8sSettings } from '../../config/platform/microk8s-settings.ts';
import { hasErrors } from '../../issue.ts';
import { originalText } from '../edit/original-text.ts';
import { nothingDesired, type PlatformDesired, type ServiceRule } from '../desired-platform.ts';
import type { ObservedPlatform } from '../observed-platform.ts';
import { askAutodetection } from './desired/ask-autodetection.ts';
import { askFlannel } from './desired/ask-flannel.ts';
import { askImages } from './desired/ask-images.ts';
import { askMode } from './desired/ask-mode.ts';
import { askPodRange, askServiceRange } from './desired/ask-ranges.ts';
import { joinAsked, nothingAsked, type Asked } from './desired/asked.ts';
import { clusterEdits } from './desired/cluster-edits.ts';
import { manifestEdit, reasonOf } from './desired/calico-setting.ts';
import { usableManifest } from './desired/usable-manifest.ts';
import { snapData, type MicroK8sInput } from './report-microk8s.ts';

export function desiredMicroK8s(
  settings: MicroK8sSettings,
  { microk8s, notes }: ObservedPlatform,
): PlatformDesired {
  if (microk8s === undefined) return nothingDesired;
  switch (settings.cni?.value) {
    case 'kube-ovn':
      // No configuration may ask for it: core/config/platform/microk8s-contradictions.ts.
      return nothingDesired;
    case 'flannel':
      return withFlannel(settings, microk8s);
    case 'calico':
    case undefined:
      return withCalico(settings, microk8s, notes);
  }
}

const kubelite: ServiceRule = {
  service: 'snap.microk8s.daemon-kubelite.service',
  files: ['kube-proxy', 'kube-controller-manager'].map((name) => `${snapData}/args/${name}`),
  why: 'kubelite reads its arguments when it starts',
};

function withCalico(
  settings: MicroK8sSettings,
  input: MicroK8sInput,
  notes: ObservedPlatform['notes'],
): PlatformDesired {
  const asked = joinAsked([
    askOfManifest(settings, input, notes),
    askServiceRange(settings, input.arguments),
  ]);
  const { calico, files, issues } = asked;
  if (hasErrors(issues)) return { ...nothingDesired, issues };
  const { path } = input.manifest;
  const cluster = clusterEdits(settings, calico, path);
  return {
    files: [...calico.map((setting) => manifestEdit(path, setting)), ...files],
    services: files.some(({ form }) => form === 'arguments') ? [kubelite] : [],
    ...(cluster.length > 0 && { cluster }),
    manual: [],
    issues,
  };
}

function askOfManifest(
  settings: MicroK8sSettings,
  input: MicroK8sInput,
  notes: ObservedPlatform['notes'],
): Asked {
  const { ipAutodetection, mode, podCidr, mtu, beside } = settings;
  const { images } = beside;
  const named = [ipAutodetection, mode, podCidr, mtu, images].some((one) => one !== undefined);
  if (!named && beside.bgp === undefined) return nothingAsked;
  const manifest = usableManifest(input.manifest, settings.place);
  if (!manifest.ok) {
    // Without settings for it, a manifest of something else than Calico is not our concern.
    return named ? { ...nothingAsked, issues: manifest.issues } : nothingAsked;
  }
  const { node, config } = manifest;
  return joinAsked([
    askAutodetection(settings, node),
    askMode(settings, node, config.get('calico_backend')),
    askPodRange(settings, node, input.arguments),
    askMtu(settings),
    images === undefined || input.manifest.state !== 'text'
      ? nothingAsked
      : askImages(images, manifest, originalText(manifest.path, input.manifest.text, notes)),
  ]);
}

function askMtu({ mtu }: MicroK8sSettings): Asked {
  if (mtu === undefined) return nothingAsked;
  const reasons = reasonOf('mtu', mtu.place);
  const value = String(mtu.value);
  return { ...nothingAsked, calico: [{ of: 'config', key: 'veth_mtu', value, reasons }] };
}

function withFlannel(settings: MicroK8sSettings, input: MicroK8sInput): PlatformDesired {
  const { files, manual, issues } = askFlannel(settings, input);
  const services = askServiceRange(settings, input.arguments);
  const all = [...issues, ...services.issues];
  if (hasErrors(all)) return { ...nothingDesired, issues: all };
  const asked = ['flannel', settings.podCidr?.value.map(({ value }) => value.cidr)];
  return { files, services: files.length > 0 ? [kubelite] : [], manual, asked, issues: all };
}
