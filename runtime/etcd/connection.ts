/** How to reach an etcd cluster. */
export interface EtcdConnection {
  /** `https://HOST:PORT`, at least one. */
  readonly endpoints: readonly string[];
  /** For https; absent: what the system trusts. */
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
  /** Where each of them stands, for people. */
  readonly places?: { readonly ca?: string; readonly cert?: string };
}
