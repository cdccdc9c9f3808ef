/** What agents report about revisions changes no proposal: one agent could void every approval. */
import { expect } from 'chai';
import { createProposalChecks } from '../../../../controller/app/proposals/proposal-checks.ts';
import { createProposalRecords } from '../../../../controller/app/proposals/proposal-records.ts';
import { createProposals, type Proposals } from '../../../../controller/app/proposals/proposals.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import { inProcessChecker } from '../../../support/twins/in-process-checker.ts';
import { FleetOfAgents } from '../rollout/fleet-of-agents.ts';

const before = 'global-as-number: 64512\n';
const after = 'global-as-number: 64513\n';
const mediaType = 'application/yaml';

describe('proposals and the numbers that agents report', () => {
  let fleet: FleetOfAgents;
  let proposals: Proposals;
  const now = (): string => '2026-10-26T12:00:00Z';

  /** The controller begins with what is stored. */
  const begin = async (): Promise<void> => {
    await fleet.boot();
    const records = createProposalRecords(fleet.store, 'default', silentLogger);
    await records.load();
    proposals = createProposals({
      ...{ cluster: 'default', fleet: fleet.fleet, checker: inProcessChecker, now, records },
      rollouts: fleet.rollouts,
      store: fleet.fleetStore,
      push: fleet.push,
      start: ({ text, strategy, ...more }) => fleet.start(text, strategy, more),
      rules: { settings: { required: 1, byAnother: true }, isSame: (one, other) => one === other },
      checks: createProposalChecks({ now, elapsedMs: () => 0 }),
    });
  };
  /** The agent says that it has this number of the controller's lineage. */
  const report = (name: string, number: number): void => {
    const agent = fleet.agent(name);
    if (agent.accepted === undefined) throw new Error('it has no revision');
    agent.accepted = { ...agent.accepted, number };
    fleet.connect(agent);
  };
  const approved = async (): Promise<number> => {
    const { proposal } = await proposals.propose({ text: after, mediaType, by: 'ann' });
    await proposals.approve(proposal.id, { by: 'bob' });
    return proposal.id;
  };

  beforeEach(async () => {
    fleet = new FleetOfAgents(['a', 'b', 'c']);
    await begin();
    await fleet.pushText(before);
    await fleet.turns(2);
  });

  afterEach(() => fleet.rollouts.stop());

  it('count on when an agent reports a higher one, and are applied above it', async () => {
    const id = await approved();
    report('b', 5);
    expect(fleet.fleet.lastNumber()).to.equal(5);
    expect(proposals.get(id)).to.include({ counted: 1 }).and.not.have.property('outdated');
    const { outcome } = await proposals.apply(id, 'ann');
    expect(outcome.revision.number).to.equal(6);
  });

  it('count on after a restart that forgets what an agent reported', async () => {
    report('b', 5);
    const id = await approved();
    report('b', 1);
    await begin();
    expect(fleet.fleet.lastNumber()).to.equal(1);
    expect(proposals.get(id)).to.include({ counted: 1 }).and.not.have.property('outdated');
    const { outcome } = await proposals.apply(id, 'ann');
    expect(outcome.revision.number).to.equal(2);
  });

  it('are not shown as applied because an agent reports a higher one', async () => {
    report('b', 5);
    const again = { text: before, mediaType, by: 'ann', terms: { retry: true } } as const;
    const { proposal } = await proposals.propose(again);
    report('c', 6);
    expect(proposals.get(proposal.id).state).to.equal('open');
    // The next proposal stores the ends of others, and removes their texts.
    await approved();
    expect((await proposals.content(proposal.id))?.text).to.equal(before);
  });
});
