/** A datastore for commands, with the answers of a test. */
import type { ConnectedDatastore } from '../../../agent/ports/datastore/connected-datastore.ts';
import type { Finding } from '../../../agent/ports/diagnosis.ts';
import type { Observed } from '../../../core/observe/observed.ts';
import type { SurveyedCluster } from '../../../core/survey/surveyed-cluster.ts';
import { createMemoryDatastore } from '../../support/twins/memory-datastore.ts';

export interface StubAnswers {
  observe?(): Promise<Observed>;
  survey?(): Promise<SurveyedCluster>;
  diagnose?(): Promise<readonly Finding[]>;
}

export interface StubDatastore {
  readonly connected: ConnectedDatastore;
  /** Whether it was closed. */
  closed(): boolean;
}

export function connectedTo({ observe, survey, diagnose }: StubAnswers): StubDatastore {
  let isClosed = false;
  const memory = createMemoryDatastore();
  const none = (): Promise<never> => Promise.reject(new Error('not in this test'));
  return {
    closed: () => isClosed,
    connected: {
      datastore: {
        ...memory,
        observe: observe ?? ((node) => memory.observe(node)),
        close: () => {
          isClosed = true;
          return Promise.resolve();
        },
      },
      writerLease: {
        read: none,
        claim: none,
        record: none,
        setHold: none,
        changeDoneOnce: none,
        takeBack: none,
        release: none,
      },
      survey: { survey: survey ?? none, removeNode: none },
      diagnosis: { diagnose: diagnose ?? (() => Promise.resolve([])) },
    },
  };
}
