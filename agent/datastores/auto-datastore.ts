/**
 * The datastore that calicoctl would use by its environment and files. They may be written after
 * this agent has started (by the calico charm): as long as nothing was ever reached the choice is
 * made anew at each use, and what was reached once stays.
 */
import { AppError, reasonOf } from '../../runtime/errors.ts';
import type { DatastoreWatch } from '../ports/calico-datastore.ts';
import type { ConnectedDatastore } from '../ports/connected-datastore.ts';

export interface AutoDatastoreOptions<Settings> {
  /** As things are now. @throws AppError */
  choose(): Promise<Settings>;
  connect(settings: Settings): Promise<ConnectedDatastore>;
}

interface Choice {
  readonly text: string;
  readonly connected: ConnectedDatastore;
}

/** Looks once, for what the datastore is called: that may fail, and be otherwise later. */
export async function createAutoDatastore<Settings>(
  options: AutoDatastoreOptions<Settings>,
): Promise<ConnectedDatastore> {
  let choice: Choice | undefined;
  let choosing: Promise<Choice> | undefined;
  let isReached = false;
  const waiting = new Set<(reached: ConnectedDatastore) => void>();

  const choose = async (): Promise<Choice> => {
    const settings = await options.choose().catch((error: unknown) => {
      throw notChosen(error);
    });
    const text = JSON.stringify(settings);
    if (choice !== undefined && (isReached || choice.text === text)) return choice;
    const next = { text, connected: await options.connect(settings) };
    // Reached meanwhile, by somebody who began before: then that one stays.
    const [kept, left] = isReached && choice !== undefined ? [choice, next] : [next, choice];
    choice = kept;
    await left?.connected.datastore.close();
    return kept;
  };
  const current = async (): Promise<ConnectedDatastore> => {
    if (isReached && choice !== undefined) return choice.connected;
    choosing ??= choose().finally(() => {
      choosing = undefined;
    });
    return (await choosing).connected;
  };
  /** Calico is there: it is the right one. A Lease, or an etcd, alone says nothing. */
  const reaching = async <T>(work: (one: ConnectedDatastore) => Promise<T>): Promise<T> => {
    const one = await current();
    const result = await work(one);
    if (!isReached && choice?.connected === one && (await isCalicos(one))) {
      isReached = true;
      for (const start of waiting) start(one);
      waiting.clear();
    }
    return result;
  };
  /** Begins when it is sure what is to be watched; whoever looks until then sees why not. */
  const watch: ConnectedDatastore['datastore']['watch'] = (node, listener) => {
    let running: DatastoreWatch | undefined;
    const start = ({ datastore }: ConnectedDatastore): void => {
      running = datastore.watch(node, listener);
    };
    if (isReached && choice !== undefined) start(choice.connected);
    else waiting.add(start);
    return {
      stop: async () => {
        waiting.delete(start);
        await running?.stop();
      },
    };
  };

  const problem = await current().then(() => '', reasonOf);
  const called = (): Pick<ConnectedDatastore['datastore'], 'driver' | 'message'> => {
    return choice?.connected.datastore ?? { driver: 'none', message: problem };
  };
  return {
    datastore: {
      get driver() {
        return called().driver;
      },
      reachesCluster: true,
      get message() {
        return called().message;
      },
      get atomicChanges() {
        return choice?.connected.datastore.atomicChanges;
      },
      observe: (node) => reaching(({ datastore }) => datastore.observe(node)),
      poolUsage: async (cidrs) => (await current()).datastore.poolUsage(cidrs),
      blocks: async () => (await current()).datastore.blocks?.(),
      checkCalico: async () => (await (await current()).datastore.checkCalico?.()) ?? [],
      preflight: async (steps, revision) => (await current()).datastore.preflight(steps, revision),
      apply: async (step, revision, fence) =>
        (await current()).datastore.apply(step, revision, fence),
      watch,
      close: async () => {
        waiting.clear();
        await choice?.connected.datastore.close();
      },
    },
    writerLease: {
      read: async () => (await current()).writerLease.read(),
      claim: async () => (await current()).writerLease.claim(),
      record: async (revision, fence) => (await current()).writerLease.record(revision, fence),
      setHold: async (hold) => (await current()).writerLease.setHold(hold),
      release: async () => choice?.connected.writerLease.release(),
    },
    survey: {
      survey: () => reaching(({ survey }) => survey.survey()),
      findNode: async (name) => (await current()).survey.findNode?.(name),
      removeNode: async (name, version) => (await current()).survey.removeNode(name, version),
    },
    diagnosis: {
      diagnose: async () => {
        try {
          return await (await current()).diagnosis.diagnose();
        } catch (error) {
          return [{ check: 'datastore', result: 'failed', message: reasonOf(error) }];
        }
      },
    },
  };
}

async function isCalicos({ datastore }: ConnectedDatastore): Promise<boolean> {
  const absent = await datastore.checkCalico?.().catch(() => undefined);
  return absent === undefined || absent.length === 0;
}

function notChosen(error: unknown): AppError {
  const message = `cannot tell which datastore Calico uses: ${reasonOf(error)}`;
  return new AppError('datastore-failed', message, { cause: error, retryable: true });
}
