/** A file of the host, as it was read. */
export type HostFile =
  | { readonly state: 'text'; readonly path: string; readonly text: string }
  | { readonly state: 'absent'; readonly path: string }
  | HiddenFile;

/** A file, or a folder, whose content is not known. */
export interface HiddenFile {
  readonly state: 'unreadable';
  readonly path: string;
  /** Completes "cannot be read: …". */
  readonly why: string;
}

export function isHidden(file: HostFile): file is HiddenFile {
  return file.state === 'unreadable';
}
