/**
 * Records each request for a change with its client, time and result, as a log line and an event.
 */
import { withoutUndefined } from '../../../core/without-undefined.ts';
import { limitedLines } from '../../../runtime/pacing/limited-lines.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import { revisionText } from '../../../core/revision/revision-text.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { EventActor } from '../../../schemas/generated/logged-event.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Offer, OfferOutcome } from '../offer/offer.ts';
import type { Offers } from '../offer/offers.ts';
import type { EventLog } from './event-log.ts';

export interface AskedChange {
  /** The name of the command, as `hold`. */
  readonly action: string;
  readonly who: EventActor;
  readonly outcome: 'done' | 'refused' | 'failed';
  /** Why the request was refused or failed, as a clause. */
  readonly why?: string;
  /** The error code of a refusal. */
  readonly code?: string;
  readonly revision?: RevisionRef;
}

type AskedOutcome = Pick<AskedChange, 'outcome' | 'code' | 'why' | 'revision'>;

export interface Audit {
  write(change: AskedChange): void;
}

export interface AuditDeps {
  readonly eventLog: Pick<EventLog, 'record'>;
  readonly clock: Pick<Clock, 'elapsed'>;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

const refusals = { everyMs: 60_000, lines: 20 };

export function createAudit({ eventLog, clock, logger }: AuditDeps): Audit {
  // Limits the log of a malicious controller that sends configurations as fast as it can.
  const logRefusal = limitedLines(
    (message, fields) => logger.warn(message, fields),
    clock.elapsed,
    refusals,
  );
  return {
    write: (change) => {
      const { action, who, outcome, code, why, revision } = change;
      const name = revision === undefined ? {} : { revision: revisionText(revision) };
      const fields = { action, ...who, ...name, outcome, ...withoutUndefined({ code, why }) };
      if (outcome === 'done') logger.info('audit', fields);
      else logRefusal('audit', fields);
      eventLog.record({
        kind: 'change-asked',
        level: outcome === 'failed' ? 'warning' : 'info',
        text: textOf(change),
        action,
        who,
        outcome,
        ...(revision !== undefined && { revision }),
      });
    },
  };
}

function textOf({ action, who, outcome, why, revision }: AskedChange): string {
  const what = revision === undefined ? action : `${action} of ${revisionText(revision)}`;
  const reason = why === undefined ? '' : `: ${why}`;
  return `${what} by ${actorText(who)} was ${outcomeWords[outcome]}${reason}`;
}

const outcomeWords: Readonly<Record<AskedChange['outcome'], string>> = {
  done: 'done',
  refused: 'refused',
  failed: 'tried, and failed',
};

/** `alice@node-0 (as the client says), agent.sock, uid 0, pid 4711` */
function actorText({ entrance, claimed, uid, pid }: EventActor): string {
  const parts = [
    ...(claimed === undefined ? [] : [`${claimed} (as the client says)`]),
    entrance,
    ...(uid === undefined ? [] : [`uid ${String(uid)}`]),
    ...(pid === undefined ? [] : [`pid ${String(pid)}`]),
  ];
  return parts.join(', ');
}

/**
 * Leaves out an offer of a known configuration, which changes nothing: Juju's hooks make one every
 * five minutes.
 */
export function auditedOffers(offers: Offers, audit: Audit): Offers {
  const write = (offer: Offer, rest: AskedOutcome): void =>
    audit.write({ action: 'apply', who: actorOf(offer), ...rest });
  return {
    ...offers,
    offer: async (offer) => {
      try {
        const outcome = await offers.offer(offer);
        writeOutcome(outcome, (rest) => write(offer, rest));
        return outcome;
      } catch (error) {
        write(offer, {
          outcome: 'failed',
          why: error instanceof Error ? error.message : 'a fault',
        });
        throw error;
      }
    },
  };
}

function writeOutcome(outcome: OfferOutcome, write: (rest: AskedOutcome) => void): void {
  switch (outcome.result) {
    case 'accepted':
      return write({ outcome: 'done', revision: outcome.revision });
    case 'refused':
      return write({ outcome: 'refused', code: outcome.code, why: outcome.message });
    case 'already':
  }
}

function actorOf({ source, by, client }: Offer): EventActor {
  if (client !== undefined) return client;
  return { entrance: source === 'local' ? 'agent.sock' : source, claimed: by };
}
