/**
 * Carries rollouts out: each transition is stored before nodes get anything by it, so a controller
 * that ends at any moment, or another one that takes over, goes on from what is stored.
 */
import { nameSome } from '../../../core/name-some.ts';
import type { Revision } from '../../../core/revision/revision.ts';
import { isOver, stepRollout, type Moment, type RolloutEvent } from '../../../core/rollout/step.ts';
import { refuseOther, type About } from '../../../core/rollout/refuse.ts';
import { stepName } from '../../../core/rollout/steps.ts';
import type { Seen } from '../../../core/rollout/seen.ts';
import { newestOf } from '../../../core/rollout/targets.ts';
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { FleetStore } from '../store/fleet-store.ts';
import { assignmentOf, type Assignment, type LiveRollout } from '../assignment/assignment.ts';
import { createRolloutLog } from './rollout-log.ts';
import { seeNodes } from './see-nodes.ts';
import { lacks, storeTransition, withRevision } from './store-transition.ts';
import { createTurns } from './turns.ts';

export interface Rollouts {
  /** The newest one, also after its end; undefined: no revision has one. */
  readonly current: () => LiveRollout | undefined;
  /** Goes on with what is stored. */
  readonly restore: (live: LiveRollout | undefined) => void;
  /** Does work that changes revisions, one after the other. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
  /**
   * Stores a revision with its rollout, and begins. Called in turn.
   * @throws AppError where it cannot be stored; then nothing has changed
   */
  readonly begin: (live: LiveRollout) => Promise<void>;
  /** Takes a person's decision about the newest revision, which is stored already. Called in turn. */
  readonly decided: (revision: Revision) => Assignment;
  /** What a person asks for. @throws AppError where it cannot be done */
  readonly ask: (request: RolloutRequest) => Promise<void>;
  /** Does what is due. */
  readonly look: () => Promise<void>;
  readonly seen: () => Seen | undefined;
  readonly moment: () => Moment;
  /** Why the rollout cannot go on; undefined: it can. */
  readonly problem: () => string | undefined;
  readonly stop: () => Promise<void>;
}

export interface RolloutRequest {
  readonly type: 'pause' | 'resume' | 'approve' | 'abort';
  readonly by: string;
  /** Of a pause and an abort. */
  readonly why?: string;
  /** What the person looked at. Absent: nobody says. */
  readonly about?: About;
}

export interface RolloutsDeps {
  readonly cluster: string;
  readonly fleet: Fleet;
  readonly store: FleetStore;
  /** Resolves when the nodes' answers until now are on disk, or cannot be written for now. */
  readonly answersKept: () => Promise<void>;
  /** The same for the nodes themselves: their records. */
  readonly nodesKept: () => Promise<void>;
  /** RFC 3339. */
  readonly now: () => string;
  /** A clock that never jumps, in ms. */
  readonly elapsedMs: () => number;
  readonly logger: Logger;
  /** How long nodes may take to connect again after the controller began. Default: 60 s. */
  readonly returnMs?: number;
  /** How soon after a node's answer it is looked at. Default: 100 ms. */
  readonly lookMs?: number;
}

const defaultReturnMs = 60_000;
const defaultLookMs = 100;

export function createRollouts(deps: RolloutsDeps): Rollouts {
  return new Executor(deps).rollouts();
}

class Executor {
  readonly #deps: RolloutsDeps;
  #live: LiveRollout | undefined;
  readonly #turns = createTurns();
  /** Nodes that were forgotten, and are still in the stored waves. */
  readonly #forgotten = new Set<string>();
  /** Members may have been forgotten just before the controller ended. */
  #isUnchecked = false;
  #restoredAt = -Infinity;
  /** The target of the rollout that was restored. */
  #restored: number | undefined;
  #problem: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  readonly #unwatch: readonly (() => void)[];
  readonly #log: ReturnType<typeof createRolloutLog>;

  constructor(deps: RolloutsDeps) {
    this.#deps = deps;
    this.#log = createRolloutLog(deps.logger);
    this.#unwatch = [
      deps.fleet.watch(() => this.#changed()),
      deps.fleet.watchForgotten((names) => {
        for (const name of names) if (this.#live?.members.has(name)) this.#forgotten.add(name);
      }),
    ];
  }

  rollouts(): Rollouts {
    return {
      current: () => this.#live,
      restore: (live) => this.#restore(live),
      inTurn: this.#turns.take,
      begin: (live) => this.#begin(live),
      decided: (revision) => this.#decided(revision),
      ask: (request) => this.#turns.take(() => this.#ask(request)),
      look: () => this.#look(),
      seen: () => this.#live && this.#see(this.#live),
      moment: () => this.#moment(),
      problem: () => this.#problem,
      stop: async () => {
        this.#isStopped = true;
        clearTimeout(this.#timer);
        for (const unwatch of this.#unwatch) unwatch();
        await this.#turns.ended();
      },
    };
  }

  /** Nobody knows how long its stage had taken before: it begins anew. */
  #restore(live: LiveRollout | undefined): void {
    this.#restoredAt = this.#deps.elapsedMs();
    this.#restored = live?.rollout.revisions.target;
    this.#isUnchecked = live !== undefined;
    if (live === undefined) return;
    const stepped = stepRollout(live.rollout, { type: 'restarted' }, this.#moment());
    this.#live = stepped.ok ? { ...live, rollout: stepped.rollout } : live;
    if (!isOver(live.rollout) && live.rollout.kind === 'rollout') {
      this.#log.tell(this.#live.rollout, 'info', `goes on at ${stepName(live.rollout)}`);
    }
  }

  async #begin(live: LiveRollout): Promise<void> {
    const { store, fleet, nodesKept } = this.#deps;
    const { target } = live.rollout.revisions;
    const revision = live.revisions.get(target);
    const assignment = assignmentOf(live);
    if (revision === undefined || assignment === undefined) throw lacks(target);
    const before = this.#live?.rollout;
    const ended = before && stepRollout(before, { type: 'superseded', by: target }, this.#moment());
    const isEnded = ended?.ok === true && ended.rollout !== before;
    const more = isEnded ? [{ ...ended.rollout, changedAt: this.#deps.now() }] : [];
    // A member without a record is one that was forgotten, also after a restart.
    if (live.rollout.kind === 'rollout') await nodesKept();
    await store.addRevision(revision, [live.rollout, ...more]);
    this.#live = live;
    this.#problem = undefined;
    this.#isUnchecked = false;
    // They were forgotten while the rollout was prepared and stored.
    for (const name of this.#unknownMembers(live)) this.#forgotten.add(name);
    fleet.assign(assignment);
  }

  #decided(revision: Revision): Assignment {
    const live = this.#live;
    const known = live && newestOf(live.rollout) === revision.number ? live : undefined;
    const next = known && withRevision(known, revision);
    if (next !== undefined) this.#live = next;
    const assignment = next && assignmentOf(next);
    return assignment ?? plain(revision);
  }

  async #ask(request: RolloutRequest): Promise<void> {
    const { fleet } = this.#deps;
    fleet.requireKnown(`${request.type} the rollout`);
    const live = this.#live;
    if (live === undefined)
      throw refused(request.type, 'there is none; calico-controller rollout start begins one');
    const other = request.about && refuseOther(live.rollout, request.about);
    if (other !== undefined) throw refused(request.type, other);
    if (request.type === 'abort') {
      await this.#readBase(live);
    }
    await this.#step(eventOf(request), request.type);
    this.#log.tell(this.#live?.rollout ?? live.rollout, 'info', `${request.type} by ${request.by}`);
  }

  /** The base of a rollout that is over is read only when it is needed. */
  async #readBase(live: LiveRollout): Promise<void> {
    const { base } = live.rollout.revisions;
    if (base === undefined || live.revisions.has(base)) return;
    const revision = await this.#deps.store.readRevision(base);
    if (revision === undefined) {
      throw refused(
        'abort',
        `the stored text of revision ${String(base)} is damaged or gone; push the configuration that the nodes are to have`,
      );
    }
    this.#live = withRevision(live, revision);
  }

  /** @returns whether anything has changed */
  async #step(event: RolloutEvent, what: string): Promise<boolean> {
    const live = this.#live;
    if (live === undefined) return false;
    const stepped = stepRollout(live.rollout, event, this.#moment());
    if (!stepped.ok) throw refused(what, stepped.reason);
    if (stepped.rollout === live.rollout) return false;
    const rollout = { ...stepped.rollout, changedAt: this.#deps.now() };
    // The answers that led to it are on disk before it is.
    await this.#deps.answersKept();
    const next = await storeTransition({ ...live, rollout }, stepped.actions, this.#deps);
    this.#live = next;
    this.#problem = undefined;
    const assignment = assignmentOf(next);
    if (assignment !== undefined) this.#deps.fleet.assign(assignment);
    this.#log.stepped(next.rollout, stepped.actions);
    return true;
  }

  async #look(): Promise<void> {
    const live = this.#live;
    if (live === undefined || isOver(live.rollout) || this.#isStopped) return;
    await this.#turns.take(async () => {
      try {
        await this.#dropForgotten();
        while (this.#live !== undefined && !this.#isStopped) {
          const seen = this.#see(this.#live);
          if (!(await this.#step({ type: 'look', seen }, 'continue'))) break;
        }
      } catch (error) {
        const problem = reasonOf(error);
        if (problem !== this.#problem)
          this.#log.tell(live.rollout, 'warn', `cannot go on: ${problem}`);
        this.#problem = problem;
      }
    });
  }

  /** Without this the wave would wait for a forgotten node, as for one that is away. */
  async #dropForgotten(): Promise<void> {
    const live = this.#live;
    const { fleet } = this.#deps;
    // Each had a record when the rollout began. One that connects again is no forgotten one.
    if (live !== undefined && this.#isUnchecked && !this.#isReturning()) {
      this.#isUnchecked = false;
      for (const name of this.#unknownMembers(live)) this.#forgotten.add(name);
    }
    if (this.#forgotten.size === 0) return;
    const forgotten = [...this.#forgotten];
    const known = new Set(fleet.records().map(({ name }) => name));
    const names = forgotten.filter((name) => live?.members.has(name) && !known.has(name));
    if (live !== undefined && names.length > 0) {
      const gone = new Set(names);
      const members = new Map([...live.members].filter(([name]) => !gone.has(name)));
      await this.#deps.store.rollouts.keepMembers(live.rollout, members);
      this.#live = { ...live, members };
      this.#log.tell(live.rollout, 'warn', `goes on without forgotten nodes: ${nameSome(names)}`);
    }
    // Others may have been forgotten meanwhile.
    for (const name of forgotten) this.#forgotten.delete(name);
  }

  /** The members of which the fleet knows nothing, not even a record that it cannot read. */
  #unknownMembers({ rollout, members }: LiveRollout): readonly string[] {
    const { fleet } = this.#deps;
    if (rollout.kind === 'push') return [];
    const known = new Set([...fleet.records().map(({ name }) => name), ...fleet.unreadable()]);
    return [...members.keys()].filter((name) => !known.has(name));
  }

  /** Nodes may still connect again after the controller has begun. */
  #isReturning(): boolean {
    const { elapsedMs, returnMs = defaultReturnMs } = this.#deps;
    return elapsedMs() - this.#restoredAt < returnMs;
  }

  /** Many nodes may answer within a moment. A push waits for nothing that a second would delay. */
  #changed(): void {
    const live = this.#live;
    if (live === undefined || live.rollout.kind === 'push' || isOver(live.rollout)) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#look();
    }, this.#deps.lookMs ?? defaultLookMs);
  }

  #see(live: LiveRollout): Seen {
    const { fleet } = this.#deps;
    const { kind, revisions } = live.rollout;
    // A new push does not wait for nodes that are away.
    const waits = kind === 'rollout' || revisions.target === this.#restored;
    const mayReturn = waits && this.#isReturning();
    return seeNodes(fleet, live, { mayReturn });
  }

  #moment(): Moment {
    const { elapsedMs, now, fleet } = this.#deps;
    return { ms: elapsedMs(), wallMs: Date.parse(now()), nextNumber: fleet.lastNumber() + 1 };
  }
}

function eventOf({ type, by, why }: RolloutRequest): RolloutEvent {
  switch (type) {
    case 'pause':
      return { type, by, ...(why !== undefined && { why }) };
    case 'resume':
    case 'approve':
      return { type };
    case 'abort':
      return { type, why: `${by} aborted it${why === undefined ? '' : `: ${why}`}` };
  }
}

function plain(revision: Revision): Assignment {
  const isLater = false;
  const assigned = revision.decided === 'rolled-back' ? { isLater } : { isLater, revision };
  return { newest: revision, of: () => assigned, isTold: () => true };
}

function refused(what: string, reason: string): AppError {
  return new AppError('rollout-not-possible', `cannot ${what} the rollout: ${reason}`);
}
