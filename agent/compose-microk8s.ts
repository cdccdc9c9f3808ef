/** Builds the adapters for the commands of MicroK8s. */
import { createHostFiles } from './adapters/host-files/host-files.ts';
import { createMicroK8s } from './adapters/microk8s/microk8s.ts';
import type { HostFiles } from './ports/platform/host-files.ts';
import type { MicroK8s } from './ports/platform/microk8s.ts';

export function connectMicroK8s(): { readonly files: HostFiles; readonly microk8s: MicroK8s } {
  return { files: createHostFiles(), microk8s: createMicroK8s() };
}
