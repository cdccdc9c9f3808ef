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
  it('are those of the reading that began last, also when an earlier one ends after it', async () => {
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

  const address = { family: 4, prefixLength: 24, interface: 'eth0' } as const;
  const issuesWith = async (host: DetectedFacts['host']): Promise<readonly string[]> => {
    const detect = (): Promise<DetectedFacts> => Promise.resolve({ ...detected, host });
    const store = createNodeFactsStore({ detect }, 'node-0');
    await store.refresh(inputs('calico/0'));
    expect(store.current().addresses).to.have.length(1);
    const first = store.issues();
    await store.refresh(inputs('calico/0'));
    expect(store.issues()).to.equal(first);
    return first.map(({ code, message }) => `${code}: ${message}`);
  };

  it('include an address of the settings that no interface has, with a warning', async () => {
    const [issue, ...more] = await issuesWith([{ ...address, address: '10.0.0.20' }]);
    expect(issue).to.contain('address-absent').and.contain('10.0.0.2/24');
    expect(more).to.deep.equal([]);
  });

  it('have no warning when the agent only writes files: its node is another machine', async () => {
    const host = [{ ...address, address: '10.0.0.20' }];
    const detect = (): Promise<DetectedFacts> => Promise.resolve({ ...detected, host });
    const store = createNodeFactsStore({ detect }, 'node-0', () => false);
    await store.refresh(inputs('calico/0'));
    expect(store.issues()).to.deep.equal([]);
  });

  it('have no warning when an interface has the address, or the interfaces are unknown', async () => {
    expect(await issuesWith([{ ...address, address: '10.0.0.2' }])).to.deep.equal([]);
    expect(await issuesWith([])).to.deep.equal([]);
  });
});
