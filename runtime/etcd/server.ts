import { rootCertificates } from 'node:tls';
import { Etcd3, GRPCFailedPreconditionError, type CallOptionsFactory, type IOptions } from 'etcd3';
import type { EtcdConnection } from './connection.ts';
import type { KeyRange } from './keys.ts';
import { rangeOf } from './messages.ts';

const mib = 2 ** 20;

/** The library's client of one server, without what it has of retries and circuit breakers. */
export class Server {
  readonly #url: string;
  readonly #connection: EtcdConnection;
  #client: Etcd3;
  #withoutPassword: Promise<boolean> | undefined;

  constructor(url: string, connection: EtcdConnection) {
    this.#url = url;
    this.#connection = connection;
    this.#client = new Etcd3(optionsOf(url, connection));
  }

  /** As etcd's own clients, it goes on without a password where the server uses none. */
  async use<T>(call: (client: Etcd3) => Promise<T>): Promise<T> {
    const client = this.#client;
    try {
      return await call(client);
    } catch (error) {
      const hasPassword = this.#connection.auth !== undefined;
      if (!hasPassword || !(error instanceof GRPCFailedPreconditionError)) throw error;
      // It may be of the call itself: only a server that answers to nobody uses no passwords.
      this.#withoutPassword ??= this.#tryWithoutPassword();
      if (!(await this.#withoutPassword)) throw error;
      return call(this.#client);
    }
  }

  /** @throws what is wrong with who we are, which etcd tells with the same code as other things */
  async look(range: KeyRange, ends: number): Promise<void> {
    await this.use(({ kv }) => kv.range({ ...rangeOf(range), limit: 1 }, { deadline: ends }));
  }

  async #tryWithoutPassword(): Promise<boolean> {
    const { auth: _unused, ...connection } = this.#connection;
    const open = new Etcd3(optionsOf(this.#url, connection));
    try {
      const deadline = Date.now() + connection.timeoutMs;
      await open.kv.range({ key: Buffer.from('/'), limit: 1 }, { deadline });
      this.#client.close();
      this.#client = open;
      return true;
    } catch {
      open.close();
      this.#withoutPassword = undefined;
      return false;
    }
  }

  async alarms(ends: number): Promise<readonly string[]> {
    try {
      const { alarms } = await this.#client.maintenance.alarm({}, { deadline: ends });
      return alarms.map(({ alarm }) => alarm.toUpperCase());
    } catch {
      return [];
    }
  }

  close(): void {
    this.#client.close();
  }
}

function optionsOf(url: string, { tls, auth, timeoutMs }: EtcdConnection): IOptions {
  const callOptions: CallOptionsFactory = () => ({ deadline: Date.now() + timeoutMs });
  const ca = tls?.ca ?? Buffer.from(rootCertificates.join('\n'));
  const credentials = {
    rootCertificate: ca,
    ...(tls?.key !== undefined && { privateKey: tls.key }),
    ...(tls?.cert !== undefined && { certChain: tls.cert }),
  };
  return {
    hosts: url.replace(/\/$/, ''),
    ...(url.startsWith('https:') && { credentials }),
    ...(auth !== undefined && { auth: { ...auth, callOptions } }),
    faultHandling: { host: () => asItIs, global: asItIs },
    grpcOptions: {
      // As etcd's own clients: no proxy, and a dead connection is found out.
      'grpc.enable_http_proxy': 0,
      'grpc.keepalive_time_ms': 10_000,
      'grpc.keepalive_timeout_ms': 5000,
      'grpc.initial_reconnect_backoff_ms': 200,
      'grpc.max_reconnect_backoff_ms': 5000,
      'grpc.service_config_disable_resolution': 1,
      'grpc.max_receive_message_length': 64 * mib,
    },
  };
}

type Policy = NonNullable<NonNullable<IOptions['faultHandling']>['global']>;

const unheard = (): { dispose(): void } => ({ dispose: () => undefined });

/** Calls once: a write that is repeated behind our back would be refused by its own compares. */
const asItIs: Policy = {
  execute: async (call, signal = new AbortController().signal) => call({ signal }),
  onSuccess: unheard,
  onFailure: unheard,
  get _altReturn(): never {
    throw new TypeError('it is there for the types alone');
  },
};
