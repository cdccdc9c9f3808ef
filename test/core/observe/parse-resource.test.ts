import { expect } from 'chai';
import { observeObject } from '../../../core/observe/observe-object.ts';
import { parseResource } from '../../../core/observe/parse-resource.ts';

const apiVersion = 'projectcalico.org/v3';
const spec = { peerIP: '10.0.0.1', asNumber: 65001 };

describe('an object of a datastore', () => {
  const odd: readonly unknown[] = [
    ...['constructor', 'toString', '__proto__', 'hasOwnProperty', ''],
    ...[undefined, null, 7, ['BGPPeer'], { toString: 1, valueOf: 1 }],
  ];
  for (const kind of odd) {
    it(`is foreign when its kind is ${kind === undefined ? 'absent' : JSON.stringify(kind)}`, () => {
      const document = { apiVersion, kind, metadata: { name: 'x' }, spec };
      expect(parseResource(document)).to.deep.equal({ kind: 'foreign' });
      expect(observeObject('BGPPeer', 'x', document)).to.include({ kind: 'taken' });
    });
  }

  it('takes a name of the kind of its place, whatever kind it has', () => {
    const document = { apiVersion, kind: 'BGPPeer', metadata: { name: 'x' }, spec };
    expect(observeObject('BGPPeer', 'x', document)).to.include({ kind: 'resource' });
    expect(observeObject('IPPool', 'x', document)).to.deep.equal({
      kind: 'taken',
      taken: { kind: 'IPPool', name: 'x', why: 'its kind is BGPPeer', isUnreadable: true },
    });
  });
});
