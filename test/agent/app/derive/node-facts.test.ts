import { expect } from 'chai';
import { createNodeFactsStore, type FactsInputs } from '../../../../agent/app/derive/node-facts.ts';
import type { DetectedFacts } from '../../../../agent/ports/facts-source.ts';

const detected: DetectedFacts = { name: 'node-0', host: [] };

function inputs(unit: string): FactsInputs {
  return {
    configured: { units: [unit], addresses: ['10.0.0.2/24'] },
    pushed: {},
    addressesOf: () => Promise.resolve([]),
  };
}

describe('the facts of a node', () => {
  it('are those of the look that began last, also where an earlier one ends after it', async () => {
    const looks: ((seen: DetectedFacts) => void)[] = [];
    const detect = (): Promise<DetectedFacts> =>
      new Promise((resolve) => {
        looks.push(resolve);
      });
    const keeper = createNodeFactsStore({ detect }, 'node-0');
    const before = keeper.refresh(inputs('calico/0'));
    const after = keeper.refresh(inputs('calico/7'));
    looks[1]?.(detected);
    expect(await after).to.equal(true);
    looks[0]?.(detected);
    expect(await before).to.equal(false);
    expect(keeper.current().units).to.deep.equal(['calico/7']);
  });
});
