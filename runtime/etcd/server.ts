/** gRPC to one etcd server: calls, streams and the token of a user. Each call is made once. */
import { rootCertificates } from 'node:tls';
import {
  Client,
  credentials,
  Metadata,
  status,
  type ChannelCredentials,
  type ClientDuplexStream,
} from '@grpc/grpc-js';
import type { EtcdConnection } from './connection.ts';
import { authenticateMethod, rangeMethod, type Method } from './protocol.ts';
import { hasCode, rpcError, RpcError } from './rpc-error.ts';

const mib = 2 ** 20;

export class Server {
  readonly #url: string;
  readonly #connection: EtcdConnection;
  readonly #credentials: ChannelCredentials;
  #client: Client;
  #isClosed = false;
  #usesPassword: boolean;
  #token: Promise<Metadata> | undefined;
  #withoutPassword: Promise<boolean> | undefined;

  constructor(url: string, connection: EtcdConnection) {
    this.#url = url.replace(/\/$/, '');
    this.#connection = connection;
    this.#credentials = credentialsOf(this.#url, connection);
    this.#usesPassword = connection.auth !== undefined;
    this.#client = this.#open();
  }

  /** @param ends the deadline, in ms since 1970. @throws RpcError */
  call<Request, Answer>(
    method: Method<Request, Answer>,
    request: Request,
    ends: number,
  ): Promise<Answer> {
    return this.#asUser(ends, (metadata) => this.#send(method, request, ends, metadata));
  }

  /** @param ends the deadline; absent: there is none. @throws RpcError */
  stream<Request, Answer>(
    method: Method<Request, Answer>,
    ends?: number,
  ): Promise<ClientDuplexStream<Request, Answer>> {
    const options = ends === undefined ? {} : { deadline: ends };
    return this.#asUser(ends ?? this.#usualEnds(), (metadata) => {
      const { path, encode, decode } = method;
      return Promise.resolve(
        this.#client.makeBidiStreamRequest(path, encode, decode, metadata, options),
      );
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#client.close();
  }

  /**
   * Calls as the user. As etcd's own clients do, it continues without a password if the server uses
   * none.
   */
  async #asUser<T>(ends: number, call: (metadata: Metadata) => Promise<T>): Promise<T> {
    try {
      return await this.#withToken(ends, call);
    } catch (error) {
      if (!this.#usesPassword || !hasCode(error, status.FAILED_PRECONDITION)) throw error;
      // The error may be of the call itself: only a server that answers without a user has no
      // passwords.
      this.#withoutPassword ??= this.#tryWithoutPassword();
      if (!(await this.#withoutPassword)) throw error;
      return call(new Metadata());
    }
  }

  async #withToken<T>(ends: number, call: (metadata: Metadata) => Promise<T>): Promise<T> {
    if (!this.#usesPassword) return call(new Metadata());
    const token = (this.#token ??= this.#authenticate(ends));
    try {
      return await call(await token);
    } catch (error) {
      if (this.#token === token && hasCode(error, status.UNAUTHENTICATED)) this.#token = undefined;
      if (!hasCode(error, status.UNAUTHENTICATED)) throw error;
      // The server has forgotten the token, so it has not carried the call out.
      return call(await (this.#token ??= this.#authenticate(ends)));
    }
  }

  async #authenticate(ends: number): Promise<Metadata> {
    const { auth = { username: '', password: '' } } = this.#connection;
    try {
      const token = await this.#send(authenticateMethod, auth, ends, new Metadata());
      const metadata = new Metadata();
      metadata.set('token', token);
      return metadata;
    } catch (error) {
      this.#token = undefined;
      if (!hasCode(error, status.INVALID_ARGUMENT)) throw error;
      throw new RpcError(error.code, error.message, { cause: error, isOfPassword: true });
    }
  }

  async #tryWithoutPassword(): Promise<boolean> {
    try {
      const request = { range: { key: '/' }, limit: 1 };
      await this.#send(rangeMethod, request, this.#usualEnds(), new Metadata());
      this.#usesPassword = false;
      return true;
    } catch {
      this.#withoutPassword = undefined;
      return false;
    }
  }

  async #send<Request, Answer>(
    { path, encode, decode }: Method<Request, Answer>,
    request: Request,
    ends: number,
    metadata: Metadata,
  ): Promise<Answer> {
    if (this.#isClosed) throw new RpcError(status.UNAVAILABLE, 'the connection is closed');
    const client = this.#client;
    try {
      return await new Promise<Answer>((resolve, reject) => {
        const options = { deadline: ends };
        client.makeUnaryRequest(
          path,
          encode,
          decode,
          request,
          metadata,
          options,
          (error, answer) => {
            if (answer === undefined || error !== null) reject(error ?? new Error('no answer'));
            else resolve(answer);
          },
        );
      });
    } catch (error) {
      const failure = rpcError(error);
      // Otherwise gRPC would wait before it connects again, and fail each call until then.
      if (failure.code === status.UNAVAILABLE) this.#dialAnew(client);
      throw failure;
    }
  }

  #dialAnew(broken: Client): void {
    if (this.#client !== broken || this.#isClosed) return;
    this.#client = this.#open();
    broken.close();
  }

  #open(): Client {
    return new Client(this.#url.replace(/^https?:\/\//, ''), this.#credentials, {
      // As for etcd's own clients: no proxy, and keepalives that find a dead connection.
      'grpc.enable_http_proxy': 0,
      'grpc.keepalive_time_ms': 10_000,
      'grpc.keepalive_timeout_ms': 5000,
      'grpc.initial_reconnect_backoff_ms': 200,
      'grpc.max_reconnect_backoff_ms': 5000,
      'grpc.service_config_disable_resolution': 1,
      'grpc.max_receive_message_length': 16 * mib,
      // Each server has its own connection, so that closing one does not affect another.
      'grpc.use_local_subchannel_pool': 1,
    });
  }

  #usualEnds(): number {
    return Date.now() + this.#connection.timeoutMs;
  }
}

function credentialsOf(url: string, { tls }: EtcdConnection): ChannelCredentials {
  if (!url.startsWith('https:')) return credentials.createInsecure();
  const ca = tls?.ca ?? Buffer.from(rootCertificates.join('\n'));
  return credentials.createSsl(ca, tls?.key ?? null, tls?.cert ?? null);
}
