import type { CalicoDatastore } from './calico-datastore.ts';
import type { WriterLease } from './writer-lease.ts';
import type { ClusterSurvey } from './cluster-survey.ts';
import type { Diagnosis } from './diagnosis.ts';

/** All that one connection to a datastore gives. Connects when it is first used, not before. */
export interface ConnectedDatastore {
  readonly datastore: CalicoDatastore;
  readonly writerLease: WriterLease;
  readonly survey: ClusterSurvey;
  readonly diagnosis: Diagnosis;
}
