/** The settings of a connection to an etcd cluster. */
export interface EtcdConnection {
  /** `https://HOST:PORT`, at least one. */
  readonly endpoints: readonly string[];
  /** For https; absent: the authorities that the system trusts. */
  readonly tls?: EtcdTls;
  readonly auth?: { readonly username: string; readonly password: string };
  /** The deadline of a call, over all endpoints together. */
  readonly timeoutMs: number;
}

/** PEM. */
export interface EtcdTls {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  /** The source of each, for people. */
  readonly places?: { readonly ca?: string; readonly cert?: string };
}
