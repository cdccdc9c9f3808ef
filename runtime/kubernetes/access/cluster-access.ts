/** How to reach an API server, and as whom. Holds secrets: never printed as a whole. */
export interface ClusterAccess {
  /** `https://HOST:PORT`, with a path where a proxy has one; no slash at the end. */
  readonly server: string;
  /** For people: `kubeconfig "/root/.kube/config", context "lab"`. */
  readonly source: string;
  /** PEM; absent: the authorities that this machine knows. */
  readonly ca?: string;
  readonly insecure: boolean;
  /** The name that the server's certificate must have, where it is not the host's. */
  readonly serverName?: string;
  readonly identity: Identity;
}

/** What counts first is listed first; a certificate may come along with the others. */
export interface Identity {
  readonly exec?: ExecPlugin;
  readonly tokenFile?: string;
  /** For people: which setting of which file names it. */
  readonly tokenPlace?: string;
  readonly token?: string;
  readonly certificate?: ClientCertificate;
}

/** PEM. */
export interface ClientCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface ExecPlugin {
  readonly apiVersion: string;
  /** A path, or a name to be found on PATH. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly installHint?: string;
  /** What the plugin asked to get of the cluster. */
  readonly cluster?: Readonly<Record<string, unknown>>;
}
