import { setImmediate } from 'node:timers';

/**
 * The time of all paced work together in one turn of the event loop. It is well below the 50 ms for
 * which the loop may be held up, because answers that arrive and garbage collection take time too.
 */
const turnMs = 4;

/**
 * Called after each small piece of work; returns a promise when the event loop has to do other
 * work.
 */
export type Breathe = () => Promise<void> | undefined;

interface LoopTurns {
  /** Resolves in a turn in which no other paced work has run before. */
  readonly next: () => Promise<void>;
  readonly isOver: () => boolean;
}

/** Only one of those who wait goes on in each turn, so that many of them do not add up. */
function createLoopTurns(): LoopTurns {
  const waiting: (() => void)[] = [];
  /** When the paced work of this turn began; undefined: there was none yet. */
  let began: number | undefined;
  const begin = (): number => {
    setImmediate(end);
    began = performance.now();
    return began;
  };
  const end = (): void => {
    began = undefined;
    const next = waiting.shift();
    if (next === undefined) return;
    begin();
    next();
  };
  return {
    next: () => {
      if (began === undefined) begin();
      return new Promise((resolve) => void waiting.push(resolve));
    },
    isOver: () => performance.now() - (began ?? begin()) >= turnMs,
  };
}

/** One for the process, because its event loop is one. */
const loopTurns = createLoopTurns();

/** Lets the event loop do other work before a large piece that cannot be split. */
export function otherWorkFirst(): Promise<void> {
  return loopTurns.next();
}

export function createTurns(): Breathe {
  return () => (loopTurns.isOver() ? loopTurns.next() : undefined);
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
    const work = each(item);
    if (work !== undefined) await work;
    const waiting = breathe();
    if (waiting !== undefined) await waiting;
  }
}

/** As Array.flatMap, and lets the event loop do other work in between. */
export async function flatMapInTurns<T, R>(
  items: Iterable<T>,
  each: (item: T) => readonly R[] | R | Promise<readonly R[] | R>,
): Promise<R[]> {
  const all: R[] = [];
  const add = (found: readonly R[] | R): void => {
    if (isList(found)) all.push(...found);
    else all.push(found);
  };
  await inTurns(items, (item) => {
    const found = each(item);
    return found instanceof Promise ? found.then(add) : add(found);
  });
  return all;
}

function isList<R>(found: readonly R[] | R): found is readonly R[] {
  return Array.isArray(found);
}
