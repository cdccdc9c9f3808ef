/** The routes that one BIRD learnt by BGP, each with its AS path. */
import { parseBgpRoutes } from '../../../core/sessions/bird/parse-bgp-routes.ts';
import { routeBounds } from '../../../core/input/bounds.ts';
import type { BgpRoute } from '../../../core/sessions/paths/bgp-route.ts';
import type { Read } from '../../../core/sessions/session.ts';
import { converse, ConversationError, type ConversationLimits } from './conversation.ts';

/** Some 5,000 routes: a larger table is not read. */
const usualLimits: ConversationLimits = {
  deadlineMs: 5000,
  maxBytes: routeBounds.maxBytes,
  maxLines: routeBounds.maxLines,
};

/** Never rejects. */
export async function askRoutes(
  at: string,
  limits: ConversationLimits = usualLimits,
  signal: AbortSignal | undefined,
): Promise<Read<readonly BgpRoute[]>> {
  try {
    return await converse(at, limits, signal, async ({ ask }) =>
      parseBgpRoutes(await ask('show route primary all where source = RTS_BGP')),
    );
  } catch (error) {
    if (!(error instanceof ConversationError)) throw error;
    return { ok: false, why: `${at}: ${error.message}` };
  }
}
