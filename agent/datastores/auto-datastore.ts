/**
 * The datastore that calicoctl would use by its environment and files. The calico charm may write
 * these after this agent has started, so the agent chooses anew at each use until it has read
 * Calico's data once.
 */
import { AppError, reasonOf } from '../../runtime/errors.ts';
import type { DatastoreWatch, WatchListener } from '../ports/datastore/calico-datastore.ts';
import type { ConnectedDatastore } from '../ports/datastore/connected-datastore.ts';
import { createLateConnection, type LateTarget } from './late-connection.ts';

export interface AutoDatastoreOptions<Settings> {
  /** Chooses by the environment and the files as they are now. @throws AppError */
  choose(): Promise<Settings>;
  connect(settings: Settings): Promise<ConnectedDatastore>;
}

/** Makes a first choice, for the name of the datastore; this may fail now and succeed later. */
export async function createAutoDatastore<Settings>(
  options: AutoDatastoreOptions<Settings>,
): Promise<ConnectedDatastore> {
  const target = new AutoTarget(options);
  await target.chooseFirst();
  return createLateConnection(target);
}

interface Choice {
  /** The settings as text, for comparison with later ones. */
  readonly text: string;
  readonly connected: ConnectedDatastore;
}

class AutoTarget<Settings> implements LateTarget {
  problem = '';
  readonly #options: AutoDatastoreOptions<Settings>;
  #choice: Choice | undefined;
  #choosing: Promise<Choice> | undefined;
  /** The agent has read Calico's data there, so the choice is right. */
  #isFinal = false;
  readonly #waiting = new Set<(connected: ConnectedDatastore) => void>();

  constructor(options: AutoDatastoreOptions<Settings>) {
    this.#options = options;
  }

  get connected(): ConnectedDatastore | undefined {
    return this.#choice?.connected;
  }

  async chooseFirst(): Promise<void> {
    this.problem = await this.#current().then(() => '', reasonOf);
  }

  async call<T>(use: (connected: ConnectedDatastore) => Promise<T>): Promise<T> {
    return use(await this.#current());
  }

  async read<T>(use: (connected: ConnectedDatastore) => Promise<T>): Promise<T> {
    const one = await this.#current();
    const result = await use(one);
    if (!this.#isFinal && this.connected === one && (await isCalicos(one))) this.#makeFinal(one);
    return result;
  }

  /**
   * Begins to watch when the choice is final; until then each reading call reports why it is not.
   */
  watch(node: string, listener: WatchListener): DatastoreWatch {
    let running: DatastoreWatch | undefined;
    const start = ({ datastore }: ConnectedDatastore): void => {
      running = datastore.watch(node, listener);
    };
    if (this.#isFinal && this.connected !== undefined) start(this.connected);
    else this.#waiting.add(start);
    return {
      stop: async () => {
        this.#waiting.delete(start);
        await running?.stop();
      },
    };
  }

  async close(): Promise<void> {
    this.#waiting.clear();
    await this.connected?.datastore.close();
  }

  #makeFinal(one: ConnectedDatastore): void {
    this.#isFinal = true;
    for (const start of this.#waiting) start(one);
    this.#waiting.clear();
  }

  async #current(): Promise<ConnectedDatastore> {
    if (this.#isFinal && this.connected !== undefined) return this.connected;
    this.#choosing ??= this.#choose().finally(() => {
      this.#choosing = undefined;
    });
    return (await this.#choosing).connected;
  }

  async #choose(): Promise<Choice> {
    const settings = await this.#options.choose().catch((error: unknown) => {
      throw notChosen(error);
    });
    const text = JSON.stringify(settings);
    const known = this.#choice;
    if (known !== undefined && (this.#isFinal || known.text === text)) return known;
    const next = { text, connected: await this.#options.connect(settings) };
    const before = this.#choice;
    // An earlier call may have made the choice final meanwhile.
    const [kept, dropped] = this.#isFinal && before !== undefined ? [before, next] : [next, before];
    this.#choice = kept;
    await dropped?.connected.datastore.close();
    return kept;
  }
}

/** Whether Calico uses this datastore, which a Lease or a running etcd alone does not show. */
async function isCalicos({ datastore }: ConnectedDatastore): Promise<boolean> {
  const absent = await datastore.checkCalico?.().catch(() => undefined);
  return absent === undefined || absent.length === 0;
}

function notChosen(error: unknown): AppError {
  const message = `cannot tell which datastore Calico uses: ${reasonOf(error)}`;
  return new AppError('datastore-failed', message, { cause: error, retryable: true });
}
