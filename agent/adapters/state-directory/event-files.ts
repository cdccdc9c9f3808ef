/** The events as lines of JSON in one file, to which new ones are appended. */
import { constants } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { jsonValue } from '../../../core/input/parse-json.ts';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { AppError, fromSystemError, reasonOf } from '../../../runtime/errors.ts';
import { writeFileAtomic } from '../../../runtime/files/atomic-file.ts';
import { readTextFile } from '../../../runtime/files/read-text-file.ts';
import { setAside } from '../../../runtime/files/set-aside.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { LoggedEvent } from '../../../schemas/generated/logged-event.ts';
import type { EventStore } from '../../ports/storage/event-store.ts';

const maxBytes = 8 * 1024 * 1024;

function eventsFile(directory: string): string {
  return path.join(directory, 'events.jsonl');
}

export function createEventFiles(directory: string, logger: Pick<Logger, 'warn'>): EventStore {
  const file = eventsFile(directory);
  const replace = async (events: readonly LoggedEvent[]): Promise<void> => {
    await makeFolder(directory);
    await writeFileAtomic(file, events.map(lineOf).join(''));
  };
  return {
    replace,
    load: async () => {
      const { events, fault, isCutOff } = await readEvents(file);
      if (fault !== undefined) {
        const aside = await setAside(file);
        logger.warn(`"${file}" is corrupt and was set aside as "${aside}"`, { reason: fault });
      }
      // If the disk is full, the next write does this.
      if (isCutOff || fault !== undefined) await replace(events).catch(() => undefined);
      return events;
    },
    append: async (events) => {
      await makeFolder(directory);
      await appendText(file, events.map(lineOf).join(''));
    },
  };
}

/**
 * Reads the events on disk without changing anything, also while the daemon does not run. @throws
 * AppError
 */
export async function readEventFile(directory: string): Promise<readonly LoggedEvent[]> {
  return (await readEvents(eventsFile(directory))).events;
}

interface ReadEvents {
  readonly events: readonly LoggedEvent[];
  /** The process ended while it wrote the last line. This is no damage. */
  readonly isCutOff: boolean;
  /** The fault of the rest of the file. */
  readonly fault?: string;
}

async function readEvents(file: string): Promise<ReadEvents> {
  let text: string | undefined;
  try {
    text = await readTextFile(file, maxBytes, { noLinks: true });
  } catch (error) {
    const isDamage =
      error instanceof AppError && ['corrupt-file', 'payload-too-large'].includes(error.code);
    if (isDamage) return { events: [], isCutOff: false, fault: reasonOf(error) };
    throw error;
  }
  if (text === undefined) return { events: [], isCutOff: false };
  const { isLoggedEvent } = await import('../../../schemas/generated/logged-event.validator.js');
  const lines = text.split('\n');
  const isCutOff = lines.pop() !== '';
  const events = lines.flatMap((line) => {
    const value = jsonValue(line, jsonBounds.state);
    return isLoggedEvent(value) ? [value] : [];
  });
  const unread = lines.length - events.length;
  if (unread === 0) return { events, isCutOff };
  return {
    events,
    isCutOff,
    fault: `${String(unread)} of ${String(lines.length)} lines are no events`,
  };
}

function lineOf(event: LoggedEvent): string {
  return `${JSON.stringify(event)}\n`;
}

/** Appends the lines. An incomplete last line must not merge with the first of these. */
async function appendText(file: string, text: string): Promise<void> {
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    const handle = await open(file, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
    try {
      const { size } = await handle.stat();
      const last = Buffer.alloc(1);
      if (size > 0) await handle.read(last, 0, 1, size - 1);
      await handle.writeFile(size > 0 && last.toString() !== '\n' ? `\n${text}` : text);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw fromSystemError(`cannot write "${file}"`, error);
  }
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw fromSystemError(`cannot make the folder "${folder}"`, error);
  });
}
