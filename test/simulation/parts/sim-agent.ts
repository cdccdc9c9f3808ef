/**
 * The agent of a simulated node: its channel, its acceptance of offers and its state are the real
 * ones. Bringing a revision into force is a model: it takes a while, and the node is healthy or not.
 */
import { connectController } from '../../../agent/channel/connect-controller.ts';
import type { FollowedAgent } from '../../../agent/app/agent.ts';
import { acceptOffer, type Acceptance } from '../../../agent/app/offer/accept-offer.ts';
import type { Offer, OfferOutcome } from '../../../agent/app/offer/offer.ts';
import { createProven } from '../../../agent/app/state/found-in-force.ts';
import { createRecords } from '../../../agent/app/state/records.ts';
import {
  revisionsInUse,
  withConfirmed,
  withInForce,
  withRolledBack,
} from '../../../agent/app/state/state-changes.ts';
import { createSignals } from '../../../agent/app/status/signals.ts';
import type { Clock } from '../../../agent/ports/clock.ts';
import { factsFromInput } from '../../../core/facts/from-input.ts';
import { controllerLineage } from '../../../core/protocol/messages.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import { decided } from '../stand-ins/decided.ts';
import type { Laws } from '../laws.ts';
import type { SimNetwork } from '../stand-ins/sim-network.ts';
import { SimProcess } from '../world/sim-process.ts';
import type { SimConfig, SimMachine } from './sim-machine.ts';
import { simLogger } from './sim-logger.ts';
import { simTransport } from './sim-transport.ts';

export interface SimAgentDeps {
  readonly machine: SimMachine;
  readonly network: SimNetwork;
  readonly laws: Laws;
  readonly cluster: string;
  /** What becomes of a configuration at the nodes. */
  readonly configOf: (digest: string) => SimConfig | undefined;
}

/** Starts the agent's process. @returns its process, which a test kills or pauses */
export function startAgent(deps: SimAgentDeps): SimProcess {
  const { machine, network, cluster } = deps;
  const { world } = network;
  const process = new SimProcess(world, machine.name, { wallErrorMs: machine.wallErrorMs });
  process.in(() => {
    const clock = clockOf(process);
    const agent = new SimAgent(deps, process, clock);
    const url = 'ws://127.0.0.1:1';
    connectController(
      agent,
      { url, tokenFile: '/token', cluster },
      {
        logger: simLogger(process),
        random: Math.random,
        clock,
        transport: simTransport(deps, process),
      },
    );
    void agent.work();
  });
  return process;
}

function clockOf(process: SimProcess): Clock {
  return {
    now: () => new Date().toISOString(),
    elapsed: () => process.elapsed(),
    after: (ms, run) => process.after(ms, run),
    random: () => process.world.random(),
  };
}

class SimAgent implements FollowedAgent {
  readonly audit = { write: (): void => undefined };
  readonly readings: FollowedAgent['readings'];
  readonly offers: FollowedAgent['offers'];
  readonly operations: FollowedAgent['operations'];
  readonly #deps: SimAgentDeps;
  readonly #process: SimProcess;
  readonly #clock: Clock;
  readonly #records;
  readonly #store;
  readonly #proven = createProven();
  readonly #signals = createSignals({ error: (message) => this.#breaks(message) });
  readonly #startedAt: string;
  /** The revision in force that waits for a person, and until when. */
  #waits: { readonly revision: RevisionRef; readonly untilMs: number } | undefined;
  #wake: () => void = () => undefined;
  #isWoken = true;

  constructor(deps: SimAgentDeps, process: SimProcess, clock: Clock) {
    this.#deps = deps;
    this.#process = process;
    this.#clock = clock;
    this.#startedAt = clock.now();
    const { disk, name } = deps.machine;
    this.#store = disk.storeOf(process);
    const journal = disk.journalOf(process);
    const claim = (): Promise<void> => Promise.resolve();
    this.#records = createRecords({ store: this.#store, journal, clock, claim });
    const lineage = controllerLineage(deps.cluster);
    disk.stateWritten = () => deps.laws.kept(name, disk, lineage);
    this.offers = { offer: (offer) => this.#offer(offer) };
    this.readings = {
      status: () => this.#status(),
      facts: () => this.#facts(),
      subscribe: this.#signals.subscribe,
      acceptedRevision: async () => {
        const { accepted } = this.#records.state.current();
        const found = accepted && (await this.#store.load(accepted));
        if (accepted && !found) this.#signals.emit({ type: 'text-lost', revision: accepted });
        return found;
      },
    };
    this.operations = {
      confirm: async (only) => {
        const waiting = this.#waits?.revision;
        if (waiting === undefined || (only && !sameRevision(only, waiting))) throw noWait();
        await this.#confirm(waiting, 'person');
        return waiting;
      },
      rollback: async ({ from }) => {
        const { accepted } = this.#records.state.current();
        if (accepted === undefined || (from && !sameRevision(accepted, from))) throw noWait();
        await this.#takeBack(accepted, 'a person asked for it');
        return { from: accepted, to: accepted };
      },
    };
  }

  /** Brings what was accepted into force, as long as the process lives. */
  async work(): Promise<void> {
    for (let failures = 0; ;) {
      this.#isWoken = false;
      const again = await this.#pass().then(
        () => {
          failures = 0;
          return 30_000;
        },
        (error: unknown) => {
          failures += 1;
          this.#fails(error);
          return Math.min(500 * 2 ** failures, 20_000);
        },
      );
      await this.#pause(again);
    }
  }

  async #offer(offer: Offer): Promise<OfferOutcome> {
    const { state } = this.#records;
    await state.load();
    const outcome = await acceptOffer(this.#acceptance(), offer);
    if (outcome.result === 'refused') return outcome;
    const { revision, result } = outcome;
    if (result === 'accepted') {
      this.#signals.emit({ type: 'stage', revision, stage: 'accepted' });
      this.#tellStatus();
      await this.#store.prune(revisionsInUse(state.current())).catch(() => undefined);
    }
    this.#wakeUp();
    return outcome;
  }

  #acceptance(): Acceptance {
    const { state } = this.#records;
    const { machine, configOf } = this.#deps;
    const facts = this.#facts();
    return {
      store: this.#store,
      state,
      facts: {
        current: () => facts,
        issues: () => [],
        judge: () => Promise.resolve(),
        refresh: () => Promise.resolve(false),
      },
      cache: {
        current: () => undefined,
        put: () => undefined,
        of: () => Promise.reject(new Error('nobody derives')),
        try: () => Promise.reject(new Error('nobody derives')),
        clear: () => undefined,
      },
      clock: this.#clock,
      configuredSource: undefined,
      reading: { unitApplication: undefined, roles: ['node'] },
      decider: {
        decide: async (question) => {
          await this.#process.sleep(this.#process.world.between(1, 200));
          const found = decided(question);
          if (!found.ok || configOf(found.digest)?.refusedBy.has(machine.name) !== true) {
            return found;
          }
          const message = 'this node cannot have it';
          return {
            ok: false,
            issues: [{ severity: 'error', code: 'refused', pointer: '', message }],
          };
        },
      },
      proven: this.#proven,
      writtenRevision: undefined,
      rolledBack: undefined,
    };
  }

  async #pass(): Promise<void> {
    const { state } = this.#records;
    await state.load();
    const { accepted, confirmed } = state.current();
    if (accepted === undefined) return;
    const isDone = confirmed !== undefined && sameRevision(confirmed, accepted);
    if (this.#proven.is(accepted) && (isDone || this.#waitsFor(accepted))) return;
    const revision = await this.#store.load(accepted);
    if (revision === undefined) {
      this.#signals.emit({ type: 'text-lost', revision: accepted });
      throw new AppError('corrupt-file', 'the stored text is lost', { retryable: true });
    }
    if (!(await this.#apply(accepted))) return;
    const { confirmWithin } = state.current();
    if (!isDone && confirmWithin !== undefined && sameRevision(confirmWithin.revision, accepted)) {
      return this.#waitForPerson(accepted, confirmWithin.seconds * 1000);
    }
    await this.#judgeHealth(accepted, isDone);
  }

  /** @returns whether it is in force; another revision may have come */
  async #apply(revision: RevisionRef): Promise<boolean> {
    const { world } = this.#process;
    const { machine, laws } = this.#deps;
    const { state } = this.#records;
    await this.#process.sleep(world.between(20, 3000));
    const { accepted } = state.current();
    if (accepted === undefined || !sameRevision(accepted, revision)) return false;
    laws.applies(machine.name, revision, machine.disk);
    machine.inEffect = revision;
    const isIt = await state.change((now) => {
      const isSame = now.accepted !== undefined && sameRevision(now.accepted, revision);
      return isSame ? { state: withInForce(now, revision), result: true } : { result: false };
    });
    if (!isIt) return false;
    this.#proven.set(revision);
    this.#signals.emit({ type: 'stage', revision, stage: 'applied' });
    this.#tellStatus();
    return true;
  }

  async #judgeHealth(revision: RevisionRef, isDone: boolean): Promise<void> {
    const { machine, configOf } = this.#deps;
    const { world } = this.#process;
    const config = configOf(revision.digest);
    const isSlow = config?.slowAt.has(machine.name) === true;
    const ms = isSlow ? world.between(15_000, 60_000) : world.between(100, 5000);
    if (!isDone) await this.#process.sleep(ms);
    if (!isDone && config?.unhealthyAt.has(machine.name) === true) {
      return this.#takeBack(revision, 'the node is not healthy with it');
    }
    await this.#confirm(revision, 'health');
  }

  async #confirm(revision: RevisionRef, by: 'health' | 'person'): Promise<void> {
    const isIt = await this.#records.state.change((now) => {
      const isSame = now.accepted !== undefined && sameRevision(now.accepted, revision);
      return isSame
        ? { state: withConfirmed(now, revision, { by }), result: true }
        : { result: false };
    });
    if (!isIt) return;
    if (this.#waitsFor(revision)) this.#waits = undefined;
    this.#signals.emit({ type: 'stage', revision, stage: 'confirmed' });
    this.#tellStatus();
  }

  async #takeBack(revision: RevisionRef, why: string): Promise<void> {
    const { disk } = this.#deps.machine;
    const at = this.#clock.now();
    const reason = `rolled back: ${why}`;
    const isIt = await this.#records.state.change((now) => {
      if (now.accepted === undefined || !sameRevision(now.accepted, revision)) {
        return { result: false };
      }
      const { confirmed, previous } = now;
      const isOther = confirmed !== undefined && !sameRevision(confirmed, revision);
      const target = isOther ? confirmed : previous;
      const { lineage, number, digest } = revision;
      const rejection = { lineage, number, digest, at, reason };
      return { state: withRolledBack(now, rejection, target), result: true };
    });
    if (!isIt) return;
    this.#proven.doubt();
    this.#waits = undefined;
    const ended = { at, result: 'failed' as const };
    const failure = { at, message: reason };
    const summary = {
      formatVersion: 1 as const,
      revision,
      ended,
      failure,
      changes: 1,
      profiles: [],
    };
    await disk.note(this.#process, summary).catch(() => undefined);
    this.#signals.emit({
      ...{ type: 'failed', revision, code: 'rolled-back', message: reason, issues: [] },
      ...{ retrying: false, mayPass: false },
    });
    this.#tellStatus();
    this.#wakeUp();
  }

  #waitForPerson(revision: RevisionRef, ms: number): void {
    if (this.#waitsFor(revision)) return;
    this.#waits = { revision, untilMs: this.#clock.elapsed() + ms };
    this.#tellStatus();
    const giveUp = (): void => {
      if (!this.#waitsFor(revision)) return;
      this.#takeBack(revision, 'nobody confirmed it in time').catch(() => {
        this.#clock.after(1000, giveUp);
      });
    };
    this.#clock.after(ms, giveUp);
  }

  #waitsFor(revision: RevisionRef): boolean {
    return this.#waits !== undefined && sameRevision(this.#waits.revision, revision);
  }

  #fails(error: unknown): void {
    const { accepted } = this.#records.state.current();
    if (!(error instanceof AppError)) this.#breaks(reasonOf(error));
    if (accepted === undefined) return;
    this.#signals.emit({
      ...{ type: 'failed', revision: accepted, code: 'apply-failed', message: reasonOf(error) },
      ...{ issues: [], retrying: true, mayPass: true },
    });
  }

  #tellStatus(): void {
    this.#signals.emit({ type: 'status', status: this.#status() });
  }

  #wakeUp(): void {
    this.#isWoken = true;
    this.#wake();
  }

  #pause(ms: number): Promise<void> {
    if (this.#isWoken) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#process.after(ms, resolve);
    });
  }

  #facts(): ReturnType<FollowedAgent['readings']['facts']> {
    const { name, address } = this.#deps.machine;
    return factsFromInput({ name, addresses: [address] }, name).facts;
  }

  #status(): AgentStatus {
    const { accepted, inForce, confirmed, rejected } = this.#records.state.current();
    const isInForce = accepted && inForce && sameRevision(accepted, inForce);
    return {
      formatVersion: 1,
      agentVersion: '0.1.0',
      node: this.#deps.machine.name,
      startedAt: this.#startedAt,
      state: this.#waits ? 'confirming' : isInForce ? 'in-force' : 'applying',
      message: 'simulated',
      revisions: {
        ...(accepted !== undefined && { accepted }),
        ...(inForce !== undefined && { inForce }),
        ...(confirmed !== undefined && { confirmed }),
        rejected: [...rejected],
      },
      ...(this.#waits && { confirming: { revision: this.#waits.revision, mode: 'person' } }),
      datastore: { driver: 'files', reachesCluster: false, message: 'simulated' },
      issues: [],
    };
  }

  #breaks(what: string): void {
    this.#process.world.breaks(`${this.#process.name}: ${what}`);
  }
}

function noWait(): AppError {
  return new AppError('not-found', 'nothing waits for it');
}
