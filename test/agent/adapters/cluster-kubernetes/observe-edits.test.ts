import { expect } from 'chai';
import { observeEdits } from '../../../../agent/adapters/cluster-kubernetes/observe-edits.ts';
import type { Reader } from '../../../../agent/adapters/cluster-kubernetes/reader.ts';

/** A cluster with labelled objects of these kinds, by the plural of their names. */
function clusterWith(names: Readonly<Record<string, readonly string[]>>): Reader {
  return {
    send: () => Promise.resolve(undefined),
    object: ({ name }) => Promise.resolve({ metadata: { name, resourceVersion: '7' } }),
    find: () => Promise.resolve(undefined),
    list: () => Promise.resolve([]),
    listOptional: async (_what, path, keep) => {
      const own = names[path.split('/').at(-1) ?? ''] ?? [];
      // Answers come in any order: here later kinds are faster.
      for (let turn = 0; turn < (path.includes('bfdprofiles') ? 50 : 0); turn += 1) {
        await Promise.resolve();
      }
      return own.flatMap((name) => keep({ metadata: { namespace: 'metallb-system', name } }) ?? []);
    },
  };
}

describe('the objects that calico-agent changed', () => {
  it('come in the order of their kinds and names, whichever answer is the first', async () => {
    const reader = clusterWith({ bgppeers: ['b', 'a'], bfdprofiles: ['c'] });
    const { objects } = await observeEdits(reader, [], true);
    expect(objects.map(({ object }) => `${object.kind} ${object.name}`)).to.deep.equal([
      'BFDProfile c',
      'BGPPeer a',
      'BGPPeer b',
    ]);
  });
});
