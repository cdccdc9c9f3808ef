/**
 * Laws of rollouts, seen in the store and on the way to the nodes: one wave after the other, each after
 * the one before has confirmed, and back in reverse order.
 */
import type { ConfigMessage } from '../../core/protocol/messages.ts';
import { allowedFailures, termsOf } from '../../core/rollout/strategy.ts';
import type { Rollout } from '../../core/rollout/steps.ts';
import type { RevisionRef } from '../../core/revision/revision.ts';
import { hostileName } from './parts/hostile-agent.ts';
import type { SimMachine } from './parts/sim-machine.ts';
import type { World } from './world/world.ts';

export interface RolloutLawsDeps {
  readonly world: World;
  /** The nodes that are connected with the leader. */
  readonly connected: () => readonly SimMachine[];
}

interface Followed {
  readonly rollout: Rollout;
  readonly text: string;
  /** The one before it. */
  before?: Followed;
  /** The controller knows that it is stored. */
  isAnswered: boolean;
  /** Since when its step and stage are these. */
  readonly sinceMs: number;
}

/** A node that connects while its leader stores the next step may have begun by then. */
const justNowMs = 20_000;

const followers: Readonly<Record<Rollout['state']['phase'], readonly string[]>> = {
  forward: ['forward', 'back', 'done', 'superseded'],
  back: ['back', 'aborted', 'superseded'],
  done: ['done', 'back'],
  aborted: ['aborted'],
  superseded: ['superseded'],
};

export class RolloutLaws {
  readonly #deps: RolloutLawsDeps;
  readonly #known = new Map<string, Followed>();
  readonly #waves = new Map<string, ReadonlyMap<string, number>>();
  /** When a node began with the number of a revision. */
  readonly #accepted = new Map<string, { readonly number: number; readonly ms: number }>();
  /** The nodes that have ever confirmed the number of a revision. */
  readonly #confirmed = new Map<number, Set<string>>();
  /** The contents that any node has ever confirmed. */
  readonly #confirmedContents = new Set<string>();
  /** The digests of the revisions that were ever in the store. */
  readonly #digests = new Map<number, string>();
  hasLostStore = false;

  constructor(deps: RolloutLawsDeps) {
    this.#deps = deps;
  }

  /** A rollout is about to be in the store. */
  stores(key: string, text: string): void {
    const rollout: Rollout = JSON.parse(text);
    const { world } = this.#deps;
    const last = this.#known.get(key);
    const same = last !== undefined && isSameStage(last.rollout, rollout);
    const sinceMs = same ? last.sinceMs : world.now;
    // A push whose commit failed did not end it after all.
    const isTakenBack = last?.rollout.state.phase === 'superseded' && last.before?.text === text;
    if (last !== undefined && last.text !== text && !isTakenBack && !this.hasLostStore) {
      // Without an answer the controller does not know whether the last one is stored.
      const before = last.isAnswered ? undefined : last.before;
      const fault = this.#follows(last, rollout);
      const isOther = before !== undefined && this.#follows(before, rollout) === undefined;
      if (fault !== undefined && !isOther) this.#breaks(fault);
    }
    if (rollout.revisions.back !== undefined && last?.rollout.revisions.back === undefined)
      this.#goesBack(rollout);
    const before = last === undefined ? {} : { before: last };
    this.#known.set(key, { rollout, text, sinceMs, isAnswered: false, ...before });
    if (last !== undefined) Reflect.deleteProperty(last, 'before');
  }

  /** A push or rollout whose commit failed is taken back; its number may come again. */
  removes(key: string): void {
    this.#known.delete(key);
  }

  /** The controller got the answer of the store. */
  answered(key: string, text: string): void {
    const known = this.#known.get(key);
    if (known?.text === text) known.isAnswered = true;
  }

  /** A revision is about to be in the store. */
  storesRevision({ number, digest }: RevisionRef): void {
    this.#digests.set(number, digest);
  }

  /** The waves of nodes are about to be in the store. */
  storesMembers(key: string, text: string): void {
    const [of = ''] = key.split(/\/(?=[^/]*$)/u);
    const {
      nodes,
    }: {
      readonly nodes: readonly {
        readonly name: string;
        readonly wave: number;
      }[];
    } = JSON.parse(text);
    this.#waves.set(of, new Map(nodes.map(({ name, wave }) => [name, wave])));
  }

  /** A node has accepted this number. */
  accepted(node: string, number: number): void {
    if (this.#accepted.get(node)?.number === number) return;
    this.#accepted.set(node, { number, ms: this.#deps.world.now });
  }

  /** A node has confirmed this revision. */
  confirmed(node: string, { number, digest }: RevisionRef): void {
    this.#confirmedContents.add(digest);
    const nodes = this.#confirmed.get(number) ?? new Set();
    this.#confirmed.set(number, nodes.add(node));
  }

  /** A revision has reached a node. */
  delivered(node: string, { number }: ConfigMessage): void {
    if (this.hasLostStore) return;
    for (const [key, { rollout }] of this.#known) {
      const { target, share, back } = rollout.revisions;
      const wave = this.#waves.get(key)?.get(node);
      if (wave === undefined || rollout.waves.length === 1) continue;
      const { phase, begun, step } = rollout.state;
      const name = `${node} of wave ${String(wave)} got revision ${String(number)}`;
      if ((number === target || number === share) && phase === 'forward' && wave >= begun)
        this.#breaks(`${name}, and ${String(begun)} waves have begun`);
      const turn = wave < begun ? begun - 1 - wave : begun;
      // One that did not have the target yet has nothing to go back from.
      const hadTarget = (this.#accepted.get(node)?.number ?? 0) >= target;
      if (number === back && phase === 'back' && step < turn && hadTarget)
        this.#breaks(`${name}, and the way back is at step ${String(step)} of ${String(begun)}`);
    }
  }

  /** Nodes get nothing on the way back that no node had before. */
  #goesBack({ revisions: { target, base } }: Rollout): void {
    const digest = base === undefined ? undefined : this.#digests.get(base);
    if (digest === undefined || this.hasLostStore || this.#confirmedContents.has(digest)) return;
    this.#breaks(
      `rollout ${String(target)} goes back to revision ${String(base)}, which no node has confirmed`,
    );
  }

  /** @returns what is wrong with it */
  #follows({ rollout: last, sinceMs }: Followed, next: Rollout): string | undefined {
    const [from, to] = [last.state, next.state];
    const name = `rollout ${String(next.revisions.target)}`;
    if (!followers[from.phase].includes(to.phase))
      return `${name} went from ${from.phase} to ${to.phase}`;
    const isSamePhase = from.phase === to.phase;
    if (isSamePhase && (to.step < from.step || to.step > from.step + 1))
      return `${name} went from step ${String(from.step)} to ${String(to.step)}`;
    // From the cluster-wide resources all nodes go back at once, as if no wave had begun.
    const isAllBack = !isSamePhase && to.phase === 'back' && next.revisions.share !== undefined;
    const [least, most] = isAllBack ? [0, 0] : [from.begun, from.begun + 1];
    if (to.begun < least || to.begun > most)
      return `${name} had ${String(from.begun)} waves begun, and then ${String(to.begun)}`;
    const settledMs = this.#deps.world.now - sinceMs;
    const isNext = from.phase === 'forward' && to.step === from.step + 1;
    // By the world's clock, or by that of the process: storing takes a while.
    const longest = Math.max(settledMs, to.sinceMs - from.sinceMs);
    if (isNext && (from.stage !== 'settling' || longest < termsOf(next.strategy).settleMs - 1))
      return `${name} leaves step ${String(from.step)} before it has settled`;
    if (to.begun === from.begun + 1 && from.begun > 0) return this.#beginsWave(last, next);
    const isShared = next.revisions.share !== undefined && last.revisions.share === undefined;
    return isShared && next.barrier !== undefined ? this.#passesBarrier(last, next) : undefined;
  }

  /** The waves before have confirmed, have failed as far as that is allowed, or had their time. */
  #beginsWave(last: Rollout, next: Rollout): string | undefined {
    const { world, connected } = this.#deps;
    const terms = termsOf(next.strategy);
    const key = [...this.#known].find(([, one]) => one.rollout === last)?.[0] ?? '';
    const waves = this.#waves.get(key);
    const { target, share } = next.revisions;
    const number = share ?? target;
    const members = [...(waves ?? [])].flatMap(([name, wave]) =>
      wave === last.state.begun - 1 && name !== hostileName ? [name] : [],
    );
    const hasConfirmed = (name: string): boolean =>
      [target, share].some((one) => one && this.#confirmed.get(one)?.has(name));
    // Those with which a person has gone on: the names of a node that recovers are dropped just then.
    const accepted = new Set([
      ...(last.state.toleratedNodes ?? []),
      ...(last.state.lateNodes ?? []),
      ...(last.state.unprepared ?? []),
    ]);
    if (!members.every((name) => accepted.has(name)) && !members.some(hasConfirmed))
      return `wave ${String(last.state.begun)} of rollout ${String(target)} begins, and no node of the one before has confirmed`;
    const working = connected().filter(({ name, disk: { state } }) => {
      const wave = waves?.get(name) ?? Infinity;
      const begunWith = this.#accepted.get(name);
      if (wave >= last.state.begun || begunWith?.number !== number || accepted.has(name))
        return false;
      if (state?.accepted?.number !== number || state.confirmed?.number === number) return false;
      return world.now - begunWith.ms > justNowMs;
    });
    const begun = next.waves.slice(0, last.state.begun).reduce((sum, { nodes }) => sum + nodes, 0);
    if (working.length <= allowedFailures(terms, begun)) return undefined;
    const names = working.map(({ name }) => name).join(', ');
    return `wave ${String(last.state.begun)} of rollout ${String(number)} begins while ${names} works on an earlier one`;
  }

  /** Every node has confirmed, unless a person went on without it. */
  #passesBarrier(last: Rollout, next: Rollout): string | undefined {
    const { target } = next.revisions;
    const key = [...this.#known].find(([, one]) => one.rollout === last)?.[0] ?? '';
    const missing = [...(this.#waves.get(key)?.keys() ?? [])].filter(
      (name) =>
        name !== hostileName &&
        this.#confirmed.get(target)?.has(name) !== true &&
        last.state.unprepared?.includes(name) !== true,
    );
    if (missing.length === 0) return undefined;
    return `rollout ${String(target)} passes its barrier without ${missing.join(', ')}`;
  }

  #breaks(law: string): void {
    this.#deps.world.breaks(law);
  }
}

function isSameStage({ state: one }: Rollout, { state: other }: Rollout): boolean {
  return one.phase === other.phase && one.step === other.step && one.stage === other.stage;
}
