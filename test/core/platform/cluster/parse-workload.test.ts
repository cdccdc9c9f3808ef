import { expect } from 'chai';
import { parseWorkload, rolloutState } from '../../../../core/platform/cluster/parse-workload.ts';

describe('a workload', () => {
  it('has one pod where a Deployment does not say how many', () => {
    const workload = parseWorkload('Deployment', {
      metadata: { namespace: 'kube-system', name: 'calico-kube-controllers', generation: 1 },
      spec: { template: {} },
      status: { observedGeneration: 1 },
    });
    expect(workload && rolloutState(workload)).to.deep.equal({
      state: 'progressing',
      why: '0 of 1 pods are new',
    });
  });
});
