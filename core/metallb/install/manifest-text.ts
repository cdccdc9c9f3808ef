import { yamlText } from '../../yaml-text.ts';
import { k3sManifest } from './install-steps.ts';
import { markedManifest } from './marked-manifest.ts';

/** The whole file for the folder server/manifests of a K3s server. */
export function manifestText(installed: Parameters<typeof k3sManifest>[0]): string {
  return markedManifest(yamlText(k3sManifest(installed, yamlText)));
}
