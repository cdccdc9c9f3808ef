/** A datastore whose calls are counted and timed. */
import type { Clock } from '../../ports/clock.ts';
import type { ConnectedDatastore } from '../../ports/datastore/connected-datastore.ts';
import { watchCalls } from '../health/watch-calls.ts';
import type { Counters } from './counters.ts';

const datastoreCalls = ['observe', 'apply', 'poolUsage', 'blocks', 'checkCalico', 'preflight'];
const leaseCalls = ['read', 'claim', 'record', 'setHold', 'changeDoneOnce', 'takeBack', 'release'];

export function measured(
  connection: ConnectedDatastore,
  counters: Pick<Counters, 'call'>,
  clock: Pick<Clock, 'elapsed'>,
): ConnectedDatastore {
  /** @param prefix of the names in the metrics */
  const timed =
    (prefix: string) =>
    (method: string): ((failure?: unknown) => void) => {
      const began = clock.elapsed();
      return (failure) => {
        const seconds = (clock.elapsed() - began) / 1000;
        counters.call(`${prefix}${method}`, seconds, failure !== undefined);
      };
    };
  return {
    ...connection,
    datastore: watchCalls(connection.datastore, datastoreCalls, timed('')),
    writerLease: watchCalls(connection.writerLease, leaseCalls, timed('lease-')),
  };
}
