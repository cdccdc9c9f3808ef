/**
 * Encrypted connections get little at once. Node.js encrypts each write as a whole, and keeps the room for the largest
 * one as long as the connection lives: 345 KB after a configuration of 300 KB, for each agent.
 */
import type { Writable } from 'node:stream';
import { TLSSocket } from 'node:tls';

/** A block of this room has 16 KiB, and a record of TLS adds 22 bytes. */
export const smallWriteBytes = 15 * 1024;

/** How a stream writes what has gathered while it was writing. */
type WriteMany = NonNullable<Writable['_writev']>;
type Chunks = Parameters<WriteMany>[0];

/** The bytes in parts of this size. */
export function smallParts(bytes: Buffer): readonly Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += smallWriteBytes) {
    parts.push(bytes.subarray(at, at + smallWriteBytes));
  }
  return parts;
}

/** Writes the parts, each after the one before. @param written called after the last one, or an error */
export function writeParts(
  stream: TLSSocket,
  parts: readonly Buffer[],
  written: (() => void) | undefined,
): void {
  // Else the parts that wait would be written together.
  stream._writev = writeGroups;
  const last = parts.length - 1;
  for (const [index, part] of parts.entries()) {
    stream.write(part, index === last ? written : undefined);
  }
}

/** By stream: the bytes of the groups that were written, while others of the same chunks still wait. */
const written = new WeakMap<Writable, number>();

/** What was written of the chunks that the stream counts as waiting: it subtracts them when all of them were written. */
export function writtenBytes(stream: Writable | undefined): number {
  return (stream && written.get(stream)) ?? 0;
}

/** As the given function, but one small group of the chunks after the other. */
export function inGroups(writeMany: WriteMany): WriteMany {
  return function write(this: Writable, chunks, done) {
    const groups = groupsOf(chunks);
    let bytes = 0;
    const next = (error?: Error | null): void => {
      const group = groups.shift();
      if (group === undefined || (error !== undefined && error !== null)) {
        written.delete(this);
        return done(error);
      }
      written.set(this, bytes);
      bytes += bytesOf(group);
      writeMany.call(this, group, next);
    };
    next();
  };
}

// All connections share it.
const writeGroups = inGroups(function write(this: Writable, chunks, done) {
  TLSSocket.prototype._writev?.call(this, chunks, done);
});

function groupsOf(chunks: Chunks): Chunks[] {
  const groups: Chunks[] = [];
  let bytes = Infinity;
  for (const one of chunks) {
    const length = lengthOf(one.chunk);
    bytes += length;
    if (bytes <= smallWriteBytes) groups.at(-1)?.push(one);
    else {
      groups.push([one]);
      bytes = length;
    }
  }
  return groups;
}

function bytesOf(group: Chunks): number {
  return group.reduce((sum, { chunk }) => sum + lengthOf(chunk), 0);
}

function lengthOf(chunk: unknown): number {
  return Buffer.isBuffer(chunk) ? chunk.length : Buffer.byteLength(String(chunk));
}
