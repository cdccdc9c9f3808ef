/** The services of the platforms that may be restarted; nothing of a configuration names another one. */
export const restartable: readonly string[] = [
  'k3s.service',
  'k3s-agent.service',
  'snap.microk8s.daemon-kubelite.service',
  'snap.microk8s.daemon-containerd.service',
  'snap.microk8s.daemon-flanneld.service',
  'snap.microk8s.daemon-apiserver-kicker.service',
  'snap.microk8s.daemon-cluster-agent.service',
];
