import { expect } from 'chai';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { limitRepeats } from '../../../runtime/pacing/repeat-limit.ts';
import { watchStrangers, type Strangers } from '../../../controller/channel/strangers.ts';

describe('connections without the token', () => {
  let server: Server;
  let strangers: Strangers;
  let sockets: Socket[];
  let dropped: string[];
  beforeEach(async () => {
    sockets = [];
    dropped = [];
    server = createServer();
    strangers = watchStrangers(
      server,
      { max: 3, ms: 60_000 },
      { dropped: (address) => dropped.push(address) },
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    strangers.dismiss();
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });

  async function arrive(localAddress: string): Promise<Socket> {
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    socket.on('error', () => undefined);
    sockets.push(socket);
    await Promise.all([once(socket, 'connect'), once(server, 'connection')]);
    return socket;
  }

  it('give way to newer ones, the oldest first', async () => {
    const [oldest] = [await arrive('127.0.0.1'), await arrive('127.0.0.1')];
    await arrive('127.0.0.1');
    const gone = once(oldest, 'close');
    await arrive('127.0.0.1');
    await gone;
    expect(sockets.filter(({ closed }) => closed)).to.have.length(1);
    expect(dropped).to.deep.equal(['127.0.0.1']);
  });

  it('of one address do not displace those of another', async () => {
    const other = await arrive('127.0.0.2');
    const crowd = [await arrive('127.0.0.1'), await arrive('127.0.0.1')];
    const gone = crowd.map((socket) => once(socket, 'close'));
    for (let n = 0; n < 2; n += 1) await arrive('127.0.0.1');
    await Promise.all(gone);
    expect(other.closed).to.equal(false);
  });
});

describe('connections whose time stops', () => {
  it('are ended a time after it begins anew, and not before', async () => {
    const server = createServer();
    const clients = new Set<Socket>();
    const strangers = watchStrangers(server, { max: 9, ms: 200 }, { dropped: () => undefined });
    try {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      const arrive = async (): Promise<readonly [Socket, Promise<unknown>]> => {
        const arrived = once(server, 'connection');
        const client = connect({ port, host: '127.0.0.1' }).on('error', () => undefined);
        clients.add(client.resume());
        const closed = new Promise((resolve) => void client.once('close', resolve));
        const [socket]: Socket[] = await arrived;
        if (socket === undefined) throw new Error('no connection');
        // Before any timer can fire.
        if (clients.size === 1) strangers.keep(socket);
        return [socket, closed];
      };
      const [kept, closed] = await arrive();
      const [, closedLater] = await arrive();
      await closedLater;
      expect(kept.destroyed).to.equal(false);
      strangers.judge(kept);
      await closed;
    } finally {
      for (const client of clients) client.destroy();
      server.close();
      await once(server, 'close');
    }
  });
});

describe('a log line that any client can cause', () => {
  it('is written once in a while, with its count', () => {
    const due = limitRepeats({ everyMs: 1000, maxKinds: 10 });
    expect([0, 1, 999].map((now) => due('a', now))).to.deep.equal([1, undefined, undefined]);
    expect(due('b', 5)).to.equal(1);
    expect(due('a', 1000)).to.equal(3);
  });

  it('is bounded over all its kinds together', () => {
    const due = limitRepeats({ everyMs: 1000, maxKinds: 10 });
    const said = Array.from({ length: 1000 }, (_, n) => due(`kind ${String(n)}`, n / 2));
    expect(said.filter((count) => count !== undefined)).to.have.length(11);
    expect(due('later', 5000)).to.equal(1);
  });
});
