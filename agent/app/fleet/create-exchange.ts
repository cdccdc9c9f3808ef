import type { FleetExchange } from '../../ports/fleet.ts';
import type { FleetStore } from '../../ports/datastore/fleet-store.ts';
import { createStoreExchange, type StoreExchangeDeps } from './store-exchange.ts';

/** The exchange with the agents of other nodes; undefined: there is none. */
export function createExchange(
  store: FleetStore | undefined,
  deps: Omit<StoreExchangeDeps, 'store'>,
): FleetExchange | undefined {
  return store && createStoreExchange({ ...deps, store });
}
