import { expect } from 'chai';
import { planDesired } from '../../../../core/deciding/plan-all-targets.ts';
import type { AnyPlan } from '../../../../core/plan/plan.ts';
import { render } from '../../../../core/render/render.ts';
import { metalLbEdits } from '../../../../core/render/metallb/cluster-edits.ts';
import { native } from '../../../support/samples/models.ts';
import { observedOf, ours } from '../sample.ts';

const byCalico = ours({
  apiVersion: 'projectcalico.org/v3',
  kind: 'BGPConfiguration',
  metadata: { name: 'default' },
  spec: {
    asNumber: 64_512,
    serviceLoadBalancerIPs: ['203.0.113.16/28', '2001:db8:113::/120', '10.9.0.0/24'].map(
      (cidr) => ({ cidr }),
    ),
  },
});

function planOf(speaker: string, bgp: object = {}): AnyPlan {
  const pools = [
    { name: 'public', addresses: ['203.0.113.16-203.0.113.31', '2001:db8:113::/120'] },
  ];
  const model = native({
    bgp: { asNumber: 64_512, ...bgp },
    metallb: {
      speaker,
      pools,
      ...(speaker === 'metallb' && { layer2: [{ name: 'public', ipAddressPools: ['public'] }] }),
    },
  });
  const desired = render(model, [], { cluster: true });
  const cluster = desired.metallb === undefined ? [] : metalLbEdits(desired.metallb);
  const observed = observedOf(byCalico);
  return planDesired({ desired: { ...desired, cluster }, observed, previousProjects: [] });
}

const shown = ({ issues }: AnyPlan): readonly (string | undefined)[] =>
  issues
    .filter(({ code }) => code === 'metallb-announced-twice')
    .flatMap((one) => [one.message, one.hint]);

describe('networks that Calico goes on announcing after a change to speaker: metallb', () => {
  it('are named, with the line that takes them out and leaves the others', () => {
    expect(shown(planOf('metallb'))).to.deep.equal([
      'Calico goes on announcing 203.0.113.16/28, 2001:db8:113::/120 (serviceLoadBalancerIPs of its BGPConfiguration), and the speaker of these pools is metallb',
      'add serviceLoadBalancerIPs: [10.9.0.0/24] to bgp: the agent then takes them out; or take speaker: calico',
    ]);
  });

  it('are taken out by that line', () => {
    const plan = planOf('metallb', { serviceLoadBalancerIPs: ['10.9.0.0/24'] });
    expect(shown(plan)).to.deep.equal([]);
    const [change] = plan.steps.flatMap(({ changes }) => changes);
    expect(change?.action === 'update' && change.resource.spec).to.deep.include({
      serviceLoadBalancerIPs: [{ cidr: '10.9.0.0/24' }],
    });
    const none = planOf('metallb', { serviceLoadBalancerIPs: [] });
    expect([shown(none), none.issues.filter(({ severity }) => severity === 'error')]).to.deep.equal(
      [[], []],
    );
    expect(none.steps).to.have.length(1);
  });

  it('are as they should be with speaker: calico', () => {
    expect(shown(planOf('calico'))).to.deep.equal([]);
  });
});
