/** A part of a cluster that was read. One that cannot be read is unknown, and neither empty nor different. */
export type Part<T> =
  | { readonly isRead: true; readonly value: T }
  /** A clause: "the server refuses …". */
  | { readonly isRead: false; readonly why: string };
