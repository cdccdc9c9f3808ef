/** What a file of the host was when it was read. */
export type HostFile =
  | { readonly state: 'text'; readonly path: string; readonly text: string }
  | { readonly state: 'absent'; readonly path: string }
  /** `why` completes "cannot be read: …". */
  | { readonly state: 'unreadable'; readonly path: string; readonly why: string };
