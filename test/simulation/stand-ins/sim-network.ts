/**
 * The simulated network: who reaches whom, and connections that keep the order of their messages.
 * What a cut connection had on the way is lost.
 */
import type { SimProcess } from '../world/sim-process.ts';
import type { World } from '../world/world.ts';
import { SimSocket } from './sim-socket.ts';

export interface Server {
  readonly process: SimProcess;
  /** It takes a new connection. */
  accept(socket: SimSocket, from: string): void;
}

/** How long a connection stands without anything getting through. */
const giveUpMs = 90_000;
const tryAgainMs = 250;

export class SimNetwork {
  readonly world: World;
  /** The longest way of a message, in ms. */
  slowMs = 20;
  /** By host: machines that are off answer nothing, not even that nobody listens. */
  readonly off = new Set<string>();
  readonly servers = new Map<string, Server>();
  readonly #cut = new Set<string>();
  readonly #sockets = new Set<SimSocket>();

  constructor(world: World) {
    this.world = world;
  }

  /** Nothing gets from one host to the other any more. */
  cut(from: string, to: string): void {
    this.#cut.add(`${from}>${to}`);
  }

  heal(from: string, to: string): void {
    this.#cut.delete(`${from}>${to}`);
  }

  healAll(): void {
    this.#cut.clear();
    this.off.clear();
  }

  reaches(from: string, to: string): boolean {
    return !this.#cut.has(`${from}>${to}`) && !this.off.has(from) && !this.off.has(to);
  }

  wayMs(): number {
    const { world } = this;
    return world.chance(0.02) ? world.between(1, 20 * this.slowMs) : world.between(1, this.slowMs);
  }

  /** @returns a socket that connects, or fails, or never gets an answer */
  dial(process: SimProcess, to: string): SimSocket {
    const { world } = this;
    const mine = new SimSocket(process);
    this.#sockets.add(mine);
    world.after(this.wayMs(), () => {
      const server = this.servers.get(to);
      if (!this.reaches(process.host, to)) return;
      const isThere = server !== undefined && !server.process.isDead;
      if (!isThere || !this.reaches(to, process.host)) return this.#after(() => mine.fails(), mine);
      const theirs = new SimSocket(server.process);
      this.#sockets.add(theirs);
      this.#join(mine, theirs);
      // A process that is paused takes the connection when it goes on.
      world.after(
        0,
        () => {
          theirs.opens();
          server.accept(theirs, process.host);
          world.after(this.wayMs(), () => mine.opens(), process);
        },
        server.process,
      );
    });
    return mine;
  }

  /** Cuts a connection of the host, with what is on the way. */
  breakOne(host: string): boolean {
    const mine = [...this.#sockets].filter(
      (one) => one.process.host === host && one.readyState === one.OPEN,
    );
    const chosen = this.world.pick(mine);
    chosen?.breaks();
    return chosen !== undefined;
  }

  /** The process is gone. Its machine tells the other sides, unless it is off as well. */
  forget(process: SimProcess): void {
    for (const socket of this.#sockets) {
      if (socket.process !== process) continue;
      this.#sockets.delete(socket);
      socket.isGone = true;
      if (!this.off.has(process.host)) socket.breaks();
    }
  }

  #join(one: SimSocket, other: SimSocket): void {
    this.#carry(one, other);
    this.#carry(other, one);
    // A side that cannot be reached learns of it when it sends something, or by the silence.
    const breaks = (): void => {
      for (const [side, peer] of [
        [one, other],
        [other, one],
      ] as const) {
        const isTold = this.reaches(peer.process.host, side.process.host);
        if (isTold) this.#after(() => side.ends(1006, ''), side);
      }
    };
    one.breaks = breaks;
    other.breaks = breaks;
  }

  #after(run: () => void, at: SimSocket): void {
    this.world.after(this.wayMs(), run, at.process);
  }

  /** Carries frames one way, in their order. */
  #carry(from: SimSocket, to: SimSocket): void {
    const { world } = this;
    let isMoving = false;
    let arrivesAt = 0;
    const move = (since: number): void => {
      const [first] = from.onTheWay;
      isMoving = first !== undefined;
      if (first === undefined) return;
      if (!this.reaches(from.process.host, to.process.host)) {
        if (world.now - since > giveUpMs) return this.#after(() => from.ends(1006, ''), from);
        world.after(tryAgainMs, () => move(since));
        return;
      }
      if (isOver(to)) return this.#after(() => from.ends(1006, ''), from);
      arrivesAt = Math.max(arrivesAt + 0.001, world.now + this.wayMs());
      from.onTheWay.shift();
      world.after(arrivesAt - world.now, () => this.#arrives(from, to, first));
      move(world.now);
    };
    from.sends = () => {
      if (!isMoving) move(world.now);
    };
  }

  #arrives(from: SimSocket, to: SimSocket, frame: SimSocket['onTheWay'][number]): void {
    if (isOver(to)) return this.#after(() => from.ends(1006, ''), from);
    // What was on the way when the network was cut comes once it is whole again, or is lost.
    this.world.after(0, () => to.takes(frame, from), to.process);
  }
}

function isOver(socket: SimSocket): boolean {
  return socket.isGone || socket.readyState === socket.CLOSED;
}
