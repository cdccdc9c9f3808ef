/**
 * Writes each action of a person into the audit log, before it begins and after it has ended. An
 * action that cannot be written down does not begin.
 */
import { randomUUID } from 'node:crypto';
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { AuditEntry, AuditLog } from '../../ports/audit-log.ts';
import type { ControllerCounters } from '../metrics/controller-counters.ts';
import { limitDenials } from './limit-denials.ts';

export type Details = AuditEntry['details'];

export interface Action extends Pick<AuditEntry, 'by' | 'how' | 'from' | 'action' | 'details'> {
  /** Who the person is, where that takes a while to find out; it is in the second entry. */
  readonly found?: Promise<Partial<Pick<AuditEntry, 'by' | 'how'>>>;
}

export interface AuditTrail {
  /**
   * Runs the work, and returns its result. @param detailsOf what came of it
   * @throws AppError of the log, and then the work has not begun; else the error of the work
   */
  run<T>(action: Action, work: () => Promise<T>, detailsOf: (result: T) => Details): Promise<T>;
  /**
   * Notes an action that did not begin, because the person may not do it. The same one of a person
   * is noted once a minute, with its number, so that nobody can fill the log. Other people take
   * nothing from that.
   */
  denied(action: Action, why: string): void;
}

const longest = 500;

export function createAuditTrail(
  log: AuditLog,
  now: () => string,
  logger: Pick<Logger, 'error'>,
  counters: Pick<ControllerCounters, 'action'>,
  elapsedMs: () => number = () => performance.now(),
): AuditTrail {
  const due = limitDenials();
  const append = async (entry: Omit<AuditEntry, 'at'>): Promise<void> => {
    try {
      await log.append({ at: now(), ...entry });
    } catch (error) {
      counters.action('not-written');
      throw error;
    }
    if (entry.result !== undefined) counters.action(entry.result);
  };
  const end = async (
    { found, ...action }: Action,
    ended: Pick<AuditEntry, 'id' | 'result' | 'why' | 'details'>,
  ): Promise<void> => {
    try {
      await append({ ...action, ...(await found), ...ended, phase: 'ended' });
    } catch (error) {
      // It is done, and its begin is in the log; or it was refused.
      const { action: what, by } = action;
      logger.error(`cannot write the end of an action: ${reasonOf(error)}`, { action: what, by });
    }
  };
  return {
    run: async (action, work, detailsOf) => {
      const id = randomUUID();
      const { found: _found, ...begun } = action;
      await append({ ...begun, id, phase: 'begun' });
      const { details } = action;
      try {
        const result = await work();
        await end(action, { id, result: 'done', details: { ...details, ...detailsOf(result) } });
        return result;
      } catch (error) {
        const result = isRefusal(error) ? 'refused' : 'failed';
        await end(action, { id, result, why: whyOf(error), details });
        throw error;
      }
    },
    denied: (action, why) => {
      const count = due(action.by, action.action, elapsedMs());
      if (count === undefined) return;
      const details = { ...action.details, ...(count > 1 && { times: count }) };
      const id = randomUUID();
      void end(
        { ...action, details },
        { id, result: 'refused', why: why.slice(0, longest), details },
      );
    },
  };
}

/** Codes of actions that began, and of which the end is not known. */
const failures: ReadonlySet<string> = new Set([
  'internal',
  'io-failed',
  'datastore-failed',
  'disk-full',
  'timeout',
]);

function isRefusal(error: unknown): boolean {
  return error instanceof AppError && !failures.has(error.code);
}

function whyOf(error: unknown): string {
  const code = error instanceof AppError ? error.code : 'internal';
  return `${code}: ${reasonOf(error)}`.slice(0, longest);
}
