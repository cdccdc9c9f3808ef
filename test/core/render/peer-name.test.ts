import { expect } from 'chai';
import fc from 'fast-check';
import { parseAddress } from '../../../core/config/net/address.ts';
import type { Neighbour } from '../../../core/config/peer/neighbour.ts';
import { nodePeerName, sharedPeerName } from '../../../core/render/peer-name.ts';

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

const node = fc.stringMatching(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,10}[A-Za-z0-9])?$/);
const group = fc.nat(3).map((number) => number.toString(16));
const address = fc.oneof(
  fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.nat(3)).map((parts) => parts.join('.')),
  fc
    .tuple(fc.array(group, { maxLength: 2 }), fc.array(group, { maxLength: 2 }))
    .map(([head, tail]) => canonical(`${head.join(':')}::${tail.join(':')}`)),
);

function canonical(text: string): string {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.value.address;
}

const neighbour: fc.Arbitrary<Neighbour> = fc
  .tuple(address, fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }))
  .map(neighbourOf);

function neighbourOf([text, port]: [string, number | undefined]): Neighbour {
  const family = text.includes(':') ? 6 : 4;
  return { address: text, family, ...(port === undefined ? {} : { port }) };
}

describe('the name of a BGPPeer', () => {
  it('is a valid name, and another one for each node and neighbour', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(node, neighbour), uniquely), (pairs) => {
        const names = pairs.map(([name, one]) => nodePeerName(name, one));
        for (const name of names) expect(name).to.match(subdomain);
        expect(new Set(names).size).to.equal(names.length);
      }),
      { numRuns: 300 },
    );
  });

  it('is another one for each neighbour and group', () => {
    const hash = fc.constantFrom('000000000001', 'e75fcbdf892c', undefined);
    const shared = fc.tuple(neighbour, hash);
    fc.assert(
      fc.property(fc.uniqueArray(shared, { ...uniquely, minLength: 20 }), (pairs) => {
        const names = pairs.map(([one, groupHash]) => sharedPeerName(one, groupHash));
        for (const name of names) expect(name).to.match(subdomain);
        expect(new Set(names).size).to.equal(names.length);
      }),
    );
  });

  const router: Neighbour = { address: '10.0.0.1', family: 4 };
  const v6: Neighbour = { address: 'fd00::1', family: 6, port: 1179 };
  const table: readonly [string, Neighbour, string | RegExp][] = [
    ['node-0', router, 'node-0-10.0.0.1'],
    ['node-0', v6, 'node-0-v6-fd00--1-port-1179'],
    ['Node_0', router, /^node-0-10\.0\.0\.1-x[0-9a-f]{8}$/],
    ['a..b', router, /^a--b-10\.0\.0\.1-x[0-9a-f]{8}$/],
    ['a'.repeat(253), router, /^a{234}-10\.0\.0\.1-x[0-9a-f]{8}$/],
  ];
  for (const [name, one, expected] of table) {
    it(`of ${name.slice(0, 10)} and ${one.address} is readable and fits`, () => {
      const text = nodePeerName(name, one);
      expect(text).to.have.length.at.most(253);
      if (typeof expected === 'string') expect(text).to.equal(expected);
      else expect(text).to.match(expected);
    });
  }
});

const uniquely = { selector: (value: unknown): string => JSON.stringify(value) };
