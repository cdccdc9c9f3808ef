import { expect } from 'chai';
import { parsePod, podsByController } from '../../../../core/platform/cluster/parse-pod.ts';

function podOf(name: string, kind: string): object {
  return {
    metadata: { namespace: 'default', name, ownerReferences: [{ kind, name, controller: true }] },
    status: { phase: 'Running', podIP: '10.1.0.5' },
  };
}

describe('pods outside of their network', () => {
  it('are those of controllers that would make them again, and none of a Job', () => {
    const pods = ['StatefulSet', 'Job', 'Node'].map((kind) => podOf(kind.toLowerCase(), kind));
    const read = pods.flatMap((pod) => parsePod(pod) ?? []);
    const found = podsByController(read, () => true).map(({ controller }) => controller?.kind);
    expect(found).to.deep.equal(['StatefulSet']);
  });
});
