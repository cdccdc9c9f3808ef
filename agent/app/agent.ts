/** The agent as its entrances see it; each entrance asks only for the parts that it needs. */
import type { Audit } from './events/audit.ts';
import type { EventLog } from './events/event-log.ts';
import type { FactsIntake } from './derive/facts-intake.ts';
import type { Counters } from './metrics/counters.ts';
import type { LxdOperations } from './lxd/lxd-operations.ts';
import type { AdapterHealth } from './health/adapter-health.ts';
import type { Offers } from './offer/offers.ts';
import type { Operations } from './operations/operations.ts';
import type { PlatformSource } from '../ports/platform/platform-source.ts';
import type { Readings } from './status/readings.ts';

export interface Agent {
  /** The agent's knowledge; reading it asks no other system. */
  readonly readings: Readings;
  /** Configurations: check, plan, offer. */
  readonly offers: Offers;
  /** Facts of the node that Juju and people give. */
  readonly facts: FactsIntake;
  /** Operations that a person asks for, besides configurations. */
  readonly operations: Operations;
  /** Events of this agent, for people. */
  readonly eventLog: EventLog;
  /** For the metrics. */
  readonly counters: Pick<Counters, 'read'>;
  /** Which adapters fail again and again. */
  readonly health: AdapterHealth;
  /** The record of each request for a change. */
  readonly audit: Audit;
  /** Which Kubernetes distribution this machine runs. */
  readonly platform: PlatformSource;
  /** LXD on this machine. */
  readonly lxd: LxdOperations;
}

/** The parts that the control channel needs. */
export interface FollowedAgent {
  readonly readings: Pick<Readings, 'status' | 'facts' | 'acceptedRevision' | 'subscribe'>;
  readonly offers: Pick<Offers, 'offer'>;
  readonly operations: Pick<Operations, 'confirm' | 'rollback'>;
  readonly audit: Audit;
}
