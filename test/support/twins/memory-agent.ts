/** An agent in memory, as its entrances see it. Applies at once, or on request. */
import type { FollowedAgent } from '../../../agent/app/agent.ts';
import type { AgentSignal, Stage } from '../../../agent/app/status/signals.ts';
import type { Offer, OfferOutcome } from '../../../agent/app/offer/offer.ts';
import { factsFromInput } from '../../../core/facts/from-input.ts';
import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { Revision, RevisionRef } from '../../../core/revision/revision.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';

export interface MemoryAgentOptions {
  readonly name: string;
  /** With prefix length. */
  readonly address?: string;
  /** The stage that an accepted revision reaches by itself. Default: confirmed. */
  readonly reaches?: Stage;
  /** Refuses every configuration with this code. */
  readonly refuses?: string;
  readonly hold?: NonNullable<AgentStatus['hold']>;
}

export class MemoryAgent implements FollowedAgent {
  /** The messages that came in, in order. */
  readonly received: Offer[] = [];
  accepted: Revision | undefined;
  /** The decisions of a person at the controller, in order. */
  readonly decisions: string[] = [];
  /** How often the text of the accepted revision was requested. */
  askedForItsOwn = 0;
  reaches: Stage;
  private readonly listeners = new Set<(event: AgentSignal) => void>();
  private readonly options: MemoryAgentOptions;
  private inForce: RevisionRef | undefined;
  private confirmed: RevisionRef | undefined;
  private state: AgentStatus['state'] = 'waiting';
  private address: string;
  private forgetful = false;
  private shown: Partial<AgentStatus> = {};

  constructor(options: MemoryAgentOptions) {
    this.options = options;
    this.reaches = options.reaches ?? 'confirmed';
    this.address = options.address ?? '10.0.0.2/24';
  }

  get readings(): FollowedAgent['readings'] {
    return this;
  }

  get operations(): FollowedAgent['operations'] {
    return {
      confirm: (revision) => {
        if (revision === undefined) throw new Error('the controller names the revision');
        this.decisions.push(`confirm ${String(revision.number)}`);
        this.reach('confirmed');
        return Promise.resolve(revision);
      },
      rollback: ({ from }) => {
        if (from === undefined) throw new Error('the controller names the revision');
        this.decisions.push(`roll back ${String(from.number)}`);
        return Promise.resolve({ from, to: from });
      },
    };
  }

  readonly audit: FollowedAgent['audit'] = { write: () => undefined };

  get offers(): FollowedAgent['offers'] {
    return this;
  }

  status(): AgentStatus {
    return {
      formatVersion: 1,
      agentVersion: '0.1.0',
      node: this.options.name,
      startedAt: '2026-01-01T00:00:00Z',
      state: this.state,
      message: this.state,
      revisions: {
        ...(this.accepted === undefined ? {} : { accepted: refTo(this.accepted) }),
        ...(this.inForce === undefined ? {} : { inForce: this.inForce }),
        ...(this.confirmed === undefined ? {} : { confirmed: this.confirmed }),
        rejected: [],
      },
      datastore: { driver: 'memory', reachesCluster: false, message: 'for tests' },
      ...(this.options.hold !== undefined && { hold: this.options.hold }),
      issues: [],
      ...this.shown,
    };
  }

  /** From now on its status has these fields. */
  show(fields: Partial<AgentStatus>): void {
    this.shown = fields;
    this.emit({ type: 'status', status: this.status() });
  }

  /** As an agent takes back a revision that it cannot confirm: it reports the failure first. */
  rollBack(why: string, to: RevisionRef): void {
    if (this.accepted === undefined) return;
    this.fail('rolled-back', false, `rolled back: ${why}`);
    this.accepted = { ...this.accepted, ...to };
    this.state = 'rolling-back';
    this.emit({ type: 'status', status: this.status() });
  }

  facts(): NodeFacts {
    const { name } = this.options;
    return factsFromInput({ name, addresses: [this.address] }, name).facts;
  }

  move(address: string): void {
    this.address = address;
    this.emit({ type: 'status', status: this.status() });
  }

  putFacts(): Promise<NodeFacts> {
    return Promise.resolve(this.facts());
  }

  offer(offer: Offer): Promise<OfferOutcome> {
    this.received.push(offer);
    if (this.options.refuses !== undefined) {
      const code = this.options.refuses;
      return Promise.resolve({ result: 'refused', code, message: 'not here', issues: [] });
    }
    const revision = {
      lineage: offer.lineage,
      number: offer.number ?? 1,
      digest: offer.digest ?? '',
    };
    const known = this.confirmed?.digest === revision.digest;
    const { mediaType, text, source, by } = offer;
    const acceptedAt = '2026-01-01T00:00:00Z';
    this.accepted = { formatVersion: 1, ...revision, mediaType, text, acceptedAt, source, by };
    if (known) {
      return Promise.resolve({ result: 'already', revision, stage: 'confirmed', issues: [] });
    }
    queueMicrotask(() => {
      for (const stage of ['applied', 'confirmed'] as const) {
        if (this.reaches === 'confirmed' || this.reaches === stage) this.reach(stage);
      }
    });
    return Promise.resolve({ result: 'accepted', revision, stage: 'accepted', issues: [] });
  }

  /** The accepted revision reaches this stage. */
  reach(stage: 'applied' | 'confirmed'): void {
    if (this.accepted === undefined) return;
    const revision = refTo(this.accepted);
    this.inForce = revision;
    if (stage === 'confirmed') this.confirmed = revision;
    this.state = 'in-force';
    this.emit({ type: 'stage', revision, stage });
    this.emit({ type: 'status', status: this.status() });
  }

  fail(code: string, retrying: boolean, message = code): void {
    if (this.accepted === undefined) return;
    const revision = refTo(this.accepted);
    this.emit({
      type: 'failed',
      revision,
      code,
      message,
      issues: [],
      retrying,
      mayPass: retrying,
    });
  }

  findText(): void {
    this.forgetful = false;
  }

  /** A reader requested its text, and it is not there. */
  loseText(): void {
    this.forget();
    if (this.accepted === undefined) return;
    this.emit({ type: 'text-lost', revision: refTo(this.accepted) });
  }

  acceptedRevision(): Promise<Revision | undefined> {
    this.askedForItsOwn += 1;
    return Promise.resolve(this.forgetful ? undefined : this.accepted);
  }

  /** From now on it does not find the text of the accepted revision. */
  forget(): void {
    this.forgetful = true;
  }

  subscribe(listener: (event: AgentSignal) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private emit(event: AgentSignal): void {
    for (const listener of this.listeners) listener(event);
  }
}

function refTo({ lineage, number, digest }: RevisionRef): RevisionRef {
  return { lineage, number, digest };
}
