/**
 * The address of an API server, and the identity for it. It has secrets, and must never be printed
 * as a whole.
 */
export interface ClusterAccess {
  /** `https://HOST:PORT`, with a path where a proxy has one; no slash at the end. */
  readonly server: string;
  /** For people: `kubeconfig "/root/.kube/config", context "lab"`. */
  readonly source: string;
  /** PEM; absent: the authorities that this machine knows. */
  readonly ca?: string;
  readonly insecure: boolean;
  /** The name that the server's certificate must have, if it is not the host's. */
  readonly serverName?: string;
  readonly identity: Identity;
}

/**
 * The identity. Fields are listed in their order of precedence; a certificate may be used together
 * with the others.
 */
export interface Identity {
  readonly exec?: ExecPlugin;
  readonly tokenFile?: string;
  /** The setting and file that name it, for people. */
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
  /** The cluster's data that the plugin asked for. */
  readonly cluster?: Readonly<Record<string, unknown>>;
}
