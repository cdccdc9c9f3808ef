/**
 * How one agent holds the writer lease in a store that compares versions: pure. Each operation is a
 * procedure that yields requests to the store; its caller sends them, one operation at a time, and
 * hands back the answers with the clocks.
 *
 * A holder writes only while less than a safe part of the duration has passed since the request
 * that renewed the lease was sent, by the monotonic and by the wall clock: one stands still while
 * the machine sleeps, the other may be set back. A candidate takes an expired lease only after it
 * has itself seen the same version for a whole duration by its monotonic clock: the times that are
 * written in the lease are for people. So no two agents write at the same time as long as their
 * clocks run at the same speed to within 9 % (60 s / 1.09 > 50 s / 0.91).
 */
import { nodeOfHolder, readRecord, type LeaseContent, type StoredLease } from './stored-lease.ts';
import type { WriterRecord } from './writer-record.ts';

export const leaseSeconds = 60;
const durationMs = leaseSeconds * 1000;
const renewMs = durationMs / 3;
/** A write begins at most so long after a renewal, and ends at the latest at `lastMs`. */
const safeMs = (durationMs * 2) / 3;
const lastMs = (durationMs * 5) / 6;
/** The limit for the duration in another agent's lease. */
const longestMs = 3_600_000;
const maxTries = 5;

/** The clocks of one machine, in ms. The monotonic one never goes back. */
export interface Clocks {
  readonly monotonicMs: number;
  /** Since 1970. */
  readonly wallMs: number;
}

export type LeaseRequest =
  | { readonly type: 'read' }
  | {
      readonly type: 'write';
      /**
       * The write succeeds only if the lease is still this one; undefined: only if there is none.
       */
      readonly previous: StoredLease | undefined;
      readonly content: LeaseContent;
    };

export interface LeaseAnswer {
  /** The lease as read or written; undefined: there is none, or it was not as `previous`. */
  readonly lease: StoredLease | undefined;
  /** When the request was sent. */
  readonly sentAt: Clocks;
  readonly receivedAt: Clocks;
}

export type Procedure<T> = Generator<LeaseRequest, LeaseOutcome<T>, LeaseAnswer>;

export type LeaseOutcome<T> = { readonly kind: 'done'; readonly value: T } | LeaseProblem;

export type LeaseProblem =
  /** This agent does not hold the lease, or not under the same term any more. */
  | { readonly kind: 'lost'; readonly why: string }
  /** Other agents write the lease again and again. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'unreadable-record' };

export type LeaseClaim =
  | { readonly held: true; readonly term: string; readonly record: WriterRecord | undefined }
  | { readonly held: false; readonly holder: string; readonly record: WriterRecord | undefined };

interface Holding {
  readonly lease: StoredLease;
  /** Changes with each acquisition, and with each change of the record. */
  readonly term: string;
  readonly renewedAt: Clocks;
}

export class LeaseMachine {
  readonly #identity: () => string;
  #holding: Holding | undefined;
  /** The version that this candidate read last, and since when it has been the same. */
  #watched: { readonly version: string; readonly sinceMs: number } | undefined;
  #terms = 0;

  /** @param identity `holderOf` this agent */
  constructor(identity: () => string) {
    this.#identity = identity;
  }

  /** Takes the lease if it is free or expired, or keeps it. */
  *claim(): Procedure<LeaseClaim> {
    for (let tries = 0; tries < maxTries; tries += 1) {
      const { lease, receivedAt } = yield { type: 'read' };
      const isTakeable = lease === undefined || this.#mayTake(lease, receivedAt);
      if (!isTakeable) this.drop();
      const read = readRecord(lease);
      if (!read.isReadable) return unreadableRecord;
      const { record } = read;
      if (lease !== undefined && !isTakeable)
        return done({ held: false, holder: nodeOfHolder(lease.holder), record });
      const term = yield* this.#take(lease);
      if (term !== undefined) return done({ held: true, term, record });
    }
    return busy;
  }

  /** Renews the lease, and thereby confirms with the server that this agent holds it. */
  *renew(): Procedure<void> {
    for (let tries = 0; tries < maxTries; tries += 1) {
      const mine = this.#holding;
      if (mine === undefined) return lost('it was given up');
      const content = { holder: mine.lease.holder };
      const { lease, sentAt } = yield { type: 'write', previous: mine.lease, content };
      if (this.#holding === undefined) return lost('it was given up');
      if (lease !== undefined) {
        this.#keep(mine.term, lease, sentAt);
        return done(undefined);
      }
      const found = yield* this.#readAgain(mine);
      if (found.kind !== 'done') return found;
    }
    return lost('its lease is written by somebody else all the time');
  }

  /** Called before a step: renews the lease, and checks that the term is still the same. */
  *confirm(term: string): Procedure<void> {
    const before = this.#under(term);
    if (before.kind !== 'done') return before;
    const renewed = yield* this.renew();
    if (renewed.kind !== 'done') return renewed;
    return withoutValue(this.#under(term));
  }

  /**
   * Called after a step: checks that no other agent took the lease or changed the record meanwhile.
   */
  *recheck(term: string): Procedure<void> {
    const before = this.#under(term);
    if (before.kind !== 'done') return before;
    const found = yield* this.#readAgain(before.value);
    return found.kind === 'done' ? withoutValue(this.#under(term)) : found;
  }

  /**
   * Writes the record that `change` makes from the current one; writes nothing if it is the same.
   * @returns the term that counts from then on
   */
  *record(
    term: string,
    change: (record: WriterRecord | undefined) => WriterRecord,
  ): Procedure<string> {
    const mine = this.#under(term);
    if (mine.kind !== 'done') return mine;
    const { lease: previous } = mine.value;
    const read = readRecord(previous);
    if (!read.isReadable) return unreadableRecord;
    const record = change(read.record);
    if (record === read.record) return done(term);
    const content = { holder: previous.holder, record };
    const { lease, sentAt } = yield { type: 'write', previous, content };
    if (lease === undefined || this.#holding === undefined)
      return lost('its lease was written meanwhile');
    return done(this.#keep(this.#nextTerm(), lease, sentAt));
  }

  /**
   * Changes the record, whichever agent holds the lease. @param change returns undefined where
   * nothing changes
   */
  *changeRecord(
    change: (record: WriterRecord | undefined) => WriterRecord | undefined,
  ): Procedure<void> {
    for (let tries = 0; tries < maxTries; tries += 1) {
      const { lease: previous } = yield { type: 'read' };
      const read = readRecord(previous);
      if (!read.isReadable) return unreadableRecord;
      const record = change(read.record);
      if (record === undefined) return done(undefined);
      const { lease } = yield { type: 'write', previous, content: { record } };
      if (lease !== undefined) return done(undefined);
    }
    return busy;
  }

  /** Gives the lease back; from this moment nothing is written under it any more. */
  *release(): Procedure<void> {
    const mine = this.#holding;
    this.drop();
    if (mine === undefined) return done(undefined);
    for (let tries = 0; tries < maxTries; tries += 1) {
      const { lease: previous } = yield { type: 'read' };
      if (previous?.holder !== mine.lease.holder) return done(undefined);
      const { lease } = yield { type: 'write', previous, content: { holder: '' } };
      if (lease !== undefined) return done(undefined);
    }
    return busy;
  }

  /** The time for a write under this term that begins now, in ms; 0: confirm it first. */
  allowance(term: string, now: Clocks): LeaseOutcome<number> {
    const mine = this.#under(term);
    if (mine.kind !== 'done') return mine;
    const age = ageOf(mine.value.renewedAt, now);
    return done(age > safeMs ? 0 : lastMs - age);
  }

  /** How long writes that have begun may still run, in ms; 0: this agent writes nothing. */
  writesForMs(now: Clocks): number {
    return this.#holding === undefined
      ? 0
      : Math.max(0, lastMs - ageOf(this.#holding.renewedAt, now));
  }

  /** In how many ms to renew, 0: now; undefined: this agent does not hold the lease. */
  renewalDueMs(now: Clocks): number | undefined {
    if (this.#holding === undefined) return undefined;
    return Math.max(0, renewMs - ageOf(this.#holding.renewedAt, now));
  }

  /** Holds the lease no longer, without writing that: it expires. */
  drop(): void {
    this.#holding = undefined;
  }

  #mayTake(lease: StoredLease, { monotonicMs }: Clocks): boolean {
    if (lease.holder === '' || lease.holder === this.#identity()) return true;
    if (this.#watched?.version !== lease.version) {
      this.#watched = { version: lease.version, sinceMs: monotonicMs };
      return false;
    }
    const itsMs = Number.isFinite(lease.durationSeconds) ? lease.durationSeconds * 1000 : 0;
    const waitMs = Math.min(Math.max(itsMs, durationMs), longestMs);
    return monotonicMs - this.#watched.sinceMs >= waitMs;
  }

  /** Takes the lease; undefined: another agent wrote it meanwhile. */
  *#take(
    previous: StoredLease | undefined,
  ): Generator<LeaseRequest, string | undefined, LeaseAnswer> {
    const holder = this.#identity();
    const isKept = previous?.holder === holder;
    const transitions = (previous?.transitions ?? -1) + 1;
    const content = isKept ? { holder } : { holder, acquired: true, transitions };
    const { lease, sentAt } = yield { type: 'write', previous, content };
    if (lease === undefined) return undefined;
    const before = this.#holding;
    const isSameTerm = isKept && before?.lease.recordText === lease.recordText;
    return this.#keep(
      isSameTerm && before !== undefined ? before.term : this.#nextTerm(),
      lease,
      sentAt,
    );
  }

  /**
   * Reads the lease again, because another agent may have written it. Another record ends the term.
   */
  *#readAgain(mine: Holding): Procedure<void> {
    const { lease } = yield { type: 'read' };
    if (lease === undefined || lease.holder !== mine.lease.holder) {
      this.drop();
      return lost(lease === undefined ? 'its lease is gone' : holderText(lease));
    }
    if (this.#holding === undefined) return lost('it was given up');
    const isSameRecord = lease.recordText === mine.lease.recordText;
    this.#holding = { ...mine, lease, term: isSameRecord ? mine.term : this.#nextTerm() };
    return done(undefined);
  }

  #under(term: string): LeaseOutcome<Holding> {
    return this.#holding?.term === term
      ? done(this.#holding)
      : lost('it was lost or given up, or its record was changed, since the change began');
  }

  #keep(term: string, lease: StoredLease, renewedAt: Clocks): string {
    this.#holding = { lease, term, renewedAt };
    this.#watched = undefined;
    return term;
  }

  #nextTerm(): string {
    this.#terms += 1;
    return `${this.#identity()} ${String(this.#terms)}`;
  }
}

/** The age by both clocks. If the wall clock was set back, the lease counts as old. */
function ageOf(since: Clocks, now: Clocks): number {
  const wall = now.wallMs - since.wallMs;
  return wall < 0 ? Infinity : Math.max(now.monotonicMs - since.monotonicMs, wall);
}

function holderText({ holder }: StoredLease): string {
  return holder === '' ? 'nobody holds it' : `the agent of node "${nodeOfHolder(holder)}" has it`;
}

const busy: LeaseProblem = { kind: 'busy' };
const unreadableRecord: LeaseProblem = { kind: 'unreadable-record' };

function lost(why: string): LeaseProblem {
  return { kind: 'lost', why };
}

function done<T>(value: T): LeaseOutcome<T> {
  return { kind: 'done', value };
}

function withoutValue(outcome: LeaseOutcome<unknown>): LeaseOutcome<void> {
  return outcome.kind === 'done' ? done(undefined) : outcome;
}
