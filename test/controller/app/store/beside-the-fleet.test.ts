/**
 * What the controller keeps in its store beside the fleet, over each engine: revocations, tokens of
 * nodes and of people, issued certificates, proposals.
 */
import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { createApiTokens, type ApiTokens } from '../../../../controller/app/access/api-tokens.ts';
import { createIssuing, type Issuing } from '../../../../controller/app/enrolment/issue.ts';
import {
  createEnrolmentTokens,
  type EnrolmentTokens,
} from '../../../../controller/app/enrolment/tokens.ts';
import {
  createRevocations,
  type Revocations,
} from '../../../../controller/app/identity/revocations.ts';
import {
  createProposalRecords,
  type ProposalRecords,
} from '../../../../controller/app/proposals/proposal-records.ts';
import type { Authority } from '../../../../controller/ports/authority.ts';
import type { Store } from '../../../../controller/ports/store.ts';
import { identityUri } from '../../../../core/protocol/node-identity.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import type { StoredProposal } from '../../../../schemas/generated/proposal.ts';
import { overEachStore } from '../../../support/servers/each-store.ts';

const at = Date.parse('2026-05-01T10:00:00.500Z');
const yearMs = 365 * 86_400_000;
/** More than etcd takes in one transaction. */
const many = 150;
const ann = { name: 'ann', roles: ['read'], days: 1, by: 'root' } as const;

/** Requests are names of nodes; each has a key of its own. */
const authority: Authority = {
  describe: () => Promise.resolve({ digest: 'sha256:0', names: [] }),
  readRequest: (node) =>
    Promise.resolve({
      uris: [identityUri({ cluster: 'default', node })],
      publicKey: Buffer.from(node),
    }),
  sign: ({ node, validFrom }) =>
    Promise.resolve({
      certificate: node,
      authority: 'none',
      validFrom,
      validUntil: validFrom + 86_400_000,
    }),
};

interface Kept {
  readonly revocations: Revocations;
  readonly apiTokens: ApiTokens;
  readonly enrolmentTokens: EnrolmentTokens;
  readonly issuing: Issuing;
  readonly proposals: ProposalRecords;
}

describe('what is stored beside the fleet', function () {
  this.timeout(120_000);
  overEachStore((open) => {
    let store: Store;
    let clock = at;
    const now = (): number => clock;
    beforeEach(async () => {
      clock = at;
      store = await open();
    });
    afterEach(() => store.close());

    /** As a controller has it that begins, or takes over. */
    const load = async (cluster = 'default'): Promise<Kept> => {
      const deps = { store, cluster, now, logger: silentLogger };
      const revocations = createRevocations(deps);
      const apiTokens = createApiTokens(deps);
      const proposals = createProposalRecords(store, cluster, silentLogger);
      for (const one of [revocations, apiTokens, proposals]) await one.load();
      const { revokedAt } = revocations;
      const isCertified = (): boolean => false;
      const issuing = createIssuing({
        ...deps,
        ...{ mustNameCluster: false, authority, isCertified, revokedAt },
      });
      return {
        ...{ revocations, apiTokens, proposals, issuing },
        enrolmentTokens: createEnrolmentTokens(deps),
      };
    };
    const reopen = async (): Promise<Kept> => {
      await store.close();
      store = await open();
      return load();
    };
    const enrol = async (kept: Kept, token: string, node: string): Promise<string> => {
      try {
        const issue = await kept.issuing.admit(token);
        return (await issue(node)).node;
      } catch (error) {
        return String(error);
      }
    };

    it('is there after a restart, and each cluster has its own', async () => {
      const kept = await load();
      await kept.revocations.revoke(['node-7'], 'ann');
      const { text: key } = await kept.apiTokens.create(ann);
      const wanted = { uses: 2, expiresInSeconds: 60, nodes: [], by: 'ann' };
      const { text: token } = await kept.enrolmentTokens.create(wanted);
      await kept.proposals.save(proposalOf(1), { text: 'a text' });
      expect(await enrol(kept, token, 'node-0')).to.equal('node-0');
      const again = await reopen();
      expect(again.revocations.isNodeRevoked('node-7')).to.equal(true);
      expect(again.apiTokens.personWith(key)).to.include({ name: 'ann' });
      const { tokens } = await again.enrolmentTokens.list();
      expect(tokens.map(({ uses, used }) => [uses, used])).to.deep.equal([[2, 1]]);
      expect([...again.proposals.known().keys()]).to.deep.equal([1]);
      expect(await again.proposals.content(1)).to.deep.equal({ text: 'a text' });
      const other = await load('other');
      expect(other.revocations.list()).to.deep.equal([]);
      expect(other.apiTokens.personWith(key)).to.equal('unknown');
      expect(await other.enrolmentTokens.list()).to.deep.equal({ tokens: [], unreadable: [] });
      expect(other.proposals.known().size).to.equal(0);
    });

    it('gives no token twice where two controllers use it at once', async () => {
      const [one, other] = [await load(), await load()];
      const wanted = { uses: 3, expiresInSeconds: 60, nodes: [], by: 'ann' };
      const { text } = await one.enrolmentTokens.create(wanted);
      const names = ['a', 'b', 'c', 'd', 'e', 'f'];
      const answers = await Promise.all(
        names.map((node, index) => enrol(index % 2 === 0 ? one : other, text, node)),
      );
      expect(answers.filter((answer) => names.includes(answer))).to.have.length(3);
      for (const answer of answers.filter((text_) => !names.includes(text_))) {
        expect(answer).to.contain('the token is used up');
      }
      const { tokens } = await one.enrolmentTokens.list();
      expect(tokens[0]).to.include({ used: 3 });
    });

    it('counts by the clock, which jumps by a year and back', async () => {
      const kept = await load();
      const wanted = { uses: 9, expiresInSeconds: 60, nodes: ['node-0'], by: 'ann' };
      const { text: token } = await kept.enrolmentTokens.create(wanted);
      const { text: key } = await kept.apiTokens.create(ann);
      clock = at + yearMs;
      expect(kept.apiTokens.personWith(key)).to.have.property('expired');
      expect(await enrol(kept, token, 'node-0')).to.contain('the token has expired');
      await kept.revocations.revoke(['node-0'], 'ann');
      clock = at;
      expect(kept.apiTokens.personWith(key)).to.include({ name: 'ann' });
      // Its certificate would begin before the revocation.
      const refused = await enrol(kept, token, 'node-0');
      expect(refused).to.contain('at a time that the clock of the controller has not reached');
      expect(refused).to.contain('calico-controller revoke --undo node-0');
      await kept.revocations.restore(['node-0']);
      expect(await enrol(kept, token, 'node-0')).to.equal('node-0');
      clock = at - yearMs;
      expect(await enrol(await reopen(), token, 'node-0')).to.equal('node-0');
    });

    /** As many records like the first one of a kind, with ids of their own. @returns these ids */
    const multiply = async (kind: string, id: string): Promise<readonly string[]> => {
      const text = (await store.get({ kind, key: `default/${id}` }))?.text ?? '';
      const ids = Array.from({ length: many }, (_, index) =>
        `f${String(index)}`.padStart(id.length, 'f'),
      );
      for (const from of [0, 50, 100]) {
        const changes = ids
          .slice(from, from + 50)
          .map((one) => ({ kind, key: `default/${one}`, text: text.replaceAll(id, one) }));
        await store.commit({ changes });
      }
      return [id, ...ids];
    };

    it('is taken back in any number at once', async () => {
      const first = await load();
      const wanted = { uses: 1, expiresInSeconds: 60, nodes: [], by: 'ann' };
      const keys = await multiply('access-token', (await first.apiTokens.create(ann)).id);
      const { token } = await first.enrolmentTokens.create(wanted);
      const tokens = await multiply('enrolment-token', token.id);
      const kept = await load();
      expect(kept.apiTokens.list()).to.have.length(many + 1);
      await kept.apiTokens.revoke(keys);
      await kept.enrolmentTokens.revoke(tokens);
      const nodes = keys.map((id) => `node-${id}`);
      await kept.revocations.revoke(nodes, 'ann');
      await kept.revocations.restore(nodes);
      const again = await reopen();
      expect(again.revocations.list()).to.deep.equal([]);
      expect(again.apiTokens.list()).to.deep.equal([]);
      expect((await again.enrolmentTokens.list()).tokens).to.deep.equal([]);
    });

    it('has the text of a proposal of 1 MiB until it is closed', async () => {
      const kept = await load();
      const text = randomBytes(512 * 1024).toString('hex');
      await kept.proposals.save(proposalOf(1), { text });
      const again = await reopen();
      expect((await again.proposals.content(1))?.text === text).to.equal(true);
      await again.proposals.close({ ...proposalOf(1), state: 'withdrawn' }, []);
      expect(await (await reopen()).proposals.content(1)).to.equal(undefined);
    });

    it('lets nobody in by a record that cannot be read', async () => {
      const kept = await load();
      const { text: key } = await kept.apiTokens.create(ann);
      const wanted = { uses: 2, expiresInSeconds: 60, nodes: [], by: 'ann' };
      const { text: token } = await kept.enrolmentTokens.create(wanted);
      await kept.revocations.revoke(['node-7'], 'ann');
      for (const kind of ['access-token', 'enrolment-token', 'revocation']) {
        const { records } = await store.list({ kind, limit: 10 });
        for (const { key: name } of records) {
          await store.commit({ changes: [{ kind, key: name, text: '{"formatVersion":9}' }] });
        }
      }
      const again = await reopen();
      expect(again.apiTokens.personWith(key)).to.equal('unknown');
      expect(await enrol(again, token, 'node-0')).to.contain('does not know this enrolment token');
      expect((await again.enrolmentTokens.list()).unreadable).to.have.length(1);
      expect(again.revocations.isRevoked({ node: 'node-7', validFrom: at + 1000 })).to.equal(true);
    });
  });
});

function proposalOf(id: number): StoredProposal {
  return {
    formatVersion: 1,
    id,
    state: 'open',
    by: 'ann',
    at: '2026-05-01T10:00:00Z',
    mediaType: 'application/yaml',
    digest: 'sha256:0',
    bytes: 6,
    base: { number: 0 },
    approvals: [],
  };
}
