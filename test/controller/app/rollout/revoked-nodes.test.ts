/** Rollouts that wait for revoked nodes: they say that these cannot come back, and what to do. */
import { expect } from 'chai';
import { FleetOfAgents } from './fleet-of-agents.ts';

const before = 'global-as-number: 64512\n';
const after = 'global-as-number: 64513\n';
const first = [{ name: 'first', nodes: ['a', 'b'] }];
const advice =
  '; b was revoked, and cannot connect again without a new certificate: issue one (authority of the controller: calico-controller token create --node b), accept the old one again with calico-controller revoke --undo b, or take it out with calico-controller forget b';

describe('a rollout with a revoked node', () => {
  let fleet: FleetOfAgents;
  const waitText = (): string => fleet.view().waitsFor?.text ?? '';

  beforeEach(async () => {
    fleet = new FleetOfAgents(['a', 'b', 'c']);
    await fleet.boot();
    await fleet.pushText(before);
    await fleet.turns(2);
  });

  afterEach(() => fleet.rollouts.stop());

  it('that took the revision says so while it waits, and when it goes back', async () => {
    fleet.agent('b').isSlow = true;
    await fleet.start(after, { waves: first, limit: '10m' });
    await fleet.turns(1);
    fleet.revoke(fleet.agent('b'));
    await fleet.turns(1);
    expect(waitText()).to.equal(`wave first: waits for 1 node to connect again${advice}`);
    await fleet.turns(10);
    expect(fleet.view().reason).to.equal(
      '1 node of wave first did not confirm in time (1 disconnected after they took it); b was revoked',
    );
  });

  it('that had confirmed says so while it settles, and when it goes back', async () => {
    await fleet.start(after, { waves: first, limit: '10m', settle: '5m' });
    await fleet.turns(1);
    fleet.revoke(fleet.agent('b'));
    await fleet.turns(1);
    expect(waitText()).to.equal(`wave first: settles, and waits for b to connect again${advice}`);
    await fleet.turns(15);
    expect(fleet.view().reason).to.equal(
      'b of wave first disconnected after confirming, and did not come back in time; b was revoked',
    );
  });

  it('alone in its wave says so while it waits, and when it goes back', async () => {
    fleet.revoke(fleet.agent('b'));
    await fleet.start(after, { waves: [{ name: 'first', nodes: ['b'] }], limit: '10m' });
    await fleet.turns(1);
    expect(waitText()).to.equal(`wave first: waits for a node to connect and confirm${advice}`);
    await fleet.turns(10);
    expect(fleet.view().reason).to.equal(
      'no node of wave first has confirmed in time; b was revoked',
    );
  });

  it('says so at the barrier, and goes on when the node is back with a new certificate', async () => {
    fleet.revoke(fleet.agent('b'));
    await fleet.start(after, { limit: '10m', settle: '0s' });
    await fleet.turns(2);
    expect(waitText()).to.equal(
      `barrier before the cluster share: 2 of 3 nodes prepared; waits for b (away: it was revoked)${advice}`,
    );
    fleet.connect(fleet.agent('b'));
    await fleet.turns(3);
    expect(fleet.view().phase).to.equal('done');
  });
});
