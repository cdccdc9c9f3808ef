/** Agents that find a controller among several, and a log of what they get. */
import { systemClock } from '../../../agent/adapters/system-clock/system-clock.ts';
import type { Offer, OfferOutcome } from '../../../agent/app/offer/offer.ts';
import { usualTransport } from '../../../agent/channel/channel-deps.ts';
import { connectController } from '../../../agent/channel/connect-controller.ts';
import { silentLogger } from '../../../runtime/log/logger.ts';
import { MemoryAgent } from '../twins/memory-agent.ts';

/** In the order in which it happened at the nodes. */
export interface Noted {
  readonly node: string;
  readonly what: 'given' | 'confirmed';
  readonly number: number;
  readonly text: string;
}

export interface RoamingAgents {
  readonly log: readonly Noted[];
  /** These nodes confirm what they have, and what comes. */
  release(nodes: readonly string[]): void;
  accepted(): readonly (number | undefined)[];
  stop(): Promise<void>;
}

export interface RoamingOptions {
  readonly nodes: readonly string[];
  /** `host:port` of the controllers; each agent begins with another one. */
  readonly controllers: readonly string[];
  readonly tokenFile: string;
  /** A configuration with which a node waits until it is released. */
  readonly held: string;
}

export function startRoamingAgents(options: RoamingOptions): RoamingAgents {
  const { nodes, controllers, tokenFile, held } = options;
  const log: Noted[] = [];
  const agents = new Map(
    nodes.map((name, index) => {
      const address = `10.0.0.${String(index + 2)}/24`;
      return [name, new HeldAgent({ name, address }, { log, held, name })];
    }),
  );
  const channels = [...agents.values()].map((agent, index) => {
    let attempt = index;
    const settings = { url: 'ws://127.0.0.1:1', tokenFile };
    return connectController(
      agent,
      { ...settings, reconnect: { baseSeconds: 0.05, capSeconds: 0.2 } },
      {
        logger: silentLogger,
        random: Math.random,
        clock: systemClock,
        timing: {
          statusMs: 1,
          handshakeMs: 1500,
          liveness: { pingAfterMs: 500, silenceMs: 2500 },
          tickMs: 100,
          lostText: { patienceMs: 20, everyMs: 60_000 },
        },
        transport: {
          ...usualTransport,
          dial: (given, ...more) => {
            const controller = controllers[attempt % controllers.length] ?? '';
            attempt += 1;
            return usualTransport.dial({ ...given, url: `ws://${controller}` }, ...more);
          },
        },
      },
    );
  });
  return {
    log,
    release: (names) => {
      for (const name of names) agents.get(name)?.release();
    },
    accepted: () => [...agents.values()].map(({ accepted }) => accepted?.number),
    stop: async () => {
      await Promise.all(channels.map((channel) => channel.stop()));
    },
  };
}

interface Holding {
  readonly log: Noted[];
  readonly held: string;
  readonly name: string;
}

class HeldAgent extends MemoryAgent {
  readonly #holding: Holding;
  #isHeld = true;

  constructor(options: { readonly name: string; readonly address: string }, holding: Holding) {
    super(options);
    this.#holding = holding;
    this.subscribe((event) => {
      if (event.type === 'stage' && event.stage === 'confirmed') this.#note('confirmed');
    });
  }

  override offer(offer: Offer): Promise<OfferOutcome> {
    this.reaches = this.#isHeld && offer.text === this.#holding.held ? 'applied' : 'confirmed';
    this.#note('given', offer);
    return super.offer(offer);
  }

  release(): void {
    this.#isHeld = false;
    if (this.accepted?.text === this.#holding.held) this.reach('confirmed');
  }

  #note(
    what: Noted['what'],
    given: Pick<Offer, 'number' | 'text'> | undefined = this.accepted,
  ): void {
    const { log, name } = this.#holding;
    if (given !== undefined)
      log.push({ node: name, what, number: given.number ?? 0, text: given.text });
  }
}
