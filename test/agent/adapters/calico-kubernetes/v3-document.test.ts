import { expect } from 'chai';
import { documentOf } from '../../../../agent/adapters/calico-kubernetes/objects/v3-document.ts';

describe('an object of the Kubernetes API as a document of projectcalico.org/v3', () => {
  it('prefers its own labels and annotations to those that calicoctl moved', () => {
    const moved = {
      labels: { rack: 'old', row: '7' },
      annotations: { note: 'old', ticket: '1' },
    };
    const document = documentOf('BGPPeer', {
      metadata: {
        name: 'tor',
        managedFields: [],
        labels: { rack: 'new' },
        annotations: { note: 'new', 'projectcalico.org/metadata': JSON.stringify(moved) },
      },
      spec: { peerIP: '10.0.0.1' },
    });
    expect(document).to.deep.equal({
      apiVersion: 'projectcalico.org/v3',
      kind: 'BGPPeer',
      metadata: {
        name: 'tor',
        labels: { rack: 'new', row: '7' },
        annotations: { note: 'new', ticket: '1' },
      },
      spec: { peerIP: '10.0.0.1' },
    });
  });
});
