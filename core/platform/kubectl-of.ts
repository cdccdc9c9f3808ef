/**
 * The command that reaches the API server as a person on this platform: K3s and MicroK8s have their own
 * kubectl with its kubeconfig, and often no other one is installed.
 * @param platform the kind of a configuration's platform, or the name of a detected one
 */
export function kubectlOf(platform: string | undefined): string {
  if (platform === 'k3s') return 'k3s kubectl';
  return platform === 'microk8s' ? 'microk8s kubectl' : 'kubectl';
}
