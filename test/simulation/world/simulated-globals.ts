/**
 * Timers, clocks and chance of the process that runs now, in place of those of Node. Outside of
 * simulated processes everything is as usual.
 */
import { processNow, type SimProcess } from './sim-process.ts';
import type { Cancel } from './world.ts';

/** What the product does with a timer. */
class SimTimer {
  cancel: Cancel = () => undefined;
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
  hasRef(): boolean {
    return true;
  }
}

type Run = (...given: unknown[]) => void;
type Usual = (...given: never[]) => unknown;

/** @returns a function that gives Node's own back */
export function simulateGlobals(): () => void {
  const { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate } =
    globalThis;
  const { Date: RealDate } = globalThis;
  const { random } = Math;
  const elapsed = performance.now;
  const once =
    (usual: Usual) =>
    (run: Run, ms?: number, ...given: unknown[]): unknown => {
      const process = processNow();
      if (process === undefined) return Reflect.apply(usual, undefined, [run, ms, ...given]);
      const timer = new SimTimer();
      timer.cancel = process.after(delayOf(ms), () => run(...given));
      return timer;
    };
  const clear =
    (usual: Usual) =>
    (timer: unknown): void => {
      if (timer instanceof SimTimer) timer.cancel();
      else Reflect.apply(usual, undefined, [timer]);
    };
  replace(globalThis, {
    setTimeout: once(setTimeout),
    setInterval: (run: Run, ms?: number, ...given: unknown[]): unknown => {
      const process = processNow();
      if (process === undefined) return Reflect.apply(setInterval, undefined, [run, ms, ...given]);
      return repeated(process, delayOf(ms), () => run(...given));
    },
    setImmediate: (run: Run, ...given: unknown[]): unknown => {
      const process = processNow();
      if (process === undefined) return Reflect.apply(setImmediate, undefined, [run, ...given]);
      const timer = new SimTimer();
      timer.cancel = process.after(0, () => run(...given));
      return timer;
    },
    clearTimeout: clear(clearTimeout),
    clearInterval: clear(clearInterval),
    clearImmediate: clear(clearImmediate),
    Date: dateOf(RealDate),
  });
  replace(performance, { now: () => processNow()?.elapsed() ?? elapsed.call(performance) });
  replace(Math, { random: () => processNow()?.world.random() ?? random() });
  return () => {
    replace(globalThis, {
      ...{ setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate },
      Date: RealDate,
    });
    Reflect.deleteProperty(performance, 'now');
    replace(Math, { random });
  };
}

function repeated(process: SimProcess, ms: number, run: () => void): SimTimer {
  const timer = new SimTimer();
  const next = (): void => {
    timer.cancel = process.after(ms, () => {
      next();
      run();
    });
  };
  next();
  return timer;
}

function dateOf(RealDate: DateConstructor): DateConstructor {
  const now = (): number => processNow()?.wallClock() ?? RealDate.now();
  return new Proxy(RealDate, {
    construct: (target, given, called) =>
      Reflect.construct(target, given.length === 0 ? [now()] : given, called),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  });
}

/** As Node: at least a millisecond. */
function delayOf(ms: number | undefined): number {
  return ms !== undefined && ms >= 1 ? ms : 1;
}

function replace(target: object, members: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(target, name, { value, configurable: true, writable: true });
  }
}
