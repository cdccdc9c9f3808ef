import { expect } from 'chai';
import { findSimilarNode } from '../../../core/survey/similar-node.ts';
import { nodesOf } from '../../support/samples/models.ts';

describe('the existing Node with the most similar name', () => {
  const nodes = nodesOf([
    { name: 'worker-01.example.com', addresses: ['10.0.0.6/24'] },
    { name: 'worker-02.example.com', addresses: ['10.0.0.7/32', 'fd00::7/64'] },
    { name: 'old-02', addresses: ['10.0.0.7/24'] },
    { name: 'twin-a', addresses: ['10.0.0.8/24'] },
    { name: 'twin-b', addresses: ['10.0.0.8/24'] },
    { name: 'w4.a', addresses: [] },
    { name: 'w4.b', addresses: [] },
  ]);
  const rows: readonly [string, string, readonly string[], string | undefined][] = [
    ['has the address, whatever its prefix length', 'x', ['fd00::7/128'], 'worker-02.example.com'],
    [
      'has both, where another one has the address as well',
      'worker-02',
      ['10.0.0.7/24'],
      'worker-02.example.com',
    ],
    ['is nobody, where two have the address', 'x', ['10.0.0.8/24'], undefined],
    ['has the short name of a long one', 'worker-01.other.net', [], 'worker-01.example.com'],
    ['is nobody, where two have the host name', 'w4', [], undefined],
  ];
  for (const [what, name, addresses, expected] of rows) {
    it(what, () => {
      const [facts] = nodesOf([{ name, addresses: [...addresses] }]);
      if (facts === undefined) throw new Error('no facts');
      expect(findSimilarNode(nodes, facts)?.name).to.equal(expected);
    });
  }
});
