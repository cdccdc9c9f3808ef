/** A connection that hands each call on to the datastore that is chosen by then. */
import { reasonOf } from '../../runtime/errors.ts';
import type { CalicoDatastore } from '../ports/datastore/calico-datastore.ts';
import type { ConnectedDatastore } from '../ports/datastore/connected-datastore.ts';
import type { FleetStore } from '../ports/datastore/fleet-store.ts';
import type { Diagnosis } from '../ports/diagnosis.ts';

type Use<T> = (connected: ConnectedDatastore) => Promise<T>;

export interface LateTarget {
  /** Hands a call on. @throws AppError while no datastore is chosen */
  call<T>(use: Use<T>): Promise<T>;
  /** As `call`, for calls that read Calico's objects. */
  read<T>(use: Use<T>): Promise<T>;
  /** The chosen datastore; undefined: none yet. */
  readonly connected: ConnectedDatastore | undefined;
  /** Why none is chosen. */
  readonly problem: string;
  watch: CalicoDatastore['watch'];
  close(): Promise<void>;
}

/** Hands all arguments on as they are, so that none can be forgotten here. */
export function createLateConnection(target: LateTarget): ConnectedDatastore {
  return {
    datastore: lateDatastore(target),
    writerLease: {
      read: () => target.call(({ writerLease }) => writerLease.read()),
      claim: () => target.call(({ writerLease }) => writerLease.claim()),
      record: (...args) => target.call(({ writerLease }) => writerLease.record(...args)),
      setHold: (...args) => target.call(({ writerLease }) => writerLease.setHold(...args)),
      changeDoneOnce: (...args) =>
        target.call(({ writerLease }) => writerLease.changeDoneOnce(...args)),
      takeBack: (...args) => target.call(({ writerLease }) => writerLease.takeBack(...args)),
      release: async () => target.connected?.writerLease.release(),
    },
    survey: {
      survey: () => target.read(({ survey }) => survey.survey()),
      findNode: (...args) => target.call(async ({ survey }) => survey.findNode?.(...args)),
      felixCheck: (...args) => target.call(async ({ survey }) => survey.felixCheck?.(...args)),
      removeNode: (...args) => target.call(({ survey }) => survey.removeNode(...args)),
    },
    diagnosis: { diagnose: () => diagnoseLate(target) },
    fleet: lateFleet(target),
  };
}

function lateDatastore(target: LateTarget): CalicoDatastore {
  return {
    get driver() {
      return target.connected?.datastore.driver ?? 'none';
    },
    reachesCluster: true,
    get message() {
      return target.connected?.datastore.message ?? target.problem;
    },
    get atomicChanges() {
      return target.connected?.datastore.atomicChanges;
    },
    observe: (...args) => target.read(({ datastore }) => datastore.observe(...args)),
    poolUsage: (...args) => target.call(({ datastore }) => datastore.poolUsage(...args)),
    blocks: () => target.call(async ({ datastore }) => datastore.blocks?.()),
    checkCalico: () =>
      target.call(async ({ datastore }) => (await datastore.checkCalico?.()) ?? []),
    preflight: (...args) => target.call(({ datastore }) => datastore.preflight(...args)),
    apply: (...args) => target.call(({ datastore }) => datastore.apply(...args)),
    watch: (...args) => target.watch(...args),
    close: () => target.close(),
  };
}

const noPlace = 'this datastore has no place for reports';

function lateFleet(target: LateTarget): FleetStore {
  const call = <T>(use: (fleet: FleetStore) => Promise<T>, otherwise: T): Promise<T> =>
    target.call(async ({ fleet }) => (fleet === undefined ? otherwise : use(fleet)));
  return {
    get everyMs() {
      return target.connected?.fleet?.everyMs ?? 2000;
    },
    get expires() {
      return target.connected?.fleet?.expires ?? false;
    },
    write: (...args) => call<string | undefined>((fleet) => fleet.write(...args), noPlace),
    remove: () => call((fleet) => fleet.remove(), undefined),
    reports: (known) => call((fleet) => fleet.reports(known), { reports: [], skipped: 0 }),
    nodes: () => call((fleet) => fleet.nodes(), []),
    summary: (...args) => call((fleet) => fleet.summary(...args), undefined),
    writeSummary: (...args) => call((fleet) => fleet.writeSummary(...args), undefined),
    removeSummary: (...args) => call((fleet) => fleet.removeSummary(...args), undefined),
  };
}

async function diagnoseLate(target: LateTarget): ReturnType<Diagnosis['diagnose']> {
  try {
    return await target.call(({ diagnosis }) => diagnosis.diagnose());
  } catch (error) {
    return [{ check: 'datastore', result: 'failed', message: reasonOf(error) }];
  }
}
