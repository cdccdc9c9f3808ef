/** Nodes that take what a rollout gives them, for the tests of the state machine. */
import { beginRollout } from '../../../core/rollout/begin-rollout.ts';
import { planWaves, type Wave } from '../../../core/rollout/plan-waves.ts';
import {
  nothing,
  type AbsentNode,
  type OpenNodes,
  type Seen,
  type WaveCount,
} from '../../../core/rollout/seen.ts';
import {
  isOver,
  stepRollout,
  type RolloutAction,
  type RolloutEvent,
} from '../../../core/rollout/step.ts';
import type { Rollout } from '../../../core/rollout/steps.ts';
import { plainStrategy } from '../../../core/rollout/strategy.ts';
import { isTurn, targetOf } from '../../../core/rollout/targets.ts';
import type { RolloutStrategy } from '../../../schemas/generated/rollout-strategy.ts';

export interface SimulatedNode {
  /** The newest number that it has accepted. */
  accepted?: number;
  state: 'confirmed' | 'working' | 'failed';
  isConnected: boolean;
  /** All numbers that it was given, the newest last. */
  readonly given: number[];
}

export class SimulatedFleet {
  readonly nodes = new Map<string, SimulatedNode>();
  readonly waves: readonly Wave[];
  private readonly places: ReadonlyMap<string, number>;
  rollout: Rollout;
  ms = 0;
  mayReturn = false;
  wallMs = Date.parse('2026-10-26T12:00:00Z');
  lastNumber = 2;
  readonly actions: RolloutAction[] = [];
  watch: (before: Rollout, after: Rollout) => void = () => undefined;

  constructor(
    names: readonly string[],
    strategy: Partial<RolloutStrategy>,
    base: number | null = 1,
  ) {
    const whole = { ...plainStrategy, ...strategy };
    const plan = planWaves(
      whole,
      names.map((name) => ({ name, labels: {} })),
    );
    if (!plan.ok) throw new Error(JSON.stringify(plan.issues));
    this.waves = plan.waves;
    this.places = new Map(
      plan.waves.flatMap(({ nodes }, place) => nodes.map((name) => [name, place])),
    );
    const has = base === null ? {} : { base };
    for (const name of names) {
      const accepted = base === null ? {} : { accepted: base };
      this.nodes.set(name, { ...accepted, state: 'confirmed', isConnected: true, given: [] });
    }
    const beginning = { kind: 'rollout', strategy: whole, waves: plan.waves, ...has } as const;
    this.rollout = beginRollout(
      { ...beginning, target: 2, by: 'test', at: '2026-10-26T12:00:00Z', members: 1 },
      this.ms,
    );
  }

  get phase(): string {
    const { phase, stage } = this.rollout.state;
    return isOver(this.rollout) ? phase : `${phase} ${stage}`;
  }

  node(name: string): SimulatedNode {
    const node = this.nodes.get(name);
    if (node === undefined) throw new Error(`no node ${name}`);
    return node;
  }

  /** Gives each connected node what it is to have now. */
  deliver(): void {
    for (const [name, node] of this.nodes) {
      const target = targetOf(this.rollout, this.waveOf(name), node.accepted);
      if (!node.isConnected || target.kind === 'none') continue;
      if (node.given.at(-1) === target.number || node.accepted === target.number) continue;
      node.given.push(target.number);
      node.accepted = target.number;
      node.state = 'working';
    }
  }

  confirm(...names: readonly string[]): void {
    for (const name of names.length === 0 ? this.nodes.keys() : names) {
      const node = this.node(name);
      if (node.state === 'working' && node.isConnected) node.state = 'confirmed';
    }
  }

  seen(): Seen {
    const failures: string[] = [];
    const gone = this.waves.map((): string[] => []);
    const open = this.waves.map((): Record<keyof OpenNodes, string[]> => {
      return { failed: [], working: [], left: [], away: [] };
    });
    const absent: AbsentNode[] = [];
    const waves = this.waves.map((wave, place): WaveCount => {
      const count = { ...nothing, nodes: wave.nodes.length };
      if (!isTurn(this.rollout, place) && this.rollout.state.begun <= place) return count;
      for (const name of wave.nodes) {
        const kind = this.stateOf(name, place);
        count[kind] += 1;
        if (kind !== 'confirmed') open[place]?.[kind].push(name);
        if (kind === 'confirmed' && !this.node(name).isConnected) gone[place]?.push(name);
        if (kind === 'failed') failures.push(`${name}: it failed`);
        if (kind !== 'confirmed' || !this.node(name).isConnected) {
          absent.push({ node: name, why: kind });
        }
      }
      return count;
    });
    const isAtBarrier = this.phase === 'forward barrier';
    return {
      waves,
      open,
      failures,
      gone,
      mayReturn: this.mayReturn,
      ...(isAtBarrier && { absent }),
    };
  }

  /** Does one event, and what follows from looking until nothing changes. */
  send(event: RolloutEvent): string | undefined {
    const refused = this.step(event);
    this.deliver();
    if (refused === undefined) this.look();
    return refused;
  }

  look(): void {
    for (let turn = 0; turn < 100; turn += 1) {
      const before = this.rollout;
      this.step({ type: 'look', seen: this.seen() });
      this.deliver();
      if (this.rollout === before) return;
    }
    throw new Error('the rollout never rests');
  }

  pass(seconds: number): void {
    this.ms += seconds * 1000;
    this.wallMs += seconds * 1000;
    this.look();
  }

  private step(event: RolloutEvent): string | undefined {
    const { ms, wallMs } = this;
    const moment = { ms, wallMs, nextNumber: this.lastNumber + 1 };
    const stepped = stepRollout(this.rollout, event, moment);
    if (!stepped.ok) return stepped.reason;
    this.watch(this.rollout, stepped.rollout);
    this.rollout = stepped.rollout;
    this.actions.push(...stepped.actions);
    for (const action of stepped.actions) {
      if (action.type === 'add-revision') this.lastNumber = action.number;
    }
    return undefined;
  }

  private waveOf(name: string): number {
    return this.places.get(name) ?? -1;
  }

  private stateOf(name: string, wave: number): Exclude<keyof WaveCount, 'nodes'> {
    const { isConnected, state, accepted } = this.node(name);
    const target = targetOf(this.rollout, wave, accepted);
    const hasIt = target.kind === 'revision' && target.number === accepted;
    if (hasIt && state !== 'working') return state;
    if (!isConnected) return hasIt ? 'left' : 'away';
    return target.kind === 'none' ? 'confirmed' : 'working';
  }
}
