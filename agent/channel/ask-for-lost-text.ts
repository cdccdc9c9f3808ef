import { sameRevision } from '../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../core/revision/revision.ts';
import type { FollowedAgent } from '../app/agent.ts';
import type { AgentSignal } from '../app/status/signals.ts';
import type { Clock } from '../ports/clock.ts';

export interface LostTextTiming {
  /** A hook may send the text in the meantime. */
  readonly patienceMs: number;
  /** The agent asks the controller at most once within this time. */
  readonly everyMs: number;
}

export interface LostTextDeps {
  /** The controller's lineage: it has the texts of no other one. */
  readonly lineage: string;
  readonly clock: Pick<Clock, 'after' | 'elapsed'>;
  readonly timing: LostTextTiming;
  /**
   * Begins a new connection, at whose start the agent tells the controller that it lacks the text.
   */
  readonly askAgain: (lost: RevisionRef) => void;
}

/**
 * Notices that the stored text of the accepted revision is damaged or missing, whether a pass, a
 * plan or a client found it, and asks the controller for it when it stays so. The controller would
 * not send it again by itself, because the agent reported at the start of the connection that it
 * has it. Returns a function that stops it.
 */
export function askForLostText(agent: FollowedAgent, deps: LostTextDeps): () => void {
  const { lineage, clock, timing, askAgain } = deps;
  let askedAt: number | undefined;
  let callOff: (() => void) | undefined;
  const askIfLost = async (lost: RevisionRef): Promise<void> => {
    const isLost = await lacksText(agent, lost);
    // Undefined: this was stopped meanwhile.
    if (callOff === undefined) return;
    callOff = undefined;
    if (!isLost) return;
    askedAt = clock.elapsed();
    askAgain(lost);
  };
  const waitMs = (): number => {
    if (askedAt === undefined) return timing.patienceMs;
    return Math.max(timing.patienceMs, askedAt + timing.everyMs - clock.elapsed());
  };
  const unsubscribe = agent.readings.subscribe((event) => {
    const lost = lostIn(event);
    if (lost?.lineage !== lineage) return;
    callOff ??= clock.after(waitMs(), () => void askIfLost(lost));
  });
  return () => {
    unsubscribe();
    callOff?.();
    callOff = undefined;
  };
}

function lostIn(event: AgentSignal): RevisionRef | undefined {
  return event.type === 'text-lost' ? event.revision : undefined;
}

/**
 * Whether the text is really lost. If the disk cannot be read now, the agent does not ask: it could
 * not store the answer either.
 */
async function lacksText(agent: FollowedAgent, lost: RevisionRef): Promise<boolean> {
  const { accepted } = agent.readings.status().revisions;
  if (accepted === undefined || !sameRevision(accepted, lost)) return false;
  return agent.readings.acceptedRevision().then(
    (found) => found === undefined,
    () => false,
  );
}
