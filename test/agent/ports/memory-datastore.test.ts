import { createMemoryDatastore } from '../../support/twins/memory-datastore.ts';
import { describeCalicoDatastore } from './calico-datastore.contract.ts';

describe("the datastore's twin", () => {
  describeCalicoDatastore(() => Promise.resolve(createMemoryDatastore()));
});
