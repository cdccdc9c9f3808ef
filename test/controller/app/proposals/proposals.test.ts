import { expect } from 'chai';
import type { LostRight } from '../../../../controller/app/access/lost-right.ts';
import { samePersonOf } from '../../../../controller/app/access/same-person.ts';
import { createFleet } from '../../../../controller/app/fleet/create-fleet.ts';
import type { Fleet } from '../../../../controller/app/fleet/fleet.ts';
import {
  createProposalRecords,
  type ProposalRecords,
} from '../../../../controller/app/proposals/proposal-records.ts';
import { createProposalChecks } from '../../../../controller/app/proposals/proposal-checks.ts';
import {
  createProposals,
  type Decider,
  type Proposals,
} from '../../../../controller/app/proposals/proposals.ts';
import { createPush, type Push } from '../../../../controller/app/push/push.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import type { ProposalContent } from '../../../../controller/app/proposals/proposed-change.ts';
import type { StoredProposal } from '../../../../schemas/generated/proposal.ts';
import { isProposal } from '../../../../schemas/generated/proposal.validator.js';
import { failure } from '../../../support/failure.ts';
import { forgetfulStore, rolloutsOf } from '../../../support/twins/forgetful-store.ts';
import { inProcessChecker } from '../../../support/twins/in-process-checker.ts';
import { memoryStore } from '../../../support/twins/memory-store.ts';

/** Keeps proposals in memory. */
function keptInMemory(): ProposalRecords {
  const known = new Map<number, StoredProposal>();
  const contents = new Map<number, ProposalContent>();
  const kept: ProposalRecords = {
    load: () => Promise.resolve(),
    known: () => known,
    save: (proposal, content) => {
      known.set(proposal.id, proposal);
      if (content !== undefined) contents.set(proposal.id, content);
      return Promise.resolve();
    },
    close: (proposal, old) => {
      known.set(proposal.id, proposal);
      contents.delete(proposal.id);
      for (const id of old) known.delete(id);
      return Promise.resolve();
    },
    replace: async (closed, next, content, old) => {
      await kept.save(next, content);
      await kept.close(closed, old);
    },
    content: (id) => Promise.resolve(contents.get(id)),
  };
  return kept;
}

const textWith = (as: number): string => `global-as-number: ${String(as)}\n`;

describe('proposals in their turn', () => {
  let fleet: Fleet;
  let records: ProposalRecords;
  let push: Push;
  let proposals: Proposals;
  let today: number;
  /** Who could not approve any more, by how they are known. */
  let lost: Map<string, LostRight>;
  const now = (): string => new Date(today).toISOString();
  const mediaType = 'application/yaml';
  const propose = async (as: number, by: string): Promise<number> => {
    const { proposal } = await proposals.propose({ text: textWith(as), mediaType, by });
    return proposal.id;
  };

  const open = (required: number): void => {
    const rollouts = rolloutsOf(fleet, now);
    const parts = { cluster: 'default', fleet, checker: inProcessChecker, rollouts, now };
    push = createPush({ ...parts, store: forgetfulStore, logger: silentLogger });
    const isSame = samePersonOf([{ name: 'ann', alsoNamed: ['asmith'] }]);
    proposals = createProposals({
      store: forgetfulStore,
      ...parts,
      records,
      push,
      start: () => Promise.reject(new Error('not here')),
      rules: {
        settings: { required, byAnother: true },
        isSame,
        lostRight: ({ how = '' }) => lost.get(how),
      },
      checks: createProposalChecks({ now, elapsedMs: () => 0 }),
    });
  };

  beforeEach(() => {
    today = Date.parse('2026-01-01T00:00:00Z');
    fleet = createFleet(
      { lastNumber: 0, nodes: [] },
      { lineage: 'controller:default', logger: silentLogger, now, onKept: () => undefined },
    );
    records = keptInMemory();
    lost = new Map();
    open(0);
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

  it('of a followed file take the place of its own, also where there is no room', async () => {
    const source = { text: textWith(64_000), mediaType, by: 'source lab.yaml' } as const;
    const first = (await proposals.propose(source)).proposal.id;
    for (let one = 1; one < 50; one += 1) {
      await propose(64_000 + one, `person-${String(Math.floor(one / 10))}`);
    }
    const next = { ...source, text: textWith(64_100) };
    expect((await failure(proposals.propose(next))).message).to.contain('room for 50');
    expect((await failure(proposals.tryOut(next))).code).to.equal('busy');
    await proposals.tryOut(next, first);
    const { proposal } = await proposals.propose(next, first);
    expect(proposals.get(first).closed).to.include({
      by: source.by,
      reason: `proposal ${String(proposal.id)} is newer`,
    });
    // One that somebody closed meanwhile leaves its room to all.
    await proposals.reject(proposal.id, 'ann');
    await propose(64_200, 'eve');
    const late = await failure(proposals.propose({ ...source, text: textWith(64_300) }, first));
    expect(late.code).to.equal('busy');
  });

  it('take no more room when they are proposed again, and are not both open at any moment', async () => {
    const store = memoryStore();
    records = createProposalRecords(store, 'default', silentLogger);
    open(1);
    for (let one = 0; one < 10; one += 1) await propose(64_513 + one, 'ann');
    const { commits } = store;
    const { proposal } = await proposals.proposeAgain(3, 'ann', { terms: { retry: true } });
    expect(proposal.id).to.equal(11);
    expect(store.commits - commits).to.equal(1);
    await records.load();
    expect(proposals.get(3)).to.include({ state: 'withdrawn' });
    expect(await records.content(3)).to.equal(undefined);
    expect((await records.content(11))?.text).to.equal(textWith(64_515));
    expect((await failure(propose(64_600, 'ann'))).code).to.equal('busy');
  });

  it('take no room where the fleet has them already', async () => {
    for (let one = 0; one < 10; one += 1) await propose(64_513 + one, 'ann');
    // It ended before it could note that the first one is applied.
    await push({ text: textWith(64_513), mediaType, by: 'ann' });
    expect(proposals.get(1).state).to.equal('applied');
    expect(await propose(64_600, 'ann')).to.equal(11);
  });

  it('are approved by another person than the one who made them, under any of their names', async () => {
    open(1);
    const id = await propose(64_513, 'ann');
    const cases: readonly [Decider, RegExp][] = [
      [{ by: 'ann' }, /you made it/],
      [{ by: 'ANN', how: 'certificate' }, /you made it/],
      [{ by: 'asmith' }, /you made it/],
      [{ by: 'ann@example.org' }, /you made it/],
      [
        { by: 'bob', how: 'token 1', issuedBy: 'ann' },
        /ann, who proposed it, made the token "bob"/,
      ],
      [{ by: 'bob', how: 'token 1', issuedBy: 'asmith@host' }, /made the token "bob"/],
      [{ by: 'bob', how: 'token 1', issuedBy: 'unknown' }, /nobody knows who made/],
    ];
    for (const [decider, reason] of cases) {
      const { code, message } = await failure(proposals.approve(id, decider));
      expect(code, JSON.stringify(decider)).to.equal('access-denied');
      expect(message).to.match(reason);
    }
    await proposals.approve(id, { by: 'bob', how: 'token 1', issuedBy: 'root' });
    await proposals.apply(id, 'ann');
    expect(fleet.revision()?.by).to.equal('ann (proposal 1 by ann, approved by bob)');
  });

  it('count two approvals of one person as one', async () => {
    open(2);
    const id = await propose(64_513, 'eve');
    await proposals.approve(id, { by: 'ann', how: 'certificate' });
    const { counted } = await proposals.approve(id, { by: 'asmith', how: 'token 1' });
    expect(counted).to.equal(1);
    expect((await failure(proposals.apply(id, 'bob'))).code).to.equal('approval-missing');
  });

  it('do not count the approval of a person who could not approve any more, until it is given again', async () => {
    open(1);
    const id = await propose(64_513, 'ann');
    await proposals.approve(id, { by: 'bob', how: 'token 1', issuedBy: 'root' });
    await proposals.approve(id, { by: 'carol', how: 'certificate' });
    lost.set('token 1', 'token-revoked').set('certificate', 'role-lost');
    const { counted, approvals } = proposals.get(id);
    expect(counted).to.equal(0);
    expect(approvals.map(({ against }) => against)).to.deep.equal([
      'the token is revoked',
      'the person has the role approve no more',
    ]);
    expect((await failure(proposals.apply(id, 'ann'))).code).to.equal('approval-missing');
    const again = await proposals.approve(id, { by: 'Bob', how: 'token 2', issuedBy: 'root' });
    expect(again.approvals.map(({ by, how }) => [by, how])).to.deep.equal([
      ['carol', 'certificate'],
      ['Bob', 'token 2'],
    ]);
    expect(again.counted).to.equal(1);
    await proposals.apply(id, 'ann');
    expect(fleet.revision()?.by).to.equal('ann (proposal 1 by ann, approved by Bob)');
    // What is applied keeps the approvals that it had.
    lost.set('token 2', 'token-revoked');
    expect(proposals.get(id).approvals.map(({ against }) => against)).to.deep.equal([
      undefined,
      undefined,
    ]);
  });

  it('have no more approvals than can be read again', async () => {
    open(1);
    const id = await propose(64_513, 'ann');
    for (let one = 0; one < 20; one += 1)
      await proposals.approve(id, { by: `p${String(one)}`, how: `token ${String(one)}` });
    const { code, message } = await failure(proposals.approve(id, { by: 'bob' }));
    expect(code).to.equal('bad-request');
    expect(message).to.contain('it has 20 approvals, and needs 1: calico-controller apply 1');
    lost.set('token 3', 'token-revoked');
    expect((await proposals.approve(id, { by: 'bob' })).counted).to.equal(20);
    expect(isProposal(records.known().get(id))).to.equal(true);
  });

  it('of a commit are not approved by its author', async () => {
    open(1);
    const about = { author: 'Bob Miller <bob@example.org>', commit: 'a'.repeat(40) };
    const given = { text: textWith(64_513), mediaType, by: 'source', ...about } as const;
    const { proposal } = await proposals.propose(given);
    for (const by of ['bob', 'BOB@example.org', 'bob.miller', 'bobmiller@elsewhere.org']) {
      const { message } = await failure(proposals.approve(proposal.id, { by }));
      expect(message, by).to.contain('its commit is by Bob Miller');
    }
    expect((await proposals.approve(proposal.id, { by: 'ann' })).counted).to.equal(1);
  });

  it('are applied with all that was approved, and with nothing else', async () => {
    open(1);
    const terms = { retry: true, acceptLoss: true, noGuard: true, confirmSeconds: 60 } as const;
    const { proposal } = await proposals.propose({
      text: textWith(64_513),
      mediaType,
      by: 'ann',
      terms,
    });
    await proposals.approve(proposal.id, { by: 'bob' });
    await proposals.apply(proposal.id, 'carol');
    expect(fleet.revision()).to.deep.include(terms);
  });

  it('are refused where the store has another text or other terms than those approved', async () => {
    open(1);
    const ids = [await propose(64_513, 'ann'), await propose(64_514, 'ann')];
    for (const id of ids) await proposals.approve(id, { by: 'bob' });
    const [first = 0, second = 0] = ids;
    const stored = records.known().get(first);
    if (stored === undefined) throw new Error('there is no proposal');
    await records.save({ ...stored, plan: { kind: 'push', acceptLoss: true } });
    const other = records.known().get(second);
    if (other === undefined) throw new Error('there is no proposal');
    await records.save(other, { text: textWith(64_999) });
    for (const id of ids) {
      expect((await failure(proposals.apply(id, 'ann'))).code).to.equal('corrupt-file');
    }
    expect(fleet.revision()).to.equal(undefined);
  });

  it('do not keep the approvals of what they were before', async () => {
    open(1);
    const id = await propose(64_513, 'ann');
    await proposals.approve(id, { by: 'bob' });
    const stored = records.known().get(id);
    if (stored === undefined) throw new Error('there is no proposal');
    await records.save({ ...stored, whole: `sha256:${'0'.repeat(64)}` });
    expect(proposals.get(id).counted).to.equal(0);
    expect((await failure(proposals.apply(id, 'ann'))).code).to.equal('approval-missing');
  });

  it('are proposed again for the newest revision, and the first author still cannot approve', async () => {
    open(1);
    const id = await propose(64_513, 'ann');
    await push({ text: textWith(64_600), mediaType, by: 'eve' });
    const late = await failure(proposals.approve(id, { by: 'bob' }));
    expect(late.message).to.contain(`calico-controller propose --again ${String(id)}`);
    const { proposal } = await proposals.proposeAgain(id, 'carol');
    expect(proposal.base.number).to.equal(1);
    expect(proposals.get(id)).to.have.nested.property(
      'closed.reason',
      `proposed again as ${String(proposal.id)}`,
    );
    for (const by of ['carol', 'ann']) {
      expect((await failure(proposals.approve(proposal.id, { by }))).code).to.equal(
        'access-denied',
      );
    }
    await proposals.approve(proposal.id, { by: 'bob' });
    await proposals.apply(proposal.id, 'ann');
    expect(fleet.revision()).to.include({ number: 2, text: textWith(64_513) });
  });

  it('expire, and leave room for others', async () => {
    for (let one = 0; one < 10; one += 1) await propose(64_513 + one, 'ann');
    today += 14 * 86_400_000 - 1;
    expect(proposals.get(1).state).to.equal('open');
    today += 1;
    expect(proposals.get(1)).to.include({ state: 'expired' });
    expect((await failure(proposals.apply(1, 'ann'))).message).to.contain('it is expired');
    expect(await propose(64_600, 'ann')).to.equal(11);
    expect(await records.content(1)).to.equal(undefined);
  });

  it('are refused where the nodes have this content', async () => {
    await push({ text: textWith(64_513), mediaType, by: 'ann' });
    const { message } = await failure(propose(64_513, 'ann'));
    expect(message).to.contain('it is revision 1, the newest one, already');
  });
});
