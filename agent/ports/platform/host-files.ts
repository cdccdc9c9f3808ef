import type { HiddenFile, HostFile } from '../../../core/platform/host-file.ts';

/**
 * The files of this host that say which platform it is (core/platform/host-paths.ts lists them). It only
 * reads; a path that is not in the list, and a link that leads out of it, is refused as unreadable. Every
 * reading is bounded in size and time. Never rejects.
 */
export interface HostFiles {
  /** A text of at most a few megabytes. */
  read(path: string): Promise<HostFile>;
  list(folder: string): Promise<HostFolder>;
  /** The kind of the file at this path, without its content. */
  entry(path: string): Promise<HostEntry>;
}

export interface HostFolder {
  /** In the order of their bytes; empty where there is no such folder. */
  readonly names: readonly string[];
  /** The folder cannot be read: which names it has is not known. Absent: it is read. */
  readonly hidden?: HiddenFile;
}

/** Unknown is not absent: a folder on the way may not be read, or a link leads out of the list. */
export type HostEntry =
  PresentEntry | { readonly state: 'absent'; readonly path: string } | HiddenFile;

export interface PresentEntry {
  readonly state: 'there';
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'other';
  readonly executable: boolean;
  /** Where it really lies, when a link leads there. */
  readonly target?: string;
}
