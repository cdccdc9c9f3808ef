import type { CalicoDatastore } from './calico-datastore.ts';
import type { Texts } from '../texts.ts';
import type { FleetStore } from './fleet-store.ts';
import type { WriterLease } from './writer-lease.ts';
import type { ClusterSurvey } from './cluster-survey.ts';
import type { Diagnosis } from '../diagnosis.ts';
import type { SessionsSource } from '../sessions.ts';

/** What a driver is given besides its own settings. */
export interface DriverOptions {
  /** This node's name, which may be known only when it is asked for. */
  readonly node: () => string;
  readonly clock: { now(): string };
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** In front of the usual paths of configuration files: for tests. */
  readonly root?: string;
  /** Reads and writes YAML outside of this process; absent: in this process. */
  readonly texts?: Texts;
}

/** All that one connection to a datastore gives. Connects when it is first used, not before. */
export interface ConnectedDatastore {
  readonly datastore: CalicoDatastore;
  readonly writerLease: WriterLease;
  readonly survey: ClusterSurvey;
  readonly diagnosis: Diagnosis;
  /** Absent: the agents cannot leave reports for each other here. */
  readonly fleet?: FleetStore;
  /** What calico-node reports of its BIRDs; absent: nobody reports it here. */
  readonly sessions?: SessionsSource;
}
