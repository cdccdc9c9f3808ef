import { expect } from 'chai';
import { createFleet } from '../../../../controller/app/fleet/create-fleet.ts';
import type { Fleet } from '../../../../controller/app/fleet/fleet.ts';
import type { ProposalRecords } from '../../../../controller/app/proposals/proposal-records.ts';
import { createProposals, type Proposals } from '../../../../controller/app/proposals/proposals.ts';
import { createPush, type Push } from '../../../../controller/app/push/push.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import type { StoredProposal } from '../../../../schemas/generated/proposal.ts';
import { failure } from '../../../support/failure.ts';
import { rolloutsOf } from '../../../support/twins/forgetful-store.ts';
import { inProcessChecker } from '../../../support/twins/in-process-checker.ts';

/** Keeps proposals in memory. */
function keptInMemory(): ProposalRecords {
  const known = new Map<number, StoredProposal>();
  const texts = new Map<number, string>();
  return {
    load: () => Promise.resolve(),
    known: () => known,
    save: (proposal, text) => {
      known.set(proposal.id, proposal);
      if (text !== undefined) texts.set(proposal.id, text);
      return Promise.resolve();
    },
    close: (proposal, old) => {
      known.set(proposal.id, proposal);
      texts.delete(proposal.id);
      for (const id of old) known.delete(id);
      return Promise.resolve();
    },
    text: (id) => Promise.resolve(texts.get(id)),
  };
}

const textWith = (as: number): string => `global-as-number: ${String(as)}\n`;

describe('proposals in their turn', () => {
  let fleet: Fleet;
  let records: ProposalRecords;
  let push: Push;
  let proposals: Proposals;
  const now = (): string => '2026-01-01T00:00:00Z';
  const mediaType = 'application/yaml';
  const propose = async (as: number, by: string): Promise<number> => {
    const { proposal } = await proposals.propose({ text: textWith(as), mediaType, by });
    return proposal.id;
  };

  beforeEach(() => {
    fleet = createFleet(
      { lastNumber: 0, nodes: [] },
      { lineage: 'controller:default', logger: silentLogger, now, onKept: () => undefined },
    );
    records = keptInMemory();
    const checker = inProcessChecker;
    const rollouts = rolloutsOf(fleet, now);
    push = createPush({ cluster: 'default', fleet, checker, rollouts, now, logger: silentLogger });
    const approvals = { required: 0, byAnother: true };
    proposals = createProposals({ records, fleet, checker, push, approvals, now });
  });

  it('are not applied behind a push that took its turn before', async () => {
    const id = await propose(64_513, 'ann');
    const pushing = push({ text: textWith(64_514), mediaType, by: 'eve' });
    // Nobody has pushed yet when this begins.
    expect(fleet.lastNumber()).to.equal(0);
    const late = await failure(proposals.apply(id, 'bob'));
    expect(late.code).to.equal('base-changed');
    await pushing;
    expect(fleet.revision()).to.include({ number: 1, by: 'eve' });
  });

  it('are refused where the same content waits for the same revision', async () => {
    const id = await propose(64_513, 'ann');
    const again = await failure(propose(64_513, 'bob'));
    expect(again.code).to.equal('bad-request');
    expect(again.message).to.contain(`proposal ${String(id)} by ann has the same content`);
    await proposals.withdraw(id, 'ann');
    expect(await propose(64_513, 'bob')).to.equal(id + 1);
  });

  it('of one person leave room for those of others', async () => {
    for (let one = 0; one < 10; one += 1)
      await propose(64_513 + one, one % 2 === 0 ? 'ann' : 'Ann');
    const full = await failure(propose(64_600, 'ANN'));
    expect(full.code).to.equal('busy');
    expect(full.message).to.contain('you have 10 open proposals');
    expect(await propose(64_600, 'bob')).to.equal(11);
  });

  it('take no room where the fleet has them already', async () => {
    for (let one = 0; one < 10; one += 1) await propose(64_513 + one, 'ann');
    // It ended before it could note that the first one is applied.
    await push({ text: textWith(64_513), mediaType, by: 'ann' });
    expect(proposals.get(1).state).to.equal('applied');
    expect(await propose(64_600, 'ann')).to.equal(11);
  });
});
