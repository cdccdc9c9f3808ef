import { expect } from 'chai';
import { createProposalRecords } from '../../../../controller/app/proposals/proposal-records.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import type { StoredProposal } from '../../../../schemas/generated/proposal.ts';
import { failure } from '../../../support/failure.ts';
import { memoryStore } from '../../../support/twins/memory-store.ts';

const proposal: StoredProposal = {
  formatVersion: 1,
  id: 1,
  state: 'open',
  by: 'ann',
  at: '2026-01-01T00:00:00Z',
  mediaType: 'application/yaml',
  digest: 'sha256:0',
  base: { number: 0 },
  bytes: 1,
  approvals: [],
};

describe('records of proposals', () => {
  it('are not written where nobody could read them again', async () => {
    const records = createProposalRecords(memoryStore(), 'default', silentLogger);
    await records.save(proposal, { text: 'a: 1' });
    const approvals = Array.from({ length: 21 }, (_none, one) => ({
      by: `p${String(one)}`,
      at: proposal.at,
    }));
    const { code, message } = await failure(records.save({ ...proposal, approvals }));
    expect(code).to.equal('internal');
    expect(message).to.match(/cannot store proposal 1, .*\/approvals must NOT have more than 20/);
    await records.load();
    expect(records.known().get(1)).to.deep.equal(proposal);
  });
});
