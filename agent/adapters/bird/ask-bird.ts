/** Asks one BIRD for its status, its protocols and its count of routes. */
import { parseProtocols } from '../../../core/sessions/bird/parse-protocols.ts';
import { parseRouteCount } from '../../../core/sessions/bird/parse-route-count.ts';
import { parseStatus } from '../../../core/sessions/bird/parse-status.ts';
import type { ObservedDaemon, Read } from '../../../core/sessions/session.ts';
import {
  converse,
  ConversationError,
  type Conversation,
  type ConversationLimits,
} from './conversation.ts';

/** Never rejects: the answer names a fault of BIRD. */
export async function askBird(
  at: string,
  limits: ConversationLimits | undefined,
  signal: AbortSignal | undefined,
): Promise<ObservedDaemon> {
  try {
    return await converse(at, limits, signal, (conversation) => askAll(at, conversation));
  } catch (error) {
    if (!(error instanceof ConversationError)) throw error;
    return { ok: false, at, fault: error.fault, why: error.message };
  }
}

/** The order of the questions: times in the later answers go by the clock in the first. */
async function askAll(at: string, { ask }: Conversation): Promise<ObservedDaemon> {
  const { status, now } = valueOf(parseStatus(await ask('show status')));
  const sessions = valueOf(parseProtocols(await ask('show protocols all'), now));
  const { routes } = valueOf(parseRouteCount(await ask('show route count')));
  return { ok: true, at, status, sessions, routes };
}

function valueOf<T>(read: Read<T>): T {
  if (read.ok) return read.value;
  throw new ConversationError('unreadable', read.why);
}
