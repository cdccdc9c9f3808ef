/**
 * A controller's fleet with agents that answer at once, over a store in memory. The controller can be
 * killed at any moment: a new one is built from the same records.
 */
import { createFleet } from '../../../../controller/app/fleet/create-fleet.ts';
import type { Fleet, FleetLink } from '../../../../controller/app/fleet/fleet.ts';
import { createPush, type Push } from '../../../../controller/app/push/push.ts';
import { createDecide, type Decide } from '../../../../controller/app/push/decide.ts';
import { createRollouts, type Rollouts } from '../../../../controller/app/rollout/rollouts.ts';
import {
  createStartRollout,
  type StartOutcome,
  type StartRequest,
} from '../../../../controller/app/push/start-rollout.ts';
import { viewRollout, type RolloutView } from '../../../../controller/app/rollout/rollout-view.ts';
import { createFleetStore, type FleetStore } from '../../../../controller/app/store/fleet-store.ts';
import { plainStrategy } from '../../../../core/rollout/strategy.ts';
import {
  clusterShareCapability,
  decisionCapability,
  sameRef,
  type ConfigMessage,
  type HelloMessage,
} from '../../../../core/protocol/messages.ts';
import type { RevisionRef } from '../../../../core/revision/revision.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import type { RolloutStrategy } from '../../../../schemas/generated/rollout-strategy.ts';
import { helloOf, statusOf } from '../../../core/protocol/sample.ts';
import { inProcessChecker } from '../../../support/twins/in-process-checker.ts';
import { memoryStore, type MemoryStore } from '../../../support/twins/memory-store.ts';

export class FakeAgent {
  readonly name: string;
  link: FleetLink | undefined;
  accepted: RevisionRef | undefined;
  /** What it has confirmed, in order, without what it rolled back. */
  readonly history: { readonly ref: RevisionRef; readonly isLater: boolean }[] = [];
  /** The configurations that it was sent and has not answered. */
  readonly inbox: ConfigMessage[] = [];
  /** All configurations that it was sent, in order. */
  readonly given: ConfigMessage[] = [];
  readonly decisions: string[] = [];
  /** It refuses configurations with this text. */
  refuses: string | undefined;
  /** It takes a configuration with this text, and rolls it back by itself. */
  rollsBack: string | undefined;
  /** It does what a person decides. */
  isObedient = true;
  /** It takes configurations, and does not confirm them. */
  isSlow = false;
  isOld = false;
  /** It does not say what it has. */
  isSilent = false;
  labels: Record<string, string> = {};

  constructor(name: string) {
    this.name = name;
  }

  get number(): number {
    return this.accepted?.number ?? 0;
  }

  get confirmed(): RevisionRef | undefined {
    return this.history.at(-1)?.ref;
  }

  /** Rolls back what it has confirmed last: to a whole configuration, where that was one. @returns whether it can */
  undo(): boolean {
    const { history } = this;
    const isLater = history.at(-1)?.isLater === true;
    const to = history.findLastIndex(
      (one, place) => place < history.length - 1 && (isLater || !one.isLater),
    );
    if (to === -1) return false;
    history.length = to + 1;
    this.accepted = this.confirmed;
    return true;
  }
}

export class FleetOfAgents {
  readonly agents: readonly FakeAgent[];
  readonly faults: string[] = [];
  store: MemoryStore = memoryStore();
  ms = 0;
  /** When nodes were revoked, in ms since 1970. */
  readonly revoked = new Map<string, number>();
  /** By how much the wall clock has jumped. */
  jumpMs = 0;
  fleet!: Fleet;
  rollouts!: Rollouts;
  push!: Push;
  decide!: Decide;
  fleetStore!: FleetStore;
  problem: string | undefined;
  /** Agents that a person has told to roll back. */
  private readonly undoing = new Set<FakeAgent>();
  private isBooted = false;

  constructor(names: readonly string[]) {
    this.agents = names.map((name) => new FakeAgent(name));
  }

  agent(name: string): FakeAgent {
    const found = this.agents.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no agent ${name}`);
    return found;
  }

  /** RFC 3339. */
  now(): string {
    return new Date(Date.UTC(2026, 9, 26, 12) + this.ms + this.jumpMs).toISOString();
  }

  /** Its agent is cut off, as a revocation does. */
  revoke(agent: FakeAgent): void {
    this.revoked.set(agent.name, Date.parse(this.now()));
    this.disconnect(agent);
  }

  /** A controller begins with what is stored; agents connect to it. */
  async boot(): Promise<void> {
    if (this.isBooted) await this.rollouts.stop();
    this.isBooted = true;
    this.store = this.store.reopen();
    const now = (): string => this.now();
    const base = { cluster: 'default', logger: silentLogger, now };
    this.fleet = createFleet(undefined, {
      ...base,
      lineage: 'controller:default',
      onKept: () => undefined,
      revocations: { revokedAt: (node) => this.revoked.get(node) },
    });
    this.fleetStore = createFleetStore({
      ...base,
      store: this.store,
      digestOfText: (text) => inProcessChecker.digest(text),
    });
    this.rollouts = createRollouts({
      ...base,
      fleet: this.fleet,
      store: this.fleetStore,
      answersKept: () => Promise.resolve(),
      nodesKept: () =>
        this.fleetStore
          .saveNodes(this.fleet.stored(), this.fleet.unreadable())
          .catch(() => undefined),
      elapsedMs: () => this.ms,
      lookMs: 1e9,
    });
    const parts = {
      ...base,
      fleet: this.fleet,
      checker: inProcessChecker,
      rollouts: this.rollouts,
    };
    this.push = createPush({ ...parts, store: this.fleetStore });
    this.decide = createDecide({ ...parts, store: this.fleetStore });
    const state = await this.fleetStore.load();
    this.problem = state.problem;
    this.fleet.restore(state);
    this.rollouts.restore(state.rollout);
    for (const agent of this.agents) this.connect(agent);
  }

  connect(agent: FakeAgent): void {
    agent.inbox.length = 0;
    let targetNumber: number | undefined;
    const link: FleetLink = {
      remote: '10.0.0.9',
      silentMs: () => 0,
      get targetNumber() {
        return targetNumber;
      },
      setTarget: (config) => {
        if (config.number === targetNumber) return;
        targetNumber = Math.max(config.number, targetNumber ?? 0);
        if (agent.link === link) this.offer(agent, config);
      },
      decide: ({ decision, number }) => {
        agent.decisions.push(`${decision} ${String(number)}`);
        if (decision === 'roll-back' && agent.isObedient && agent.number === number)
          this.undoing.add(agent);
      },
      end: () => undefined,
    };
    agent.link = link;
    const { name, accepted, labels, isOld } = agent;
    const sample = helloOf();
    const hello: HelloMessage = {
      ...sample,
      node: name,
      facts: { labels },
      capabilities: isOld ? [] : [decisionCapability, clusterShareCapability],
      revisions: { rejected: [], ...(accepted !== undefined && { accepted }) },
    };
    const fault = this.fleet.join(link, hello);
    if (fault !== undefined) this.faults.push(fault);
    this.tellStatus(agent);
  }

  /** An agent says what it has. */
  tellStatus({ link, accepted, confirmed, isSilent }: FakeAgent): void {
    if (link === undefined || isSilent) return;
    const revisions = {
      rejected: [],
      ...(accepted !== undefined && { accepted, inForce: accepted }),
      ...(confirmed !== undefined && { confirmed }),
    };
    const fault = this.fleet.reportStatus(link, { ...statusOf('in-force'), revisions });
    if (fault !== undefined) this.faults.push(fault);
  }

  disconnect(agent: FakeAgent): void {
    const { link } = agent;
    agent.link = undefined;
    if (link !== undefined) this.fleet.leave(link, 'gone');
  }

  /** Agents answer what they were sent. */
  answer(): void {
    for (const agent of this.agents) {
      for (const config of agent.inbox.splice(0)) this.answerOne(agent, config);
    }
    for (const agent of this.undoing) this.rollBack(agent);
    this.undoing.clear();
  }

  async start(
    text: string,
    strategy: Partial<RolloutStrategy>,
    more: Partial<StartRequest> = {},
  ): Promise<StartOutcome> {
    const start = createStartRollout({
      cluster: 'default',
      fleet: this.fleet,
      checker: inProcessChecker,
      store: this.fleetStore,
      rollouts: this.rollouts,
      now: () => '2026-10-26T12:00:00Z',
      logger: silentLogger,
    });
    const whole = { ...plainStrategy, ...strategy };
    return start({ mediaType: 'application/yaml', text, by: 'test', strategy: whole, ...more });
  }

  pushText(text: string, supersede = false): ReturnType<Push> {
    return this.push({ mediaType: 'application/yaml', text, by: 'test', supersede });
  }

  /** Some turns of answers, looks and time. */
  async turns(count: number, seconds = 60): Promise<void> {
    for (let turn = 0; turn < count; turn += 1) {
      this.answer();
      await this.rollouts.look();
      this.ms += seconds * 1000;
      await this.rollouts.look();
    }
  }

  view(): RolloutView {
    const view = viewRollout(this.fleet, this.rollouts);
    if (view === undefined) throw new Error('there is no rollout');
    return view;
  }

  numbers(): string {
    return this.agents.map(({ name, number }) => `${name}${String(number)}`).join(' ');
  }

  private rollBack(agent: FakeAgent): void {
    const ref = agent.accepted;
    const { link } = agent;
    const { confirmed } = agent;
    if (link === undefined || ref === undefined || !agent.undo()) return;
    // Nothing may be answered after confirmed, so that only its status says it.
    if (confirmed === undefined || !sameRef(confirmed, ref)) {
      const failure = { code: 'rolled-back', message: 'a person rolled it back', issues: [] };
      this.fleet.reportProgress(link, ref, { kind: 'nack', ...failure, wasTaken: true });
    }
    this.tellStatus(agent);
  }

  private offer(agent: FakeAgent, config: ConfigMessage): void {
    if (config.number < agent.number) {
      this.faults.push(
        `${agent.name} was given ${String(config.number)} after ${String(agent.number)}`,
      );
    }
    const stored = this.store
      .texts('revision')
      .some((text) => text.includes(`"number":${String(config.number)},`));
    if (!stored)
      this.faults.push(`${agent.name} was given ${String(config.number)}, which is not stored`);
    agent.inbox.push(config);
    // After it connects again it says once more what it has.
    if (agent.given.at(-1)?.number !== config.number) agent.given.push(config);
  }

  private answerOne(agent: FakeAgent, config: ConfigMessage): void {
    const { link, refuses } = agent;
    if (link === undefined) return;
    const ref = { lineage: config.lineage, number: config.number, digest: config.digest };
    if (refuses !== undefined && refuses === config.text) {
      const failure = { code: 'invalid-config', message: 'it cannot use this', issues: [] };
      this.fleet.reportProgress(link, ref, { kind: 'nack', ...failure });
      return;
    }
    if (agent.rollsBack === config.text) {
      const failure = { code: 'rolled-back', message: 'its sessions were lost', issues: [] };
      this.fleet.reportProgress(link, ref, { kind: 'nack', ...failure, wasTaken: true });
      return this.tellStatus(agent);
    }
    agent.accepted = ref;
    const stages = agent.isSlow
      ? (['received'] as const)
      : (['received', 'applied', 'confirmed'] as const);
    for (const stage of stages) this.fleet.reportProgress(link, ref, { kind: 'stage', stage });
    if (agent.isSlow) return;
    agent.history.push({ ref, isLater: config.clusterShare !== undefined });
    this.tellStatus(agent);
  }
}
