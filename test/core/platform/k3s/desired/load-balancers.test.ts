import { expect } from 'chai';
import { loadBalancerWaits } from '../../../../../core/platform/k3s/desired/load-balancers.ts';

describe('what a switch of load balancers waits for', () => {
  const observed = { services: [], serviceLb: { daemonSets: 2 } };

  it('is that ServiceLB is gone before MetalLB gets pools, as soon as the switch is planned', () => {
    const between = 'ServiceLB has no DaemonSets any more (now: 2)';
    expect(loadBalancerWaits('metallb', observed, true)).to.deep.equal({ between });
    expect(loadBalancerWaits('metallb', observed, false)).to.deep.equal({ between });
  });

  it('is nothing on the way to ServiceLB, which has to have its DaemonSets', () => {
    expect(loadBalancerWaits('servicelb', observed, true)).to.deep.equal({});
  });
});
