import { expect } from 'chai';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { observeEtcd } from '../../../../agent/adapters/calico-etcd/observe.ts';
import type { Observed } from '../../../../core/observe/observed.ts';
import { etcdHolding } from '../../../support/servers/etcd-holding.ts';

const prefix = '/calico/resources/v3/projectcalico.org/bgppeers/';

function peerWith(name: string, labels: number): string {
  const all = Array.from({ length: labels }, (_one, n) => [`l${n}`, ''] as const);
  return JSON.stringify({
    apiVersion: 'projectcalico.org/v3',
    kind: 'BGPPeer',
    metadata: { name, labels: Object.fromEntries(all) },
    spec: { peerIP: '10.0.0.9', asNumber: 64512 },
  });
}

describe('an object in etcd with very many labels', () => {
  const observe = async (values: Readonly<Record<string, string>>): Promise<Observed> => {
    const objects = Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]);
    return (await observeEtcd(etcdHolding(Object.fromEntries(objects)), 'node-0')).observed;
  };

  it('is named as unreadable beyond 5,000, and the others are read', async () => {
    const { resources, taken = [] } = await observe({
      large: peerWith('large', 6000),
      most: peerWith('most', 4900),
      usual: peerWith('usual', 2),
    });
    expect(resources.map(({ resource }) => resource.metadata.name)).to.deep.equal([
      'most',
      'usual',
    ]);
    expect(taken.map(({ name, isUnreadable }) => [name, isUnreadable])).to.deep.equal([
      ['large', true],
    ]);
  });

  it('is judged in turns of the event loop', async () => {
    const blanks = peerWith('blanks', 0).replace('{', `{${' '.repeat(1_400_000)}`);
    let turns = 0;
    let isOver = false;
    const count = async (): Promise<void> => {
      for (; !isOver; turns += 1) await nextTurn();
    };
    const counting = count();
    const { resources } = await observe({ blanks });
    isOver = true;
    await counting;
    expect(resources).to.have.length(1);
    // A turn of 4 ms judges some 50,000 characters without V8's compilers, and 2 million with them.
    expect(turns).to.be.greaterThan(1);
  });
});
