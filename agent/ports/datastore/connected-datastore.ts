import type { CalicoDatastore } from './calico-datastore.ts';
import type { Texts } from '../texts.ts';
import type { FleetStore } from './fleet-store.ts';
import type { WriterLease } from './writer-lease.ts';
import type { ClusterSurvey } from './cluster-survey.ts';
import type { ObjectFiles } from '../platform/object-files.ts';
import type { Diagnosis } from '../diagnosis.ts';
import type { SessionsSource } from '../sessions.ts';

/** Options for a driver besides its own settings. */
export interface DriverOptions {
  /** Gives this node's name, which may not be known yet when the driver is made. */
  readonly node: () => string;
  readonly clock: { now(): string };
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A prefix for the usual paths of configuration files, for tests. */
  readonly root?: string;
  /** Reads and writes YAML outside of this process; absent: in this process. */
  readonly texts?: Texts;
}

/** The parts of one connection to a datastore. It connects when it is first used. */
export interface ConnectedDatastore {
  readonly datastore: CalicoDatastore;
  readonly writerLease: WriterLease;
  readonly survey: ClusterSurvey;
  readonly diagnosis: Diagnosis;
  /** Absent: the datastore has no place for fleet reports. */
  readonly fleet?: FleetStore;
  /** calico-node's reports of its sessions; absent: the datastore has none. */
  readonly sessions?: SessionsSource;
  /** Objects of Kubernetes beside Calico's resources, as files; absent: the datastore has no folder for them. */
  readonly objects?: ObjectFiles;
}
