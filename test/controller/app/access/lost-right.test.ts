import { expect } from 'chai';
import { lostRight } from '../../../../controller/app/access/lost-right.ts';

describe('the right to approve', () => {
  const deps = {
    people: [
      { name: 'ann', roles: ['approve'] },
      { name: 'bob', roles: ['propose'] },
      { name: 'eve', roles: ['approve'], clusters: ['west'] },
    ],
    cluster: 'east',
    tokens: { has: (id: string) => id === '4f2a91c0d3e1' },
  } as const;
  const cases = [
    ['ann', 'token 4f2a91c0d3e1', undefined],
    ['ann', 'token 000000000000', 'token-revoked'],
    ['Ann', 'certificate', undefined],
    ['bob', 'certificate', 'role-lost'],
    ['eve', 'certificate', 'role-lost'],
    ['dan', 'certificate', 'role-lost'],
    // The users of a machine are not in the settings.
    ['dan', 'socket, uid 1000', undefined],
    ['dan', undefined, undefined],
  ] as const;
  for (const [by, how, lost] of cases) {
    it(`of ${by} (${how ?? 'not known'}) is ${lost ?? 'kept'}`, () => {
      expect(lostRight({ by, ...(how !== undefined && { how }) }, deps)).to.equal(lost);
    });
  }
});
