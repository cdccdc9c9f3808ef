/** Accepted configurations. */
import type { Rejection, RevisionRef, StoredRevision } from '../../schemas/generated/revision.ts';

export type Revision = StoredRevision;
/** The sources that may change an agent. */
export type SourceKind = Revision['source'];
export type { Rejection, RevisionRef };
