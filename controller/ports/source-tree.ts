import type { Revision } from '../../core/revision/revision.ts';

/** A file with the fleet's configuration, in a folder that another program updates, as git does. */
export interface SourceTree {
  /** For people: the path of the file. */
  readonly file: string;
  /** @throws AppError not-found or another code if it cannot be read now */
  read(): Promise<SourceContent>;
  /** The commit whose content this is; undefined: none, or it is not known. Never rejects. */
  commitOf(content: SourceContent): Promise<Commit | undefined>;
  /**
   * Whether the tree is at this commit or at a later one; false also where that is not known. Never rejects.
   * @param id the first digits of a commit, 12 at least
   */
  isPast(id: string): Promise<boolean>;
}

export interface SourceContent {
  readonly mediaType: Revision['mediaType'];
  readonly text: string;
}

export interface Commit {
  /** 40 or 64 hexadecimal digits. */
  readonly id: string;
  /** `Ann <ann@example.org>`: as the commit says, which nobody has checked. */
  readonly author: string;
}
