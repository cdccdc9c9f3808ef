/** Which cluster a command with `--live` read. */
export interface RunningCluster {
  /** `https://10.0.0.1:6443` */
  readonly server: string;
  /** How it was found, for people: `kubeconfig "/root/.kube/config", context "lab"`. */
  readonly source: string;
}
