/**
 * The agents' endpoint of a controller that stands by: it passes each connection on to the leader,
 * byte by byte. TLS stays between the agent and the leader, which alone judges agents.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { reasonOf } from '../../../runtime/errors.ts';
import type { ListenAddress } from '../listen-address.ts';
import { watchStrangers } from '../strangers.ts';
import { createByteBudget, type ByteBudget } from '../../../runtime/http/byte-budget.ts';
import { createPlaces } from '../../../runtime/network/connection-places.ts';
import { listenAt } from './listen-at.ts';
import { createClientAddresses } from './client-addresses.ts';
import { clientHeader, firstByte } from './client-header.ts';
import { awaitFirstBytes } from './first-bytes.ts';

export interface LeaderAddress extends ListenAddress {
  readonly key: Buffer;
}

export interface PassingOptions {
  readonly address: ListenAddress;
  /** Of all connections together. */
  readonly maxConnections: number;
  /** Of those of one address that have sent something. */
  readonly maxPerAddress: number;
  /** Of those that have sent nothing yet; one of the address with the most gives way to a new one. */
  readonly maxSilent: number;
  /** The longest time until the first bytes of a client, and until the leader accepts; in ms. */
  readonly patienceMs: number;
  /** Bytes that clients have sent before the leader accepts, of one client and of all together. */
  readonly maxEarlyBytes: number;
  readonly maxEarlyBytesOfAll: number;
  /** Connects to the leader; tests decide when. */
  readonly dial?: (to: Parameters<typeof dialLeader>[0]) => Socket;
  /** Called when a connection was ended because it cannot be passed on. */
  readonly failed: (reason: string, remote: string) => void;
  /** Called after each attempt to connect to the leader. @param reason why it failed; undefined: it did not */
  readonly attempted: (reason: string | undefined, leader: LeaderAddress) => void;
}

export interface Passing {
  /** Where it listens. */
  readonly address: ListenAddress;
  /** The connections that are passed on now. */
  count(): number;
  /** Ends the connections to the leader of before. @param leader undefined: there is none to pass to */
  follow(leader: LeaderAddress | undefined): void;
  /** Ends all connections; resolves when the port is free. */
  close(): Promise<void>;
}

/** A network that loses a host without a word is noticed within this time and eight probes. */
const keptAlive = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 };
/** For bytes that one side has not read yet when the other one has ended the connection. */
const flushMs = 5000;
/** What each piece of them costs beside its bytes. */
const pieceBytes = 256;

/** @throws AppError where nobody can listen at the address */
export async function passToLeader(options: PassingOptions): Promise<Passing> {
  const { maxPerAddress, maxSilent, patienceMs, maxEarlyBytes, dial = dialLeader } = options;
  const budget = createByteBudget(options.maxEarlyBytesOfAll);
  let leader: LeaderAddress | undefined;
  const addresses = createClientAddresses();
  const clients = new Set<Socket>();
  const places = createPlaces(maxPerAddress);
  const server = createServer(keptAlive);
  server.maxConnections = options.maxConnections;
  const silent = watchStrangers(
    server,
    { max: maxSilent, ms: patienceMs },
    { dropped: (remote) => options.failed('too many connections that have sent nothing', remote) },
  );
  server.on('connection', (client: Socket) => {
    const remote = addresses.of(client);
    clients.add(client);
    client.once('close', () => clients.delete(client));
    const fail = (reason: string): void => {
      options.failed(reason, remote);
      client.destroy();
    };
    if (leader === undefined) return fail('no controller leads that it could be passed to');
    awaitFirstBytes(client, (bytes) => {
      silent.admit(client);
      // Controllers pass on to the leader only: otherwise connections could go round in circles.
      if (bytes[0] === firstByte) return fail('this controller does not lead');
      if (leader === undefined) return fail('no controller leads that it could be passed to');
      if (!places.areLeft(remote)) {
        return fail(`its address has ${String(maxPerAddress)} connections already`);
      }
      places.take(remote, client);
      const passedTo = leader;
      const attempted = (reason: string | undefined): void => {
        // An attempt at the previous leader says nothing about the present one.
        if (leader === passedTo) options.attempted(reason, passedTo);
      };
      const early = takeEarly(client, { first: bytes, most: maxEarlyBytes, budget, fail });
      if (early !== undefined) pass(client, early, { leader, fail, attempted, patienceMs, dial });
    });
  });
  const address = await listenAt(server, options.address);
  server.on('error', (error) => options.failed(`a connection: ${reasonOf(error)}`, 'unknown'));
  const endAll = (): void => {
    for (const client of clients) client.destroy();
  };
  return {
    address,
    count: () => clients.size,
    follow: (next) => {
      leader = next;
      endAll();
    },
    close: () => {
      leader = undefined;
      endAll();
      return closed(server);
    },
  };
}

async function closed(server: Server): Promise<void> {
  const ended = once(server, 'close');
  server.close();
  await ended;
}

interface PassOptions {
  readonly leader: LeaderAddress;
  readonly fail: (reason: string) => void;
  readonly attempted: (reason: string | undefined) => void;
  readonly patienceMs: number;
  readonly dial: NonNullable<PassingOptions['dial']>;
}

function dialLeader(to: { readonly host: string; readonly port: number }): Socket {
  return connect({ ...to, ...keptAlive });
}

interface EarlyOptions {
  readonly first: Buffer;
  readonly most: number;
  readonly budget: ByteBudget;
  readonly fail: (reason: string) => void;
}

/**
 * Holds what a client sends before the leader accepts. An agent sends the beginning of TLS, or of a request, and
 * waits for the answer; a client that sends more is ended, because a leader that does not answer would
 * leave all of it here.
 * @returns a function that gives it, after which nothing reads the client; undefined: the client was ended
 */
function takeEarly(
  client: Socket,
  { first, most, budget, fail }: EarlyOptions,
): (() => Buffer) | undefined {
  const chunks: Buffer[] = [];
  let held = 0;
  const release = (): void => {
    budget.give(held);
    held = 0;
  };
  const take = (bytes: Buffer): void => {
    const size = bytes.length + pieceBytes;
    if (held + size > most) return fail('it sent too much before the leader has accepted');
    if (!budget.take(size)) return fail('too many bytes of clients wait for the leader');
    held += size;
    chunks.push(bytes);
  };
  client.once('close', release);
  client.on('data', take);
  take(first);
  if (client.destroyed) return undefined;
  client.resume();
  return () => {
    client.off('close', release).off('data', take);
    release();
    return Buffer.concat(chunks);
  };
}

function pass(client: Socket, early: () => Buffer, options: PassOptions): void {
  const { leader, fail, attempted, patienceMs, dial } = options;
  const header = clientHeader(endsOf(client), leader.key);
  if (header === undefined) return void client.destroy();
  const { host, port } = leader;
  const upstream = dial({ host, port });
  let isConnected = false;
  const patience = setTimeout(() => upstream.destroy(new Error('no answer in time')), patienceMs);
  upstream.once('connect', () => {
    isConnected = true;
    clearTimeout(patience);
    attempted(undefined);
    if (client.destroyed) return;
    upstream.write(Buffer.concat([header, early()]));
    // Each waits for the other to take what it got.
    client.pipe(upstream);
    upstream.pipe(client);
  });
  upstream.on('error', (error) => {
    if (isConnected) return;
    const reason = `the leader cannot be reached: ${reasonOf(error)}`;
    attempted(reason);
    fail(reason);
  });
  upstream.once('close', () => {
    clearTimeout(patience);
    endSoon(client);
  });
  client.once('close', () => {
    if (isConnected) endSoon(upstream);
    else upstream.destroy();
  });
}

/** Lets the other side have what was written already, but not for long. */
function endSoon(socket: Socket): void {
  if (socket.destroyed) return;
  const flush = setTimeout(() => socket.destroy(), flushMs);
  socket.once('close', () => clearTimeout(flush));
  socket.destroySoon();
}

function endsOf(client: Socket): Parameters<typeof clientHeader>[0] {
  const { remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0 } = client;
  return {
    client: { address: remoteAddress, port: remotePort },
    local: { address: localAddress, port: localPort },
  };
}
