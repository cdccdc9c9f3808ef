/** Many simulated agents in one process. */
import type { AckStage } from '../../core/protocol/stages.ts';
import type { BackoffLimits } from '../../core/protocol/backoff.ts';
import { defaultLiveness } from '../../core/protocol/liveness.ts';
import { createMessageCache } from './message-cache.ts';
import { SimulatedAgent, type AgentConduct, type AgentEvents } from './simulated-agent.ts';
import { nodeName } from './simulated-node.ts';
import { secureContexts, type Authority } from './certificates.ts';

export interface SimulatorSettings {
  readonly url: string;
  readonly cluster: string;
  readonly agents: number;
  /** The number of the first agent; fleets with other numbers may connect beside it. */
  readonly first: number;
  /** The agents connect from so many addresses in turn: 127.0.1.1 and so on. */
  readonly addresses: number;
  /** The shared token; absent: each agent has a certificate of this authority. */
  readonly token?: string;
  readonly authority?: Authority;
  readonly backoff: BackoffLimits;
  readonly reaches: AckStage;
  /** How long applying takes, in ms: each agent takes up to twice as long. */
  readonly applyMs: number;
  /** Shares of the agents, from 0 to 1. */
  readonly failing: number;
  readonly resumes: boolean;
  /** How many agents may be without an open connection while the fleet connects for the first time. */
  readonly atOnce: number;
}

export interface SimulatorCounts {
  readonly welcome: number;
  /** All agents together: attempts to connect, resumed TLS sessions, configurations and their bytes. */
  readonly attempts: number;
  readonly resumed: number;
  readonly received: number;
  readonly receivedBytes: number;
  readonly lost: number;
  /** The reasons of lost connections, the most frequent first. */
  readonly reasons: readonly string[];
}

/** A configuration that came to an agent that does not stall, in ms since 1970. */
export interface Arrival {
  readonly number: number;
  readonly atMs: number;
}

export class Simulator {
  readonly #settings: SimulatorSettings;
  readonly #agents: SimulatedAgent[];
  readonly #welcome = new Set<SimulatedAgent>();
  readonly #reasons = new Map<string, number>();
  readonly #waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  #counts = { attempts: 0, resumed: 0, received: 0, receivedBytes: 0, lost: 0 };
  #arrivals: Arrival[] = [];
  #stalled = new Set<SimulatedAgent>();
  readonly #ticking: NodeJS.Timeout;

  constructor(settings: SimulatorSettings) {
    this.#settings = settings;
    const contexts = settings.authority && secureContexts(settings.authority);
    const messages = createMessageCache();
    const events = this.#events();
    const { cluster, backoff } = settings;
    const url = new URL(settings.url);
    const side = { cluster, backoff, liveness: defaultLiveness };
    this.#agents = Array.from({ length: settings.agents }, (_, index) => {
      const localAddress = `127.0.1.${String(1 + (index % settings.addresses))}`;
      const identity = {
        node: nodeName(settings.first + index),
        localAddress,
        ...(settings.token !== undefined && { authorization: `Bearer ${settings.token}` }),
        ...(contexts !== undefined && {
          secureContext: contexts(nodeName(settings.first + index)),
        }),
      };
      const conduct = conductOf(settings, index);
      return new SimulatedAgent(identity, { url, settings: side, conduct, messages, events });
    });
    this.#ticking = setInterval(() => {
      const now = performance.now();
      for (const agent of this.#agents) agent.tick(now);
    }, 5000);
  }

  /** Resolves when all agents are connected and welcome. */
  async connect(): Promise<void> {
    const { atOnce } = this.#settings;
    for (const [index, agent] of this.#agents.entries()) {
      agent.start();
      await this.untilWelcome(index + 1 - atOnce);
    }
    await this.untilWelcome(this.#agents.length);
  }

  /** Resolves when so many agents are welcome. */
  untilWelcome(count: number): Promise<void> {
    if (this.#welcome.size >= count) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push({ count, resolve });
    });
  }

  counts(): SimulatorCounts {
    const reasons = [...this.#reasons]
      .toSorted(([, one], [, other]) => other - one)
      .map(([reason, count]) => `${reason} (${String(count)})`);
    return { ...this.#counts, welcome: this.#welcome.size, reasons: reasons.slice(0, 5) };
  }

  resetCounts(): void {
    this.#counts = { attempts: 0, resumed: 0, received: 0, receivedBytes: 0, lost: 0 };
    this.#reasons.clear();
    this.#arrivals = [];
  }

  arrivals(): readonly Arrival[] {
    return this.#arrivals;
  }

  /** This share of the agents stops reading. */
  stall(share: number): void {
    const every = Math.round(1 / share);
    for (const [index, agent] of this.#agents.entries()) {
      if (index % every !== 0) continue;
      this.#stalled.add(agent);
      agent.stall();
    }
  }

  /** Cuts this share of the connections off. */
  drop(share: number): void {
    const every = Math.round(1 / share);
    for (const [index, agent] of this.#agents.entries()) if (index % every === 0) agent.drop();
  }

  /** Each agent sends so many heartbeats, spread over the time that their answers take. */
  async beat(rounds: number): Promise<void> {
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, agent] of this.#agents.entries()) {
        agent.beat();
        if (index % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
      }
      await new Promise((resolve) => setTimeout(resolve, beatMs));
    }
  }

  /** All agents confirm the last configuration. */
  finish(): void {
    for (const agent of this.#agents) agent.finish();
  }

  stop(): void {
    clearInterval(this.#ticking);
    for (const agent of this.#agents) agent.stop();
  }

  #events(): AgentEvents {
    return {
      dialled: () => {
        this.#counts.attempts += 1;
      },
      resumed: () => {
        this.#counts.resumed += 1;
      },
      welcome: (agent) => {
        this.#welcome.add(agent);
        while ((this.#waiting[0]?.count ?? Infinity) <= this.#welcome.size) {
          this.#waiting.shift()?.resolve();
        }
      },
      lost: (agent, wasWelcome, reason) => {
        if (wasWelcome) this.#counts.lost += 1;
        this.#welcome.delete(agent);
        this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
        if (this.#stalled.has(agent)) agent.stop();
      },
      received: (_agent, { number, text = '' }) => {
        this.#counts.received += 1;
        this.#counts.receivedBytes += text.length;
        this.#arrivals.push({ number, atMs: performance.timeOrigin + performance.now() });
      },
    };
  }
}

/** The answers to the heartbeats of a round come within it. */
const beatMs = 5;

function conductOf(
  { reaches, applyMs, failing, resumes }: SimulatorSettings,
  index: number,
): AgentConduct {
  const fails = failing > 0 && index % Math.round(1 / failing) === 0;
  return { reaches, applyMs: applyMs * 2 * Math.random(), fails, resumes };
}
