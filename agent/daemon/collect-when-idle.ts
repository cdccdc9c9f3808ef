/**
 * Gives memory back while nothing goes on. V8 collects garbage when a program makes more of it, and the daemon
 * mostly waits: it would keep what its start or its last change left, and the bytecode of what ran once.
 */
import { setFlagsFromString } from 'node:v8';

export interface IdleDeps {
  /** Absent: node was started without --expose-gc, as its unit starts it. */
  readonly collect: (() => void) | undefined;
  readonly heapBytes: () => number;
  /** The part of the time since the last call in which the event loop was busy, 0 to 1. */
  readonly busyPart: () => number;
}

const everyMs = 5000;
const idlePart = 0.05;
/** Less is not worth it: what is thrown away is compiled again when it is needed. */
const leastGrowth = 1024 * 1024;
/** A collection of 9 MB takes 18 ms, and holds up the event loop, which nothing may for 50 ms. */
const mostBytes = 16 * 1024 * 1024;

/** Returns how to end it. */
export function collectWhenIdle({ collect, heapBytes, busyPart }: IdleDeps): () => void {
  if (collect === undefined) return () => undefined;
  let afterLast = 0;
  const timer = setInterval(() => {
    if (busyPart() > idlePart) return;
    const now = heapBytes();
    if (now > mostBytes || now - afterLast < leastGrowth) return;
    collect();
    afterLast = heapBytes();
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}

export function processIdleDeps(): IdleDeps {
  const { gc } = globalThis;
  let last = performance.eventLoopUtilization();
  return {
    collect: gc === undefined ? undefined : (): void => collectWithCode(() => gc()),
    heapBytes: () => process.memoryUsage().heapUsed,
    busyPart: () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, last);
      last = now;
      return utilization;
    },
  };
}

/** V8 throws bytecode away after several collections without a use, which never come here. */
function collectWithCode(collect: () => unknown): void {
  setFlagsFromString('--stress-flush-code');
  collect();
  setFlagsFromString('--no-stress-flush-code');
}
