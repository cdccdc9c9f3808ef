/** A datastore whose calls are counted and timed. */
import type { Clock } from '../../ports/clock.ts';
import type { ConnectedDatastore } from '../../ports/datastore/connected-datastore.ts';
import type { Counters } from './counters.ts';

const datastoreCalls = ['observe', 'apply', 'poolUsage', 'blocks', 'checkCalico', 'preflight'];
const leaseCalls = ['read', 'claim', 'record', 'setHold', 'release'];

export function measured(
  connection: ConnectedDatastore,
  counters: Pick<Counters, 'call'>,
  clock: Pick<Clock, 'elapsed'>,
): ConnectedDatastore {
  const begin = (name: string): ((hasFailed: boolean) => void) => {
    const began = clock.elapsed();
    return (hasFailed) => counters.call(name, (clock.elapsed() - began) / 1000, hasFailed);
  };
  return {
    ...connection,
    datastore: withTimes(connection.datastore, names('', datastoreCalls), begin),
    writerLease: withTimes(connection.writerLease, names('lease-', leaseCalls), begin),
  };
}

/** What a method is called in the metrics, by its name. */
function names(prefix: string, methods: readonly string[]): ReadonlyMap<string | symbol, string> {
  return new Map(methods.map((method) => [method, `${prefix}${method}`]));
}

/** Everything else, also what is known later only (which driver it is), is asked of the object itself. */
function withTimes<T extends object>(
  object: T,
  timed: ReadonlyMap<string | symbol, string>,
  begin: (name: string) => (hasFailed: boolean) => void,
): T {
  return new Proxy(object, {
    get: (target, property): unknown => {
      const value: unknown = Reflect.get(target, property);
      const name = timed.get(property);
      if (name === undefined || typeof value !== 'function') return value;
      return (...args: readonly unknown[]): unknown => {
        const end = begin(name);
        const result: unknown = Reflect.apply(value, target, args);
        if (result instanceof Promise) {
          result.then(
            () => end(false),
            () => end(true),
          );
        }
        return result;
      };
    },
  });
}
