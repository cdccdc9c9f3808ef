/**
 * The room for large answers that wait to be read. An answer that several clients read counts once.
 * A request whose answer finds no room waits for it, in the order of the requests, and holds no
 * answer meanwhile. An answer larger than the whole room goes alone, so none is too large.
 */
import { Buffer } from 'node:buffer';
import { AppError } from '../errors.ts';
import { withDeadline } from '../pacing/deadline.ts';
import type { Reply } from './route.ts';

export interface AnswerRoom {
  /**
   * Makes a reply, and has room for it. @throws AppError busy where no room becomes free in time
   */
  hold(making: Making): Promise<HeldReply>;
}

export interface Making {
  readonly make: () => Promise<Reply> | Reply;
  /** It changes nothing, so it may be made again when there is room for it. */
  readonly mayRepeat: boolean;
  /** Aborted when the client goes away. */
  readonly gone: () => AbortSignal;
}

export interface HeldReply {
  readonly reply: Reply;
  readonly content: string | Buffer;
  /** To be called once, when the client has the answer or is gone. */
  release(): void;
}

export interface RoomLimits {
  /** Bytes of all answers together. */
  readonly answerBytes: number;
  /** Time for which a request waits for room. */
  readonly roomMs: number;
}

/** The kernel buffers as much for a client that does not read, so these need no room. */
const smallAnswerBytes = 32 * 1024;
/** A reply that is made again may have grown meanwhile. */
const mostTries = 3;

export function createAnswerRoom({ answerBytes, roomMs }: RoomLimits): AnswerRoom {
  const space = createSpace(answerBytes);
  const contents = new WeakMap<Reply, Buffer>();
  /** One buffer for all clients of a reply. */
  const bufferOf = (reply: Reply): Buffer => {
    if (typeof reply.body !== 'string') return reply.body;
    const known = contents.get(reply);
    if (known !== undefined) return known;
    const content = Buffer.from(reply.body);
    contents.set(reply, content);
    return content;
  };
  const waitFor = (bytes: number, gone: AbortSignal): Promise<void> =>
    withDeadline(roomMs, gone, ({ signal }) => space.reserve(bytes, signal));

  return {
    hold: async ({ make, mayRepeat, gone }) => {
      let reply = await make();
      if (reply.body.length <= smallAnswerBytes) {
        return { reply, content: reply.body, release: () => undefined };
      }
      let isHeld = space.take(bufferOf(reply));
      for (let tries = 0; !isHeld && tries < mostTries; tries += 1) {
        const bytes = bufferOf(reply).length;
        const kept = mayRepeat ? undefined : reply;
        // The answer must not stay in memory while it waits.
        reply = { mediaType: '', body: '' };
        await waitFor(bytes, gone());
        try {
          reply = kept ?? (await make());
          isHeld = space.take(bufferOf(reply), bytes);
        } catch (error) {
          space.giveBack(bytes);
          throw error;
        }
      }
      if (!isHeld) throw tooMuchUnread();
      const content = bufferOf(reply);
      return { reply, content, release: () => space.release(content) };
    },
  };
}

interface Space {
  /**
   * Holds a content; false: there is no room, or others wait for it.
   * @param reserved the bytes that were kept for it, which it gives back
   */
  take(content: Buffer, reserved?: number): boolean;
  release(content: Buffer): void;
  /** Resolves when so many bytes are kept for the caller. @throws AppError busy at the signal */
  reserve(bytes: number, end: AbortSignal): Promise<void>;
  giveBack(bytes: number): void;
}

interface Waiting {
  readonly bytes: number;
  readonly begin: () => void;
}

function createSpace(most: number): Space {
  const readers = new Map<Buffer, number>();
  const waiting: Waiting[] = [];
  let used = 0;
  const fits = (bytes: number): boolean => used === 0 || used + bytes <= most;
  const give = (bytes: number): void => {
    used -= bytes;
    serveWaiting();
  };
  const serveWaiting = (): void => {
    for (let next = waiting[0]; next !== undefined && fits(next.bytes); next = waiting[0]) {
      waiting.shift();
      used += next.bytes;
      next.begin();
    }
  };
  return {
    take: (content, reserved) => {
      used -= reserved ?? 0;
      const count = readers.get(content);
      const mayGo = reserved !== undefined || waiting.length === 0;
      const isHeld = count !== undefined || (mayGo && fits(content.length));
      if (isHeld) readers.set(content, (count ?? 0) + 1);
      if (isHeld && count === undefined) used += content.length;
      serveWaiting();
      return isHeld;
    },
    release: (content) => {
      const count = readers.get(content) ?? 0;
      if (count > 1) return void readers.set(content, count - 1);
      readers.delete(content);
      give(content.length);
    },
    reserve: (bytes, end) =>
      new Promise((resolve, reject) => {
        const leave = (): void => {
          const at = waiting.indexOf(entry);
          if (at >= 0) waiting.splice(at, 1);
          reject(tooMuchUnread());
          // It may have been the first in the line, and too large for the room that is free.
          serveWaiting();
        };
        const begin = (): void => {
          end.removeEventListener('abort', leave);
          resolve();
        };
        const entry: Waiting = { bytes, begin };
        if (end.aborted) return leave();
        end.addEventListener('abort', leave, { once: true });
        waiting.push(entry);
        serveWaiting();
      }),
    giveBack: give,
  };
}

function tooMuchUnread(): AppError {
  const message = 'cannot answer now: too many answers wait to be read; try again';
  return new AppError('busy', message, { retryable: true });
}
