import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * The longest turn, well below the 50 ms for which an event loop may be held up; several may run at
 * once.
 */
const turnMs = 4;

/**
 * Called after each small piece of work; returns a promise when the event loop has to do other
 * work.
 */
export type Breathe = () => Promise<void> | undefined;

/** Lets the event loop do other work before a large piece that cannot be split. */
export async function otherWorkFirst(): Promise<void> {
  await nextTurn();
}

export function createTurns(): Breathe {
  let began = performance.now();
  const turn = async (): Promise<void> => {
    await nextTurn();
    began = performance.now();
  };
  return () => (performance.now() - began < turnMs ? undefined : turn());
}

/** Runs work that is made in parts to its end, and lets the event loop do other work in between. */
export async function finishInTurns<R>(parts: Generator<undefined, R>): Promise<R> {
  const breathe = createTurns();
  let step = parts.next();
  while (step.done !== true) {
    const waiting = breathe();
    if (waiting !== undefined) await waiting;
    step = parts.next();
  }
  return step.value;
}

/** Runs through the items, and lets the event loop do other work in between. */
export async function inTurns<T>(
  items: Iterable<T>,
  each: (item: T) => Promise<void> | undefined | void,
): Promise<void> {
  const breathe = createTurns();
  for (const item of items) {
    const waiting = each(item) ?? breathe();
    if (waiting !== undefined) await waiting;
  }
}

/** As Array.flatMap, and lets the event loop do other work in between. */
export async function flatMapInTurns<T, R>(
  items: Iterable<T>,
  each: (item: T) => readonly R[] | R,
): Promise<R[]> {
  const all: R[] = [];
  await inTurns(items, (item) => {
    const found = each(item);
    if (isList(found)) all.push(...found);
    else all.push(found);
  });
  return all;
}

function isList<R>(found: readonly R[] | R): found is readonly R[] {
  return Array.isArray(found);
}
