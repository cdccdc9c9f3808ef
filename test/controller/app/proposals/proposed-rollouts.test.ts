/** Rollouts under approvals: what cannot be started cannot be proposed, and every hint works. */
import { expect } from 'chai';
import { createProposalChecks } from '../../../../controller/app/proposals/proposal-checks.ts';
import { createProposalRecords } from '../../../../controller/app/proposals/proposal-records.ts';
import { createProposals, type Proposals } from '../../../../controller/app/proposals/proposals.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import type { RolloutStrategy } from '../../../../schemas/generated/rollout-strategy.ts';
import { failure } from '../../../support/failure.ts';
import { inProcessChecker } from '../../../support/twins/in-process-checker.ts';
import { FleetOfAgents } from '../rollout/fleet-of-agents.ts';

const before = 'global-as-number: 64512\n';
const after = 'global-as-number: 64513\n';
const mediaType = 'application/yaml';
const strategy: RolloutStrategy = {
  apiVersion: 'calico-agent/v1',
  kind: 'RolloutStrategy',
  settle: '0s',
  waves: [{ name: 'canary', nodes: ['a'] }],
};

describe('proposed rollouts', () => {
  let fleet: FleetOfAgents;
  let proposals: Proposals;
  const now = (): string => '2026-10-26T12:00:00Z';

  beforeEach(async () => {
    fleet = new FleetOfAgents(['a', 'b', 'c']);
    await fleet.boot();
    proposals = createProposals({
      ...{ cluster: 'default', fleet: fleet.fleet, checker: inProcessChecker, now },
      rollouts: fleet.rollouts,
      store: fleet.fleetStore,
      records: createProposalRecords(fleet.store, 'default', silentLogger),
      push: fleet.push,
      start: ({ text, strategy: given, ...more }) => fleet.start(text, given, more),
      rules: {
        settings: { required: 1, byAnother: true },
        isSame: (one, other) => one === other,
      },
      checks: createProposalChecks({ now, elapsedMs: () => 0 }),
    });
    await fleet.pushText(before);
    await fleet.turns(2);
  });

  afterEach(() => fleet.rollouts.stop());

  const approved = async (given: RolloutStrategy | undefined): Promise<number> => {
    const content = { text: after, ...(given !== undefined && { strategy: given }) };
    const { proposal } = await proposals.propose({ ...content, mediaType, by: 'ann' });
    await proposals.approve(proposal.id, { by: 'bob' });
    return proposal.id;
  };

  it('have no waves behind a barrier unless losses are accepted, and name their barrier', async () => {
    const given = { text: after, mediaType, by: 'ann' } as const;
    const early = { ...strategy, clusterShare: 'canary' };
    const refused = await failure(proposals.propose({ ...given, strategy: early }));
    expect(refused.code).to.equal('invalid-config');
    expect(refused.message).to.contain('cannot propose the rollout');
    expect(refused.issues.map(({ code, hint }) => [code, hint])).to.deep.equal([
      [
        'wave-after-barrier',
        'leave clusterShare out, or write last; with calico-controller propose --accept-loss the rollout begins so',
      ],
    ]);
    expect(proposals.list()).to.deep.equal([]);
    const terms = { acceptLoss: true } as const;
    await proposals.propose({ ...given, strategy: early, terms });
    const { barrier } = await proposals.propose({ ...given, strategy });
    expect(barrier).to.equal('AS numbers change');
  });

  it('warn of nodes of a wave that are not known, and so does the rollout', async () => {
    const given = { ...strategy, waves: [{ name: 'canary', nodes: ['a', 'rack-9'] }] };
    const codes = (
      issues: readonly { readonly code: string; readonly pointer: string }[],
    ): unknown => issues.map(({ code, pointer }) => `${code} ${pointer}`);
    const answer = await proposals.propose({ text: after, mediaType, by: 'ann', strategy: given });
    expect(codes(answer.issues)).to.include('wave-with-unknown-nodes /waves/0/nodes/1');
    await proposals.approve(answer.proposal.id, { by: 'bob' });
    const { outcome } = await proposals.apply(answer.proposal.id, 'ann');
    expect(codes(outcome.issues)).to.include('wave-with-unknown-nodes /waves/0/nodes/1');
  });

  it('are not for agents that would change the cluster-wide resources at once', async () => {
    const old = fleet.agent('b');
    old.isOld = true;
    fleet.connect(old);
    const refused = await failure(approved(strategy));
    expect(refused.message).to.match(
      /^cannot propose the rollout: the agents of b are older, .*propose the configuration for all nodes at once, without --strategy$/,
    );
    expect(await approved(undefined)).to.equal(1);
  });

  it('that failed nodes stop are proposed again so that they may begin', async () => {
    fleet.agent('b').refuses = 'global-as-number: 64600\n';
    await fleet.pushText('global-as-number: 64600\n');
    await fleet.turns(1);
    const id = await approved(strategy);
    const refused = await failure(proposals.apply(id, 'ann'));
    expect(refused.code).to.equal('rollout-not-possible');
    expect(refused.message).to.equal(
      'cannot apply proposal 1: b did not take revision 2 (calico-controller nodes --only failed); mend that, or propose it so that it ends that: calico-controller propose --again 1 --supersede',
    );
    const terms = { supersede: true } as const;
    const { proposal } = await proposals.proposeAgain(id, 'ann', { terms, message: 'now' });
    expect(proposal).to.include({ id: 2, counted: 0, message: 'now' });
    expect(proposal.plan).to.deep.equal({ kind: 'rollout', supersede: true });
    expect(proposal.whole).to.not.equal(proposals.get(id).whole);
    expect((await failure(proposals.apply(2, 'ann'))).code).to.equal('approval-missing');
    await proposals.approve(2, { by: 'bob' });
    expect((await proposals.apply(2, 'ann')).outcome.result).to.equal('started');
  });

  it('and pushes do not end a rollout that is running, unless that was approved', async () => {
    await fleet.start('global-as-number: 64600\n', strategy);
    const id = await approved(undefined);
    const refused = await failure(proposals.apply(id, 'ann'));
    expect(refused.message).to.match(
      /the rollout of revision 2 is running; .*propose --again 1 --supersede$/,
    );
    const { proposal } = await proposals.proposeAgain(id, 'ann', { terms: { supersede: true } });
    await proposals.approve(proposal.id, { by: 'bob' });
    expect((await proposals.apply(proposal.id, 'ann')).outcome.result).to.equal('accepted');
    expect(fleet.view().kind).to.equal('push');
  });

  it('keep their terms when they are proposed again with others', async () => {
    const terms = { acceptLoss: true, despite: ['a'], confirmSeconds: 60 } as const;
    const given = { text: after, mediaType, by: 'ann', message: 'why' } as const;
    await proposals.propose({ ...given, terms: { ...terms, despite: ['a'] } });
    const { proposal } = await proposals.proposeAgain(1, 'ann', {
      terms: { despite: ['b'], confirmSeconds: 90 },
    });
    expect(proposal.message).to.equal('why');
    expect(proposal.plan).to.deep.equal({
      ...{ kind: 'push', acceptLoss: true, confirmSeconds: 90 },
      despite: ['a', 'b'],
    });
  });
});
