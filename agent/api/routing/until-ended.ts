import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { Offers } from '../../app/offer/offers.ts';
import type { RevisionEnd } from '../../app/status/wait-for-revision.ts';

/**
 * Waits for the end of a revision. Undefined: `end` came first, and the answer has the progress so
 * far.
 */
export async function untilEnded(
  offers: Offers,
  revision: RevisionRef,
  end: AbortSignal,
): Promise<RevisionEnd | undefined> {
  try {
    return await offers.waitForRevision(revision, end);
  } catch (error) {
    if (end.aborted) return undefined;
    throw error;
  }
}
