import { expect } from 'chai';
import {
  followSource,
  type FollowedSource,
} from '../../../../controller/app/source/follow-source.ts';
import {
  createSourceProposals,
  type SourceProposals,
} from '../../../../controller/app/source/source-proposals.ts';
import type { Details } from '../../../../controller/app/audit/audit-trail.ts';
import type { ProposalView } from '../../../../controller/app/proposals/proposal-state.ts';
import type { CheckedConfig } from '../../../../controller/ports/config-checker.ts';
import type { SourceContent } from '../../../../controller/ports/source-tree.ts';
import { digestOf } from '../../../../core/revision/digest.ts';
import type { Revision } from '../../../../core/revision/revision.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import type { RolloutStrategy } from '../../../../schemas/generated/rollout-strategy.ts';

/** The proposals of a controller, in memory. */
class Desk {
  readonly known: ProposalView[] = [];
  readonly audited: string[] = [];
  /** Of the last action. */
  details: Details = {};
  /** Why nothing can be proposed now. */
  refusal: AppError | undefined;
  /** The strategy of the settings, and those of the proposals. */
  strategy: RolloutStrategy | undefined;
  readonly strategies = new Map<number, RolloutStrategy | undefined>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  end(
    id: number,
    state: 'rejected' | 'applied' | 'withdrawn' | 'expired',
    revision?: number,
  ): ProposalView {
    const index = this.known.findIndex((one) => one.id === id);
    const found = this.known[index];
    if (found === undefined) throw new Error('there is no such proposal');
    const closed = {
      by: 'bob',
      at: '2026-01-01T00:00:00Z',
      reason: 'not now',
      ...(revision !== undefined && { revision }),
    };
    const next = { ...found, state, closed };
    this.known[index] = next;
    return next;
  }

  #refusing(): Promise<void> {
    return this.refusal === undefined ? Promise.resolve() : Promise.reject(this.refusal);
  }

  /** Proposals for an older revision are outdated. */
  list(): readonly ProposalView[] {
    const { number } = baseIn(this.#world);
    return this.known.map((one) => ({
      ...one,
      ...(one.state === 'open' && one.base.number !== number && { outdated: true as const }),
    }));
  }

  proposals(): SourceProposals {
    return createSourceProposals({
      file: '/srv/lab.yaml',
      fleet: { revision: () => this.#world.newest },
      strategy: () => Promise.resolve(this.strategy),
      strategyFile: '/etc/waves.yaml',
      trail: {
        run: async ({ action, details }, work, detailsOf) => {
          this.audited.push(action);
          const result = await work();
          this.details = { ...details, ...detailsOf(result) };
          return result;
        },
      },
      proposals: {
        list: () => this.list(),
        withdraw: (id) => Promise.resolve(this.end(id, 'withdrawn')),
        tryOut: () => this.#refusing(),
        content: (id) => {
          const strategy = this.strategies.get(id);
          return Promise.resolve({ text: '', ...(strategy && { strategy }) });
        },
        propose: async ({ text, by, author, commit, mediaType, strategy }, replaces) => {
          await this.#refusing();
          if (replaces !== undefined) this.end(replaces, 'withdrawn');
          this.strategies.set(this.known.length + 1, strategy);
          const proposal: ProposalView = {
            id: this.known.length + 1,
            state: 'open',
            by,
            at: '2026-01-01T00:00:00Z',
            ...(author !== undefined && { author }),
            ...(commit !== undefined && { commit }),
            plan: { kind: 'push' },
            mediaType,
            digest: digestOf(text),
            bytes: text.length,
            base: baseIn(this.#world),
            approvals: [],
            counted: 0,
            required: 1,
          };
          this.known.push(proposal);
          return { proposal, issues: [] };
        },
      },
    });
  }
}

function baseIn({ newest }: World): ProposalView['base'] {
  return { number: newest?.number ?? 0, ...(newest !== undefined && { digest: newest.digest }) };
}

/** A fleet, a file, and a clock, in memory. Texts with "wrong" have an error. */
class World {
  text: string | undefined = 'one';
  newest: Revision | undefined;
  readonly pushed: string[] = [];
  checks = 0;
  nowMs = 0;
  failsOnce: AppError | undefined;
  isPast = true;
  standsBy = false;

  follow(pushes: boolean, proposals?: SourceProposals): FollowedSource {
    return followSource({
      pushes,
      ...(proposals !== undefined && { proposals }),
      tree: {
        file: '/srv/lab.yaml',
        read: () => this.read(),
        isPast: () => Promise.resolve(this.isPast),
        commitOf: () => Promise.resolve({ id: 'a'.repeat(40), author: 'Ann <ann@example.org>' }),
      },
      fleet: { revision: () => this.newest, records: () => [], requireKnown: () => this.require() },
      checker: { check: (text) => Promise.resolve(this.check(text)) },
      push: ({ text, by }) => {
        const fault = this.failsOnce;
        this.failsOnce = undefined;
        if (fault !== undefined) return Promise.reject(fault);
        const revision = this.accept(text, by);
        this.pushed.push(`${text} by ${by}`);
        return Promise.resolve({ result: 'accepted', revision, issues: [] });
      },
      logger: silentLogger,
      elapsedMs: () => this.nowMs,
    });
  }

  accept(text: string, by: string): Revision {
    this.newest = {
      formatVersion: 1,
      lineage: 'controller:lab',
      number: (this.newest?.number ?? 0) + 1,
      digest: digestOf(text),
      mediaType: 'application/yaml',
      text,
      acceptedAt: '2026-01-01T00:00:00Z',
      source: 'controller',
      by,
    };
    return this.newest;
  }

  private require(): void {
    if (this.standsBy) throw new AppError('not-ready', 'this controller stands by');
  }

  private read(): Promise<SourceContent> {
    const { text } = this;
    if (text === undefined) return Promise.reject(new AppError('not-found', 'there is no file'));
    return Promise.resolve({ mediaType: 'application/yaml', text });
  }

  private check(text: string): CheckedConfig {
    this.checks += 1;
    if (!text.includes('wrong')) return { ok: true, digest: digestOf(text), issues: [] };
    const issue = { severity: 'error', code: 'x', pointer: '', message: 'it is wrong' } as const;
    return { ok: false, issues: [issue] };
  }
}

async function settle(source: FollowedSource): Promise<void> {
  await source.look();
  await source.look();
}

describe('the source that a controller follows', () => {
  const own = 'source /srv/lab.yaml, commit aaaaaaaaaaaa by Ann <ann@example.org>';

  it('is pushed with its commit and author, once', async () => {
    const world = new World();
    const source = world.follow(true);
    await settle(source);
    await settle(source);
    expect(world.pushed).to.deep.equal([`one by ${own}`]);
    expect(source.view()).to.include({ state: 'same', pushes: true });
  });

  it('is not pushed before it stays the same, as a half-written file does not', async () => {
    const world = new World();
    const source = world.follow(true);
    await source.look();
    world.text = 'one, whole';
    await source.look();
    expect(world.pushed).to.deep.equal([]);
    await source.look();
    expect(world.pushed).to.deep.equal([`one, whole by ${own}`]);
  });

  it('waits for a person where the settings do not say otherwise', async () => {
    const world = new World();
    const source = world.follow(false);
    await settle(source);
    expect(source.view().state).to.equal('proposed');
    expect(world.pushed).to.deep.equal([]);
    await source.push('bob@host', false);
    expect(world.pushed).to.deep.equal([
      'one by bob@host (commit aaaaaaaaaaaa by Ann <ann@example.org>)',
    ]);
    expect(source.view().state).to.equal('same');
  });

  it('is proposed where a configuration needs approvals, once, with the author of its commit', async () => {
    const world = new World();
    const desk = new Desk(world);
    const source = world.follow(false, desk.proposals());
    await settle(source);
    const waits =
      'proposal 1 waits for approval, by a person other than Ann <ann@example.org>: calico-controller proposal 1';
    expect(source.view()).to.include({ state: 'proposed', why: waits });
    const author = 'Ann <ann@example.org>';
    expect(desk.details).to.include({ proposal: 1, commit: 'a'.repeat(40), author });
    // It is judged again, and begun anew.
    world.nowMs += 60_000;
    await settle(source);
    const next = world.follow(false, desk.proposals());
    await settle(next);
    expect(next.view().why).to.equal(waits);
    expect(desk.known).to.have.length(1);
    world.text = 'two';
    await settle(next);
    expect(desk.known.map(({ state, by }) => `${state} ${by}`)).to.deep.equal([
      'withdrawn source /srv/lab.yaml',
      'open source /srv/lab.yaml',
    ]);
    expect(desk.audited).to.deep.equal(['proposal of the source', 'proposal of the source']);
    expect(world.pushed).to.deep.equal([]);
  });

  it('is not proposed again once it was rejected, until it changes', async () => {
    const world = new World();
    const desk = new Desk(world);
    const source = world.follow(false, desk.proposals());
    await settle(source);
    desk.end(1, 'rejected');
    world.nowMs += 60_000;
    await settle(source);
    expect(source.view().why).to.equal(
      'bob rejected proposal 1 with this content: not now; change the file, or propose it again: calico-controller propose /srv/lab.yaml --strategy /etc/waves.yaml',
    );
    world.text = 'two';
    await settle(source);
    expect(desk.known.map(({ state }) => state)).to.deep.equal(['rejected', 'open']);
  });

  it('is proposed again for another revision and after it has expired, also without a restart', async () => {
    const world = new World();
    const desk = new Desk(world);
    const source = world.follow(false, desk.proposals());
    await settle(source);
    const states = (): readonly string[] => desk.list().map(({ state }) => state);
    world.accept('other', 'carol (proposal 2 by eve, approved by bob)');
    await settle(source);
    expect(states()).to.deep.equal(['withdrawn', 'open']);
    expect(source.view().why).to.contain('proposal 2 waits for approval');
    // Once for each revision, however often it is judged.
    for (const one of [source, world.follow(false, desk.proposals())]) {
      world.nowMs += 60_000;
      await settle(one);
    }
    expect(states()).to.deep.equal(['withdrawn', 'open']);
    desk.end(2, 'expired');
    world.nowMs += 60_000;
    await settle(source);
    expect(states()).to.deep.equal(['withdrawn', 'expired', 'open']);
    desk.end(3, 'rejected');
    world.nowMs += 60_000;
    await settle(source);
    expect(states()).to.deep.equal(['withdrawn', 'expired', 'rejected']);
  });

  it('is proposed anew with another strategy, in place of the proposal with the earlier one', async () => {
    const world = new World();
    const desk = new Desk(world);
    const source = world.follow(false, desk.proposals());
    await settle(source);
    const head = { apiVersion: 'calico-agent/v1', kind: 'RolloutStrategy' } as const;
    desk.strategy = { ...head, settle: '1m' };
    for (let judged = 0; judged < 2; judged += 1) {
      world.nowMs += 60_000;
      await settle(source);
    }
    expect(desk.known.map(({ state }) => state)).to.deep.equal(['withdrawn', 'open']);
    expect(desk.strategies.get(2)).to.deep.equal(desk.strategy);
    expect(source.view().why).to.contain('proposal 2 waits for approval');
  });

  it('is not proposed again where its rollout went back', async () => {
    const world = new World();
    const desk = new Desk(world);
    const source = world.follow(false, desk.proposals());
    await settle(source);
    const { number } = world.accept('one', 'carol (proposal 1 by source /srv/lab.yaml)');
    desk.end(1, 'applied', number);
    world.accept('before', `rollout of revision ${String(number)}, going back`);
    for (const one of [source, world.follow(false, desk.proposals())]) {
      await settle(one);
      expect(one.view().why).to.equal(
        'the rollout of revision 1 with this content (proposal 1) went back; change the file, or propose it again: calico-controller propose /srv/lab.yaml --strategy /etc/waves.yaml',
      );
    }
    expect(desk.known).to.have.length(1);
  });

  it('is not proposed where the tree is behind the newest revision, however often it is judged', async () => {
    const world = new World();
    const desk = new Desk(world);
    world.accept('newer', own);
    world.isPast = false;
    const source = world.follow(false, desk.proposals());
    await settle(source);
    world.nowMs += 60_000;
    await settle(source);
    expect(source.view().why).to.contain('is of a commit that this tree does not have');
    expect(desk.known).to.have.length(0);
  });

  it('waits where a person has proposed the same content', async () => {
    const world = new World();
    const desk = new Desk(world);
    const source = world.follow(false, desk.proposals());
    await settle(source);
    desk.known[0] = { ...desk.end(1, 'withdrawn'), state: 'open', by: 'ann' };
    world.nowMs += 60_000;
    await settle(source);
    expect(source.view()).to.include({
      state: 'proposed',
      why: 'proposal 1 by ann has the same content, and waits: calico-controller proposal 1',
    });
    expect(desk.audited).to.have.length(1);
  });

  it('is in the audit log once for each reason for which it cannot be proposed', async () => {
    const world = new World();
    const desk = new Desk(world);
    const source = world.follow(false, desk.proposals());
    const judgeAgain = async (): Promise<void> => {
      world.nowMs += 60_000;
      await settle(source);
    };
    desk.refusal = new AppError('busy', 'there is no room');
    await settle(source);
    await judgeAgain();
    await judgeAgain();
    expect(source.view().why).to.equal('there is no room');
    expect(desk.audited).to.have.length(1);
    desk.refusal = new AppError('invalid-config', 'a wave has no node');
    await judgeAgain();
    await judgeAgain();
    expect(source.view().why).to.equal('a wave has no node');
    expect(desk.audited).to.have.length(2);
    desk.refusal = undefined;
    await judgeAgain();
    expect(source.view().state).to.equal('proposed');
    expect(desk.audited).to.have.length(3);
  });

  it('keeps what is in force while it is away or wrong, and says it', async () => {
    const world = new World();
    const source = world.follow(true);
    await settle(source);
    world.text = undefined;
    await settle(source);
    expect(source.view()).to.include({ state: 'unreadable', why: 'there is no file' });
    world.text = 'wrong';
    await settle(source);
    expect(source.view().state).to.equal('refused');
    expect(source.view().issues?.map(({ message }) => message)).to.deep.equal(['it is wrong']);
    expect(world.newest?.text).to.equal('one');
  });

  it('does not take back what a person pushed by hand, before it changes', async () => {
    const world = new World();
    const source = world.follow(true);
    await settle(source);
    world.accept('by hand', 'bob@host');
    await settle(source);
    expect(world.pushed).to.have.length(1);
    expect(source.view().state).to.equal('proposed');
    expect(source.view().why).to.contain('bob@host pushed revision 2 by hand');
    world.text = 'two';
    await settle(source);
    expect(world.newest?.text).to.equal('two');
  });

  it('does not take it back after a restart of the controller either', async () => {
    const world = new World();
    world.accept('by hand', 'bob@host');
    await settle(world.follow(true));
    expect(world.pushed).to.deep.equal([]);
    world.accept('zero', own);
    await settle(world.follow(true));
    expect(world.pushed).to.deep.equal([`one by ${own}`]);
  });

  it('is not pushed again after a person rolled it back, before it changes', async () => {
    const world = new World();
    const source = world.follow(true);
    await settle(source);
    if (world.newest !== undefined) world.newest = { ...world.newest, decided: 'rolled-back' };
    await settle(source);
    await settle(world.follow(true));
    expect(world.pushed).to.have.length(1);
    expect(source.view().why).to.contain('a person rolled this content back (revision 1)');
    world.text = 'two';
    await settle(source);
    expect(world.newest?.text).to.equal('two');
  });

  it('is pushed later where the push failed, as on a full disk', async () => {
    const world = new World();
    const source = world.follow(true);
    world.failsOnce = new AppError('disk-full', 'no space');
    await settle(source);
    expect(source.view()).to.include({ state: 'unreadable', why: 'no space' });
    await source.look();
    expect(world.checks).to.equal(1);
    world.nowMs = 61_000;
    await source.look();
    expect(world.newest?.text).to.equal('one');
  });

  it('is not pushed by a controller that takes over with an older tree', async () => {
    const world = new World();
    world.accept('newer', own);
    world.isPast = false;
    const source = world.follow(true);
    await settle(source);
    expect(world.pushed).to.deep.equal([]);
    expect(source.view().why).to.contain('revision 1 is of a commit that this tree does not have');
    world.text = 'newer';
    await settle(source);
    expect(source.view().state).to.equal('same');
  });

  it('waits for the tree with the same reason however often it is judged, and is pushed then', async () => {
    const world = new World();
    world.accept('newer', own);
    world.isPast = false;
    const source = world.follow(true);
    for (const text of ['one', 'one', 'between']) {
      world.text = text;
      world.nowMs += 60_000;
      await settle(source);
      expect(source.view().why, text).to.contain('is of a commit that this tree does not have');
    }
    expect(world.pushed).to.deep.equal([]);
    world.isPast = true;
    world.nowMs += 60_000;
    await settle(source);
    expect(world.pushed).to.deep.equal([`between by ${own}`]);
  });

  it('names what another controller pushed from the file as that, and not as by hand', async () => {
    const world = new World();
    const source = world.follow(true);
    await settle(source);
    world.accept('newer', own);
    world.isPast = false;
    await settle(source);
    expect(source.view().why).to.contain('revision 2 is of a commit that this tree does not have');
    world.isPast = true;
    world.nowMs += 60_000;
    await settle(source);
    expect(source.view().why).to.match(/^revision 2 is later, and of another content of the file/);
    expect(world.pushed).to.have.length(1);
  });

  it('is left alone by a controller that stands by', async () => {
    const world = new World();
    world.standsBy = true;
    const source = world.follow(true);
    await settle(source);
    expect(source.view()).to.include({ state: 'reading', why: 'this controller stands by' });
    world.standsBy = false;
    await source.look();
    expect(world.newest?.text).to.equal('one');
  });

  it('is not checked again and again, but when the facts may have changed', async () => {
    const world = new World();
    world.text = 'wrong';
    const source = world.follow(true);
    await settle(source);
    await settle(source);
    expect(world.checks).to.equal(1);
    world.nowMs = 61_000;
    await source.look();
    expect(world.checks).to.equal(2);
  });
});
