/**
 * Attacks on a controller by a client that has the token. Each returns while it still runs; `stop`
 * ends it.
 */
import { createConnection } from 'node:net';
import { WebSocket } from 'ws';
import type { Attack } from './local-user.ts';

export interface ControllerDoor {
  /** `ws://host:port`. */
  readonly url: string;
  readonly token: string;
  readonly cluster: string;
}

/** So many names that no node has, each with facts of some 30 KB, all connected at once. */
export async function inventNames(door: ControllerDoor, count: number): Promise<Attack> {
  const sockets: WebSocket[] = [];
  for (let n = 0; n < count; n += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, count - n) }, (_, index) =>
      join(door, `invented-${String(n + index)}`, largeFacts()),
    );
    sockets.push(...(await Promise.all(some)));
  }
  return standing(sockets);
}

/** The same one after the other, so that none stays connected. */
export async function inventNamesAndLeave(door: ControllerDoor, count: number): Promise<Attack> {
  const { stop } = await inventNames(door, 0);
  for (let n = 0; n < count; n += atOnce) {
    const some = await inventNames(door, Math.min(atOnce, count - n));
    some.stop();
  }
  return { stop };
}

/** Messages of every kind as fast as possible, on so many connections. */
export async function floodMessages(door: ControllerDoor, connections: number): Promise<Attack> {
  const sockets = await joinAll(door, connections);
  const status = statusMessage({ message: 'x'.repeat(4096) });
  return repeating(sockets, (socket) => {
    for (let n = 0; n < 200; n += 1) socket.send(status);
    socket.ping();
  });
}

/** The largest status that is accepted, again and again. */
export async function floodLargeStatus(door: ControllerDoor, connections: number): Promise<Attack> {
  const sockets = await joinAll(door, connections);
  const peers = Array.from({ length: 1000 }, (_, n) => ({
    address: `10.0.${String(n >> 8)}.${String(n & 255)}`,
    asNumber: 64_512 + n,
    port: 179,
  }));
  const issue = { severity: 'warning', code: 'x', pointer: '/a', message: 'm'.repeat(300) };
  const status = statusMessage({
    resolved: { peers },
    issues: Array.from({ length: 1000 }, () => issue),
  });
  return repeating(sockets, (socket) => socket.send(status));
}

/** Statuses of a change in a fleet, with the longest texts, that begins and is rolled back all the time. */
export async function floodFleetStatus(door: ControllerDoor, connections: number): Promise<Attack> {
  const sockets = await joinAll(door, connections);
  const long = '\u001b[2J'.padEnd(4096, 'x');
  const gate = { condition: long, why: long, since: 'x'.repeat(64), until: '' };
  const gates = Array.from({ length: 20 }, () => gate);
  const fleets = [Number.MAX_SAFE_INTEGER, 0].map((nodes) => ({
    message: long,
    nodes,
    ready: nodes,
  }));
  let turn = 0;
  return repeating(sockets, (socket) => {
    turn += 1;
    const progress = { step: turn, steps: 1, title: 'x'.repeat(256), gates };
    const state = turn % 2 === 0 ? 'awaiting-gate' : 'rolling-back';
    socket.send(statusMessage({ state, fleet: fleets[turn % 2], progress }));
  });
}

/** Begins messages of half a MB on so many connections and ends none of them. */
export async function halfMessages(door: ControllerDoor, connections: number): Promise<Attack> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => connect(door)));
  const part = Buffer.alloc(500_000, ' ');
  for (const socket of sockets) socket.send(part, { fin: false, binary: false });
  return standing(sockets);
}

/** Sends hello, asks without end, and reads no answer. */
export async function deafAgents(door: ControllerDoor, connections: number): Promise<Attack> {
  const sockets = await joinAll(door, connections);
  let id = 0;
  for (const socket of sockets) socket.pause();
  return repeating(sockets, (socket) => {
    for (let n = 0; n < 50; n += 1) socket.send(JSON.stringify({ type: 'ping', id: (id += 1) }));
  });
}

/** Connections that show the token and send nothing, or never end the handshake. */
export async function silentAgents(door: ControllerDoor, connections: number): Promise<Attack> {
  return standing(await Promise.all(Array.from({ length: connections }, () => connect(door))));
}

/** A status with a part 4,000 levels deep, from so many agents, each of which comes back again. */
export async function deepMessages(door: ControllerDoor, connections: number): Promise<Attack> {
  const deep = `${'['.repeat(4000)}${']'.repeat(4000)}`;
  const message = `{"type":"status","changed":{"state":${deep}}}`;
  for (let round = 0; round < 5; round += 1) {
    const sockets = await joinAll(door, connections);
    for (const socket of sockets) socket.send(message, () => undefined);
    await Promise.all(sockets.map(closed));
  }
  return standing([]);
}

/** Strangers that show a wrong token, again and again, and strangers that show nothing at all. */
export async function strangers(door: ControllerDoor, count: number): Promise<Attack> {
  const wrong = { ...door, token: 'not-the-token-of-this-cluster' };
  for (let n = 0; n < count; n += atOnce) {
    await Promise.all(Array.from({ length: atOnce }, () => connect(wrong)));
  }
  const { hostname, port } = new URL(door.url);
  const silent = Array.from({ length: count }, () => {
    const socket = createConnection(Number(port), hostname);
    return socket.on('error', () => undefined);
  });
  return {
    stop: () => {
      for (const socket of silent) socket.destroy();
    },
  };
}

const atOnce = 50;

function closed(socket: WebSocket): Promise<void> {
  if (socket.readyState === socket.CLOSED) return Promise.resolve();
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
  });
}

function joinAll(door: ControllerDoor, count: number): Promise<WebSocket[]> {
  return Promise.all(
    Array.from({ length: count }, (_, n) => join(door, `flooding-${String(n)}`, {})),
  );
}

/** Also when the controller refuses it, because that is its answer to the attack. */
async function join(door: ControllerDoor, node: string, facts: unknown): Promise<WebSocket> {
  const socket = await connect(door);
  const { cluster } = door;
  const hello = {
    type: 'hello',
    formatVersion: 1,
    cluster,
    node,
    agentVersion: '0.1.0',
    capabilities: [],
    facts,
    revisions: { rejected: [] },
  };
  socket.send(JSON.stringify(hello));
  socket.send('{"type":"ping","id":1}');
  await new Promise<void>((resolve) => {
    socket.once('message', () => resolve());
    socket.once('close', () => resolve());
  });
  return socket;
}

function connect({ url, token }: ControllerDoor): Promise<WebSocket> {
  const headers = { authorization: `Bearer ${token}` };
  const socket = new WebSocket(`${url}/v1/agents`, ['calico-agent.v1'], { headers });
  socket.on('error', () => undefined);
  return new Promise((resolve) => {
    socket.once('open', () => resolve(socket));
    socket.once('close', () => resolve(socket));
  });
}

function statusMessage(changes: Readonly<Record<string, unknown>>): string {
  const whole = {
    formatVersion: 1,
    agentVersion: '0.1.0',
    node: 'flooding',
    startedAt: '2026-01-01T00:00:00Z',
    state: 'waiting',
    message: '',
    revisions: { rejected: [] },
    datastore: { driver: 'memory', reachesCluster: false, message: '' },
    issues: [],
  };
  return JSON.stringify({ type: 'status', changed: { ...whole, ...changes } });
}

function largeFacts(): unknown {
  const labels = Array.from({ length: 360 }, (_, n) => [`label-${String(n)}`, 'y'.repeat(63)]);
  return { labels: Object.fromEntries(labels) };
}

function repeating(sockets: readonly WebSocket[], act: (socket: WebSocket) => void): Attack {
  const timer = setInterval(() => {
    for (const socket of sockets) {
      if (socket.readyState === socket.OPEN && socket.bufferedAmount < 4_000_000) act(socket);
    }
  }, 10);
  const { stop } = standing(sockets);
  return {
    stop: () => {
      clearInterval(timer);
      stop();
    },
  };
}

function standing(sockets: readonly WebSocket[]): Attack {
  return {
    stop: () => {
      for (const socket of sockets) socket.terminate();
    },
  };
}
