/** A note in the state directory about the store that its controller has used in etcd. */

export interface NotedStore {
  readonly cluster: string;
  /** Of the store, for people, such as `etcd below "/calico-controller/east/"`. */
  readonly place: string;
  /** The newest number of its revisions, when the controller read it last; 0: none. */
  readonly revision: number;
}

export interface StoreNote {
  /** The file, for people. */
  readonly file: string;
  /** Undefined: there is none. @throws AppError where that cannot be told */
  read(): Promise<NotedStore | undefined>;
  /** @throws AppError */
  write(note: NotedStore): Promise<void>;
  /** The file of a store that is in the state directory itself; undefined: there is none. */
  embedded(): Promise<string | undefined>;
}
