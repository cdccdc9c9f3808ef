/** The nodes of a rollout whose controller is killed: agents in this process, and a log of what they get. */
import { systemClock } from '../../../agent/adapters/system-clock/system-clock.ts';
import type { Offer, OfferOutcome } from '../../../agent/app/offer/offer.ts';
import { connectController } from '../../../agent/channel/connect-controller.ts';
import { silentLogger } from '../../../runtime/log/logger.ts';
import { MemoryAgent } from '../twins/memory-agent.ts';

/** One of these waves has several nodes, of which some answer before the others. */
export const waves: readonly (readonly string[])[] = [
  ['node-0'],
  ['node-1', 'node-2', 'node-3'],
  ['node-4'],
];
export const nodes = waves.flat();

export const before = 'global-as-number: 64512\n';
export const after = 'global-as-number: 64513\n';

/** What happened at the nodes, in order. */
export interface Noted {
  readonly node: string;
  readonly what: 'given' | 'confirmed';
  readonly number: number;
  readonly digest: string;
  readonly text: string;
  readonly isLater: boolean;
}

export interface RolloutAgents {
  readonly log: readonly Noted[];
  /** The nodes that wait with their confirmation go on. */
  readonly release: () => void;
  /** The number that each node has accepted. */
  readonly numbers: () => readonly (number | undefined)[];
  readonly stop: () => Promise<void>;
}

/**
 * Agents that connect to the controller at this address whenever it is there.
 * @param refuses node-2 refuses the new configuration; otherwise it confirms it once it is released
 */
export function startRolloutAgents(
  { url, tokenFile }: { readonly url: string; readonly tokenFile: string },
  { refuses }: { readonly refuses: boolean },
): RolloutAgents {
  const log: Noted[] = [];
  const agents = nodes.map((name, index) => {
    const isOdd = name === 'node-2';
    const address = `10.0.0.${String(index + 2)}/24`;
    return new LoggedAgent({ name, address }, log, isOdd && (refuses ? 'refuses' : 'waits'));
  });
  const channels = agents.map((agent) =>
    connectController(
      agent,
      { url, tokenFile, reconnect: { baseSeconds: 0.02, capSeconds: 0.05 } },
      {
        logger: silentLogger,
        random: Math.random,
        clock: systemClock,
        timing: { statusMs: 1, lostText: { patienceMs: 20, everyMs: 60_000 } },
      },
    ),
  );
  return {
    log,
    release: () => {
      for (const agent of agents) agent.release();
    },
    numbers: () => agents.map(({ accepted }) => accepted?.number),
    stop: async () => {
      await Promise.all(channels.map((channel) => channel.stop()));
    },
  };
}

class LoggedAgent extends MemoryAgent {
  readonly #name: string;
  readonly #log: Noted[];
  #conduct: 'refuses' | 'waits' | false;

  constructor(
    options: { readonly name: string; readonly address: string },
    log: Noted[],
    conduct: 'refuses' | 'waits' | false,
  ) {
    super(options);
    this.#name = options.name;
    this.#log = log;
    this.#conduct = conduct;
    this.subscribe((event) => {
      if (event.type === 'stage' && event.stage === 'confirmed') this.#note('confirmed');
    });
  }

  override async offer(offer: Offer): Promise<OfferOutcome> {
    const isNew = offer.text === after;
    if (isNew && this.#conduct === 'refuses') {
      this.#note('given', offer);
      return { result: 'refused', code: 'invalid-config', message: 'not here', issues: [] };
    }
    this.reaches = isNew && this.#conduct === 'waits' ? 'applied' : 'confirmed';
    this.#note('given', offer);
    const outcome = await super.offer(offer);
    if (outcome.result === 'already') this.#note('confirmed');
    return outcome;
  }

  release(): void {
    if (this.#conduct !== 'waits' || this.accepted?.text !== after) return;
    this.#conduct = false;
    this.reach('confirmed');
  }

  #note(
    what: Noted['what'],
    given: Pick<Offer, 'number' | 'digest' | 'text' | 'clusterShare'> | undefined = this.accepted,
  ): void {
    if (given === undefined) return;
    const { number = 0, digest = '', text, clusterShare } = given;
    const isLater = clusterShare === 'later';
    this.#log.push({ node: this.#name, what, number, digest, text, isLater });
  }
}
