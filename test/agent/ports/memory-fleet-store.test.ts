import { createMemoryFleet, type MemoryFleet } from '../../support/twins/memory-fleet-store.ts';
import { describeFleetStore } from './fleet-store.contract.ts';

describe("the reports of a fleet in the datastore's twin", () => {
  let fleet: MemoryFleet;
  beforeEach(() => {
    fleet = createMemoryFleet(['node-1', 'node-2']);
  });
  describeFleetStore((node) => fleet.storeOf(node));
});
