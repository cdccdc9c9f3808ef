/** A file of the host, as it was read. */
export type HostFile =
  | { readonly state: 'text'; readonly path: string; readonly text: string }
  | { readonly state: 'absent'; readonly path: string }
  /** `why` completes "cannot be read: …". */
  | { readonly state: 'unreadable'; readonly path: string; readonly why: string };
