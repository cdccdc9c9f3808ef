/**
 * The last events of this agent, in memory and on disk. Recording never fails and never waits,
 * because a full disk must not stop a change. Events that could not be written are written later.
 */
import { shortText, type EventKind, type Happening } from '../../../core/events/event.ts';
import { keepNewest, keptEvents } from '../../../core/events/event-ring.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import { createNews } from '../../../runtime/pacing/news.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { LoggedEvent } from '../../../schemas/generated/logged-event.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EventStore } from '../../ports/storage/event-store.ts';

export interface EventLog {
  record(...happenings: readonly Happening[]): void;
  /** The events after this one, oldest first; all of them for an id that no event has had yet. */
  after(id: number): readonly LoggedEvent[];
  /**
   * Resolves when there is an event after this one, or when the signal is aborted; never rejects.
   */
  waitFor(id: number, end: AbortSignal): Promise<void>;
}

export interface RunningEventLog extends EventLog {
  /**
   * Reads the events on disk (first call only); from then on new events are written. Never rejects.
   */
  begin(): Promise<void>;
  /** Writes the events that are not on disk yet. Never rejects. */
  flush(): Promise<void>;
}

export interface EventLogDeps {
  /** Absent: the events stay in memory only. */
  readonly store?: EventStore;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly logger: Pick<Logger, 'warn'>;
  /** Called with each event, for the metrics. */
  recorded?(kind: EventKind): void;
}

/** A burst of events becomes one write. */
const gatherMs = 1000;
const retryMs = 30_000;

export function createEventLog({ store, clock, logger, recorded }: EventLogDeps): RunningEventLog {
  let events: readonly LoggedEvent[] = [];
  let lastId = 0;
  let beginning: Promise<void> | undefined;
  const news = createNews();
  const writer = createWriter(store, { clock, logger, all: () => events });

  const add = (added: readonly LoggedEvent[]): void => {
    if (added.length === 0) return;
    events = keepNewest([...events, ...added]);
    writer.add(added);
    news.tell();
  };
  const after = (id: number): readonly LoggedEvent[] =>
    id > lastId ? events : events.filter((event) => event.id > id);
  const begin = async (): Promise<void> => {
    const before = await writer.load();
    const base = before.at(-1)?.id ?? 0;
    // Events from before the file could be read follow the events of the file.
    const renumbered = events.map((event) => ({ ...event, id: base + event.id }));
    events = keepNewest([...before, ...renumbered]);
    lastId += base;
    writer.begin(renumbered);
  };
  return {
    after,
    record: (...happenings) => {
      const at = clock.now();
      for (const { kind } of happenings) recorded?.(kind);
      add(
        happenings.map(({ text, ...rest }) => {
          lastId += 1;
          return { id: lastId, at, ...rest, text: shortText(text) };
        }),
      );
    },
    waitFor: (id, end) => news.wait(() => after(id).length > 0, end),
    begin: () => {
      beginning ??= begin();
      return beginning;
    },
    flush: writer.flush,
  };
}

interface Writer {
  load(): Promise<readonly LoggedEvent[]>;
  begin(events: readonly LoggedEvent[]): void;
  add(events: readonly LoggedEvent[]): void;
  flush(): Promise<void>;
}

interface WriterDeps extends Pick<EventLogDeps, 'clock' | 'logger'> {
  /** All remembered events. */
  readonly all: () => readonly LoggedEvent[];
}

function createWriter(store: EventStore | undefined, { clock, logger, all }: WriterDeps): Writer {
  let unwritten: readonly LoggedEvent[] = [];
  let isOpen = false;
  let isFailing = false;
  /** Lines in the file; it may have twice as many lines as there are remembered events. */
  let lines = 0;
  let writing: Promise<void> | undefined;
  let isDue = false;
  let callOff = (): void => undefined;

  const writeBatch = async (batch: readonly LoggedEvent[]): Promise<void> => {
    if (lines + batch.length > 2 * keptEvents || isFailing) {
      const kept = all();
      await store?.replace(kept);
      lines = kept.length;
    } else {
      await store?.append(batch);
      lines += batch.length;
    }
  };
  const write = async (): Promise<void> => {
    const batch = unwritten;
    if (batch.length === 0) return;
    unwritten = [];
    try {
      await writeBatch(batch);
      isFailing = false;
    } catch (error) {
      if (!isFailing) logger.warn('cannot write the events', { reason: reasonOf(error) });
      isFailing = true;
      unwritten = keepNewest([...batch, ...unwritten]);
      schedule();
    }
  };
  const run = (): Promise<void> => {
    writing ??= write().finally(() => {
      writing = undefined;
      if (!isFailing && unwritten.length > 0) schedule();
    });
    return writing;
  };
  const schedule = (): void => {
    if (!isOpen || isDue || store === undefined) return;
    isDue = true;
    callOff = clock.after(isFailing ? retryMs : gatherMs, () => {
      isDue = false;
      void run();
    });
  };
  return {
    load: async () => {
      try {
        const found = (await store?.load()) ?? [];
        lines = found.length;
        return keepNewest(found);
      } catch (error) {
        logger.warn('cannot read the earlier events', { reason: reasonOf(error) });
        return [];
      }
    },
    begin: (events) => {
      isOpen = true;
      unwritten = events;
      if (events.length > 0) schedule();
    },
    add: (events) => {
      if (!isOpen) return;
      unwritten = keepNewest([...unwritten, ...events]);
      if (writing === undefined) schedule();
    },
    flush: async () => {
      callOff();
      isDue = false;
      await writing;
      if (isOpen) await write();
    },
  };
}
