import { expect } from 'chai';
import fc from 'fast-check';
import type { BGPPeer, Metadata } from '../../../core/calico/resource.ts';
import type { Scope } from '../../../core/render/desired.ts';
import { ownerOf, released, stamped } from '../../../core/render/ownership.ts';
import { standingFor, standsFor } from '../../../core/render/stands-for.ts';

const peer: BGPPeer = {
  apiVersion: 'projectcalico.org/v3',
  kind: 'BGPPeer',
  metadata: { name: 'a', labels: { team: 'network' } },
  spec: { peerIP: '10.0.0.1', asNumber: 64512 },
};
const revision = { lineage: 'juju:calico#x', number: 42 };
const scopes: readonly Scope[] = [{ kind: 'cluster' }, { kind: 'node', node: 'Node-0.example' }];

describe('our mark on a resource', () => {
  for (const scope of scopes) {
    it(`has scope, lineage and number: ${scope.kind}`, () => {
      const marked = stamped(peer, scope, revision);
      expect(ownerOf(marked)).to.deep.equal({ scope, ...revision });
      expect(marked.metadata.labels).to.include({ team: 'network' });
    });
  }

  it('is found in the place to which calicoctl moves it', () => {
    const { labels, annotations } = stamped(peer, { kind: 'cluster' }, revision).metadata;
    const moved = JSON.stringify({ labels, annotations, uid: '1' });
    const metadata: Metadata = { name: 'a', annotations: { 'projectcalico.org/metadata': moved } };
    expect(ownerOf({ metadata })).to.deep.equal({ scope: { kind: 'cluster' }, ...revision });
  });

  const whole = stamped(peer, { kind: 'cluster' }, revision).metadata;
  const foreign: readonly [string, Metadata][] = [
    ['no mark', { name: 'a' }],
    ['somebody else’s label', { ...whole, labels: { 'app.kubernetes.io/managed-by': 'Helm' } }],
    ['only the label', { name: 'a', ...(whole.labels && { labels: whole.labels }) }],
    [
      'an unknown scope',
      { ...whole, annotations: { ...whole.annotations, 'calico-agent/share': 'x' } },
    ],
    [
      'no number',
      { ...whole, annotations: { ...whole.annotations, 'calico-agent/revision': 'l' } },
    ],
  ];
  for (const [what, metadata] of foreign) {
    it(`is absent with ${what}`, () => {
      expect(ownerOf({ metadata })).to.equal(undefined);
    });
  }

  it('is read without ever throwing', () => {
    const hostile = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constantFrom(
        'null',
        '[]',
        '{"labels":null,"annotations":[1]}',
        '{"__proto__":{"labels":1}}',
      ),
    );
    fc.assert(
      fc.property(hostile, (text) => {
        const metadata = { name: 'a', annotations: { 'projectcalico.org/metadata': text } };
        expect(ownerOf({ metadata })).to.equal(undefined);
      }),
    );
  });
});

describe('a released object', () => {
  const foreign: Metadata = {
    name: 'a',
    labels: { team: 'network' },
    annotations: { 'example.com/calico-agent/x': '1' },
  };

  it('is as it was before it had our marks', () => {
    for (const scope of scopes) {
      const before = { ...peer, metadata: foreign };
      expect(released(standingFor(stamped(before, scope, revision), 'b'))).to.deep.equal(before);
    }
    const bare = { ...peer, metadata: { name: 'a' } };
    expect(released(stamped(bare, { kind: 'cluster' }, revision))).to.deep.equal(bare);
  });

  it('has no owner, also when calicoctl has moved its marks, and keeps its other moved metadata', () => {
    const marked = stamped({ ...peer, metadata: foreign }, { kind: 'cluster' }, revision).metadata;
    const moved = JSON.stringify({ ...marked, uid: '1' });
    const metadata: Metadata = { name: 'a', annotations: { 'projectcalico.org/metadata': moved } };
    const back = released({ ...peer, metadata });
    expect(ownerOf(back)).to.equal(undefined);
    const left: unknown = JSON.parse(
      back.metadata.annotations?.['projectcalico.org/metadata'] ?? '',
    );
    expect(left).to.deep.equal({ ...foreign, uid: '1' });
  });

  it('keeps a foreign label of the same name, and marks that it cannot read', () => {
    const metadata: Metadata = {
      name: 'a',
      labels: { 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: { 'projectcalico.org/metadata': '{"labels": 1' },
    };
    expect(released({ ...peer, metadata }).metadata).to.deep.equal(metadata);
  });
});

describe('the desired name of an adopted object', () => {
  it('is found, also in the place to which calicoctl moves it', () => {
    const { metadata } = standingFor(peer, 'Router.a');
    const moved = JSON.stringify(metadata);
    expect(standsFor({ metadata })).to.equal('Router.a');
    const elsewhere = { name: 'a', annotations: { 'projectcalico.org/metadata': moved } };
    expect(standsFor({ metadata: elsewhere })).to.equal('Router.a');
    expect(standsFor(peer)).to.equal(undefined);
  });
});
