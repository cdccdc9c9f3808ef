/** Builds the adapters for `metallb install --write-k3s-manifest`. */
import { createHostFiles } from './adapters/host-files/host-files.ts';
import { createHostPrograms } from './adapters/host-files/host-programs.ts';
import { createK3sManifests } from './adapters/k3s-manifests/k3s-manifests.ts';
import type { ManifestDeps } from './app/platform/write-k3s-manifest.ts';

export function connectK3sManifests(): ManifestDeps {
  return {
    files: createHostFiles(),
    programs: createHostPrograms(),
    manifests: createK3sManifests(),
  };
}
