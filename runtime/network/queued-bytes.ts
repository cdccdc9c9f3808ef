import type { Writable } from 'node:stream';

/**
 * What is left of the write that is under way. A stream counts a chunk as long as a part of it waits, and has no
 * public name for this number; `setTimeout` of net.Socket takes progress from it as well. With TLS the connection
 * below has it.
 */
export function queuedBytes(stream: Writable | undefined): number {
  const handle = fieldOf(stream, '_handle');
  const sizes = [handle, fieldOf(handle, '_parent')].map((one) => fieldOf(one, 'writeQueueSize'));
  return sizes.reduce<number>((sum, size) => sum + (typeof size === 'number' ? size : 0), 0);
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
