/**
 * Pushes what is new in a followed file, with a pair of lines in the audit log. A content that was
 * refused is tried again each minute; it is in the log again once it is not refused any more, or for
 * another reason.
 */
import { reasonOf } from '../../../runtime/errors.ts';
import type { AuditTrail, Details } from '../audit/audit-trail.ts';
import type { Push, PushOutcome, TryPush } from '../push/push.ts';
import { refusalOf } from './refusal-of.ts';

interface PushBySourceDeps {
  readonly push: Push;
  readonly tryPush: TryPush;
  readonly trail: Pick<AuditTrail, 'run'>;
  /** Of the audit log. */
  readonly name?: string;
}

export function createPushBySource({
  push,
  tryPush,
  trail,
  name = 'push of the source',
}: PushBySourceDeps): Push {
  /** The last content that could not be pushed, and why. */
  let refused: { readonly text: string; readonly reason: string } | undefined;
  return async (request) => {
    if (refused?.text === request.text) {
      // The audit log has this refusal.
      const refusal = await refusalOf(() => tryPush(request));
      if (refusal?.text === refused.reason) throw refusal.error;
    }
    const action = { by: request.by, how: 'source', action: name, details: {} };
    try {
      const outcome = await trail.run(action, () => push(request), detailsOf);
      refused = undefined;
      return outcome;
    } catch (error) {
      refused = { text: request.text, reason: reasonOf(error) };
      throw error;
    }
  };
}

function detailsOf({ revision: { number, digest } }: PushOutcome): Details {
  return { revision: number, digest };
}
