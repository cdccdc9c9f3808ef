import type { HostFile } from '../../../core/platform/host-file.ts';

/**
 * The files of this host that say which platform it is (core/platform/host-paths.ts lists them). It only
 * reads; a path that is not in the list, and a link that leads out of it, is refused as unreadable. Every
 * reading is bounded in size and time. Never rejects.
 */
export interface HostFiles {
  /** A text of at most a few megabytes. */
  read(path: string): Promise<HostFile>;
  /** The entries of a folder, in the order of their bytes; empty: there are none, or it cannot be read. */
  list(folder: string): Promise<readonly string[]>;
  /** Undefined: nothing lies there, or it may not be known. */
  entry(path: string): Promise<HostEntry | undefined>;
}

export interface HostEntry {
  readonly kind: 'file' | 'folder' | 'other';
  readonly executable: boolean;
  /** Where it really lies, when a link leads there. */
  readonly target?: string;
}
