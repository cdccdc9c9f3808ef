/**
 * What must never happen, seen from outside: on the network, in the store and on the disks of the
 * nodes. Each break is a sentence for a person.
 */
import type { ConfigMessage } from '../../core/protocol/messages.ts';
import { closeCodes } from '../../core/protocol/close.ts';
import { sameRef } from '../../core/protocol/messages.ts';
import type { RevisionRef } from '../../core/revision/revision.ts';
import { rankOf, type AckStage } from '../../core/protocol/stages.ts';
import type { Transaction } from '../../runtime/etcd/keys.ts';
import { hostileName } from './parts/hostile-agent.ts';
import type { StoredAnswer } from '../../schemas/generated/node-answer.ts';
import { RolloutLaws, type RolloutLawsDeps } from './rollout-laws.ts';
import type { SimDisk } from './stand-ins/sim-disk.ts';
import type { SimKeys } from './stand-ins/sim-keys.ts';
import type { SimProcess } from './world/sim-process.ts';

/** Ends of a connection that an honest side never causes. */
const faultCodes: ReadonlySet<number> = new Set([1009, 1011, 4400, 4401, 4403, 4429]);

/** A leader that was paused or cut off, and a message that is slow, count for so long. */
const cutOffMs = 45_000;

export interface LawsDeps extends RolloutLawsDeps {
  /** The beginning of the store's keys. */
  readonly prefix: string;
  /** Whether several controllers share the store. */
  readonly isShared: boolean;
  readonly keys: () => SimKeys;
}

export class Laws {
  readonly rollouts: RolloutLaws;
  readonly #deps: LawsDeps;
  /** Every revision that was ever in the store. */
  readonly #stored = new Set<string>();
  /** The digest that went to agents under each number. */
  readonly #given = new Map<number, string>();
  readonly #delivered = new Map<string, Set<string>>();
  readonly #applied = new Map<string, RevisionRef[]>();
  readonly #acked = new Map<string, number>();
  readonly #highest = new Map<string, number>();
  readonly #revoked = new Map<string, number>();
  #largestGiven = 0;
  /** The store has lost its data in this run. */
  hasLostStore = false;
  hasLostState = false;

  constructor(deps: LawsDeps) {
    this.#deps = deps;
    this.rollouts = new RolloutLaws(deps);
  }

  /** A transaction of the controllers' store is about to count. */
  committing(process: SimProcess, { writes }: Transaction): void {
    for (const write of writes) {
      const key = 'put' in write ? write.put : write.remove;
      const name = key.slice(this.#deps.prefix.length);
      if (name.startsWith('leader/')) continue;
      this.#leads(process, name);
      if (!('put' in write)) {
        if (name.startsWith('rollout/')) this.rollouts.removes(name.slice('rollout/'.length));
        continue;
      }
      if (name.startsWith('revision/')) {
        const ref = refIn(write.value);
        this.#stored.add(textOf(ref));
        this.rollouts.storesRevision(ref);
      }
      if (name.startsWith('numbers/')) this.#numbers(write.value);
      if (name.startsWith('answer/')) this.#answer(write.value);
      if (name.startsWith('rollout/'))
        this.rollouts.stores(name.slice('rollout/'.length), write.value);
      if (name.startsWith('rollout-members/'))
        this.rollouts.storesMembers(name.slice('rollout-members/'.length), write.value);
    }
  }

  /** A controller has got the answer to a transaction that counts. */
  answered({ writes }: Transaction): void {
    const { prefix } = this.#deps;
    for (const write of writes) {
      if (!('put' in write) || !write.put.startsWith(`${prefix}rollout/`)) continue;
      this.rollouts.answered(write.put.slice(`${prefix}rollout/`.length), write.value);
    }
  }

  /** A controller said that it took this configuration. */
  pushed(ref: RevisionRef): void {
    const found = this.#deps
      .keys()
      .find({ prefix: `${this.#deps.prefix}revision/` })
      .some(({ value }) => sameRef(refIn(value), ref));
    if (!found) this.#breaks(`${textOf(ref)} was accepted and is not in the store`);
  }

  /** A configuration has reached an agent. */
  delivered(node: string, config: ConfigMessage): void {
    const { number, digest } = config;
    const revokedAt = this.#revoked.get(node) ?? Infinity;
    if (this.#deps.world.now - revokedAt > cutOffMs)
      this.#breaks(`${node} got ${textOf(config)}, and was revoked long before`);
    if (!this.#stored.has(textOf(config)))
      this.#breaks(`${node} got ${textOf(config)}, which was never stored`);
    const other = this.#given.get(number) ?? digest;
    if (other !== digest && !this.hasLostStore)
      this.#breaks(`number ${String(number)} went out with two contents: ${other}, ${digest}`);
    this.#given.set(number, digest);
    this.#largestGiven = Math.max(this.#largestGiven, number);
    this.rollouts.delivered(node, config);
    const all = this.#delivered.get(node) ?? new Set();
    this.#delivered.set(node, all.add(textOf(config)));
  }

  /** A controller said that it revoked the node; or somebody is about to take that back. */
  revoked(node: string, isRevoked: boolean): void {
    if (isRevoked) this.#revoked.set(node, this.#deps.world.now);
    else this.#revoked.delete(node);
  }

  /** An agent begins to apply a revision. */
  applies(node: string, ref: RevisionRef, disk: SimDisk): void {
    const name = textOf(ref);
    if (this.#delivered.get(node)?.has(name) !== true)
      this.#breaks(`${node} applies ${name}, which nobody offered it`);
    const before = this.#applied.get(node) ?? [];
    const highest = Math.max(0, ...before.map(({ number }) => number));
    const isBack = disk.state?.confirmed !== undefined && sameRef(disk.state.confirmed, ref);
    if (ref.number < highest && !isBack)
      this.#breaks(`${node} applies ${name} after number ${String(highest)}`);
    this.#applied.set(node, [...before, ref].slice(-50));
  }

  /** The state of an agent is on its disk. */
  kept(node: string, disk: SimDisk, lineage: string): void {
    const { state } = disk;
    const number = state?.lineages.find((one) => one.lineage === lineage)?.number ?? 0;
    const before = this.#highest.get(node) ?? 0;
    if (number < before)
      this.#breaks(`${node} went from number ${String(before)} back to ${String(number)}`);
    this.#highest.set(node, number);
    if (state?.accepted !== undefined) this.rollouts.accepted(node, state.accepted.number);
    if (state?.confirmed !== undefined) this.rollouts.confirmed(node, state.confirmed);
  }

  /** The store has lost its data: a controller may use numbers again that it does not know of. */
  lostStore(): void {
    this.hasLostStore = true;
    this.rollouts.hasLostStore = true;
    this.#revoked.clear();
  }

  /** The state of an agent was damaged: what it knew of numbers may be gone. */
  lostState(node: string): void {
    this.#highest.delete(node);
    this.hasLostState = true;
  }

  /** An agent acknowledges. */
  acks(node: string, ref: RevisionRef, stage: AckStage, disk: SimDisk): void {
    const { state } = disk;
    const name = `${node} acknowledges ${textOf(ref)} as ${stage}`;
    const isStored =
      state?.accepted !== undefined &&
      (sameRef(state.accepted, ref) || state.accepted.number > ref.number);
    if (stage === 'received' && !isStored) this.#breaks(`${name}, and its disk does not have it`);
    const applied = (this.#applied.get(node) ?? []).some((one) => sameRef(one, ref));
    if (stage === 'applied' && !applied) this.#breaks(`${name}, and did not apply it`);
    const isConfirmed =
      (state?.confirmed !== undefined && sameRef(state.confirmed, ref)) ||
      (state?.previous !== undefined && sameRef(state.previous, ref));
    if (stage === 'confirmed' && !isConfirmed)
      this.#breaks(`${name}, and its disk does not say so`);
    const key = `${node} ${textOf(ref)}`;
    this.#acked.set(key, Math.max(this.#acked.get(key) ?? 0, rankOf(stage)));
  }

  /** A connection between honest sides has ended. */
  ended(who: string, code: number, reason: string): void {
    const isRevoked = code === closeCodes.wrongIdentity && reason.includes('revoked');
    if (!faultCodes.has(code) || isRevoked) return;
    this.#breaks(`${who} ended an honest connection with ${String(code)}: ${reason}`);
  }

  #leads(process: SimProcess, name: string): void {
    if (!this.#deps.isShared) return;
    const [leader] = this.#deps.keys().find({ prefix: `${this.#deps.prefix}leader/` });
    if (leader?.value.includes(`"${process.name}"`) === true) return;
    this.#breaks(`${process.name} writes ${name}, and ${leader?.value ?? 'nobody'} leads`);
  }

  #numbers(value: string): void {
    const { lastNumber: number }: { readonly lastNumber: number } = JSON.parse(value);
    if (number >= this.#largestGiven || this.hasLostStore) return;
    const given = String(this.#largestGiven);
    this.#breaks(`the store goes back to number ${String(number)}, and ${given} went out`);
  }

  #answer(value: string): void {
    const { node, revision, stage }: StoredAnswer = JSON.parse(value);
    // What a hostile agent says of itself is its own affair.
    if (revision === undefined || stage === undefined || node === hostileName) return;
    if ((this.#acked.get(`${node} ${textOf(revision)}`) ?? 0) >= rankOf(stage)) return;
    this.#breaks(
      `the store says that ${node} has ${textOf(revision)} as ${stage}: it did not say so`,
    );
  }

  #breaks(law: string): void {
    this.#deps.world.breaks(law);
  }
}

function textOf({ number, digest }: RevisionRef): string {
  return `${String(number)} (${digest.slice(7, 15)})`;
}

function refIn(value: string): RevisionRef {
  const ref: RevisionRef = JSON.parse(value);
  return ref;
}
