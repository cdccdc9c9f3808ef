/**
 * Collects garbage while the daemon is idle. V8 collects only when a program makes more garbage, and
 * the daemon mostly waits: it would keep the garbage of its start or of its last change, and the
 * bytecode of code that ran once.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface IdleDeps {
  readonly collect: () => void;
  readonly heapBytes: () => number;
  /** The part of the time since the last call in which the event loop was busy, 0 to 1. */
  readonly busyPart: () => number;
  /** Called when the daemon becomes idle, and when it works again. */
  readonly preferSmall: (isIdle: boolean) => void;
}

/** Short, because V8 waits 8 s after the last collection before it gives back more by itself. */
const everyMs = 1000;
const idlePart = 0.05;
/** Less growth is not worth a collection, which throws away bytecode that is compiled again later. */
const leastGrowth = 1024 * 1024;
/**
 * A collection blocks the event loop, which must stay below 50 ms, and takes as long as what stays is large: 18 ms for
 * 9 MB. So what stayed the last time counts, where it is known.
 */
const mostThatStays = 16 * 1024 * 1024;
/** More than V8 lets such a heap grow to while the daemon works, which is up to 20 MB. */
const mostBytes = 2 * mostThatStays;

/** Returns a function that ends it. */
export function collectWhenIdle(deps: IdleDeps): () => void {
  const { collect, heapBytes, busyPart, preferSmall } = deps;
  let afterLast = 0;
  let isSecondDue = false;
  let wasIdle = false;
  const timer = setInterval(() => {
    const isIdle = busyPart() <= idlePart;
    if (isIdle !== wasIdle) preferSmall(isIdle);
    wasIdle = isIdle;
    if (!isIdle) return;
    const now = heapBytes();
    const hasGrown = now - afterLast >= leastGrowth;
    if (!isSmall(now, afterLast) || !(hasGrown || isSecondDue)) return;
    collect();
    // A second collection gives back up to 2 MB more, and comes later, so that it blocks no longer.
    isSecondDue = hasGrown;
    afterLast = heapBytes();
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** @param afterLast what stayed at the last collection; 0: there was none */
function isSmall(bytes: number, afterLast: number): boolean {
  if (bytes <= mostThatStays) return true;
  return afterLast > 0 && afterLast <= mostThatStays && bytes <= mostBytes;
}

export function processIdleDeps(): IdleDeps {
  let last = performance.eventLoopUtilization();
  return {
    collect: collectWithCode,
    heapBytes: () => process.memoryUsage().heapUsed,
    busyPart: () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, last);
      last = now;
      return utilization;
    },
    // Collections then move objects together and give pages back. A daemon that works would collect too often.
    preferSmall: (isIdle) =>
      setFlagsFromString(isIdle ? '--optimize-for-size' : '--no-optimize-for-size'),
  };
}

/** V8 throws bytecode away only after several collections in which a function did not run. */
function collectWithCode(): void {
  setFlagsFromString('--expose-gc');
  setFlagsFromString('--stress-flush-code');
  // V8 gives gc() to contexts that are made while it is exposed, unless a flag gives it another name.
  runInNewContext("typeof gc === 'function' && gc()");
  setFlagsFromString('--no-stress-flush-code');
  setFlagsFromString('--no-expose-gc');
}
