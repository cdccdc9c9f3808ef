/** A controller that stands by and a leader, on real sockets; the leader answers requests with the client. */
import { expect } from 'chai';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer as createHttpServer, request, type Server } from 'node:http';
import { createServer as createHttpsServer, request as secureRequest } from 'node:https';
import { connect, Socket as NewSocket, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { acceptPassed } from '../../../../controller/channel/relay/accept-passed.ts';
import { clientHeader } from '../../../../controller/channel/relay/client-header.ts';
import { createClientAddresses } from '../../../../controller/channel/relay/client-addresses.ts';
import {
  passToLeader,
  type LeaderAddress,
  type Passing,
} from '../../../../controller/channel/relay/pass-to-leader.ts';
import { eventually } from '../../../support/eventually.ts';
import { makeCertificate } from '../../../support/servers/certificate.ts';

const key = Buffer.alloc(32, 7);
const host = '127.0.0.1';

describe('a connection that is passed on to the leader', () => {
  let folder: string;
  let leader: Server;
  let passing: Passing;
  let sockets: Socket[];
  let troubles: string[];
  let attempts: (string | undefined)[];
  let dial: typeof connectTo;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-relay-'));
  });
  after(() => rm(folder, { recursive: true }));
  beforeEach(async () => {
    sockets = [];
    troubles = [];
    attempts = [];
    dial = connectTo;
    passing = await passToLeader({
      address: { host, port: 0 },
      maxConnections: 10,
      maxPerAddress: 2,
      maxSilent: 3,
      patienceMs: 60_000,
      maxEarlyBytes: 16_384,
      maxEarlyBytesOfAll: 20_000,
      dial: (to) => dial(to),
      failed: (reason) => troubles.push(reason),
      attempted: (reason) => attempts.push(reason),
    });
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await passing.close();
    leader.close();
    leader.closeAllConnections();
  });

  const lead = async (server: Server): Promise<LeaderAddress> => {
    leader = server;
    const clients = createClientAddresses();
    acceptPassed(server, {
      key,
      passed: clients.note,
      refused: (reason) => troubles.push(reason),
    });
    server.on('request', (incoming, response) => {
      incoming.pipe(response.writeHead(200, { client: clients.of(incoming.socket) }));
    });
    server.listen(0, host);
    await once(server, 'listening');
    const bound = server.address();
    return { host, port: typeof bound === 'object' ? (bound?.port ?? 0) : 0, key };
  };
  const open = async (port: number, localAddress = host): Promise<Socket> => {
    const socket = connect({ host, port, localAddress });
    socket.on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  };
  /** Resolves with what has come until the other side has ended it. */
  const rest = async (socket: Socket): Promise<string> => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(socket, 'close');
    return Buffer.concat(chunks).toString();
  };
  const port = (): number => passing.address.port;

  it('brings requests and answers, and the leader sees the client', async () => {
    passing.follow(await lead(createHttpServer()));
    const large = 'x'.repeat(3_000_000);
    const headers = { expect: '100-continue' };
    const from = { host, port: port(), localAddress: '127.0.0.5' };
    const asked = request({ ...from, method: 'POST', headers });
    asked.flushHeaders();
    await once(asked, 'continue');
    asked.end(large);
    const [answer] = await once(asked, 'response');
    expect(answer.headers.client).to.equal('127.0.0.5');
    expect((await text(answer)) === large).to.equal(true);
  });

  it('keeps TLS between the client and the leader', async () => {
    const { certFile, keyFile } = makeCertificate(folder, 'leader', 'IP:127.0.0.1');
    const cert = await readFile(certFile);
    passing.follow(await lead(createHttpsServer({ cert, key: await readFile(keyFile) })));
    const [direct, passed] = await Promise.all(
      [leaderPort(leader), port()].map(async (at) => {
        const asked = secureRequest({ host, port: at, ca: cert, localAddress: '127.0.0.5' });
        asked.end();
        const [answer] = await once(asked, 'response');
        answer.resume();
        return answer.headers.client;
      }),
    );
    expect([direct, passed]).to.deep.equal(['127.0.0.5', '127.0.0.5']);
  });

  it('is ended at once while no controller leads', async () => {
    await lead(createHttpServer());
    expect(await rest(await open(port()))).to.equal('');
    expect(troubles).to.deep.equal(['no controller leads that it could be passed to']);
  });

  it('is ended at once where the leader does not listen', async () => {
    const at = await lead(createHttpServer());
    leader.close();
    await once(leader, 'close');
    passing.follow(at);
    const socket = await open(port());
    socket.write('GET');
    expect(await rest(socket)).to.equal('');
    expect(troubles.join()).to.contain('the leader cannot be reached');
    expect(attempts).to.deep.equal(troubles);
  });

  describe('while the leader does not answer', () => {
    /** Connections that the leader may accept. */
    let held: { readonly socket: Socket; readonly accept: () => void }[];
    beforeEach(async () => {
      held = [];
      dial = (to) => {
        const socket = new NewSocket();
        held.push({ socket, accept: () => void socket.connect(to) });
        return socket;
      };
      passing.follow(await lead(createHttpServer()));
    });
    afterEach(() => {
      for (const { socket } of held) socket.destroy();
    });
    /** The beginning of a request with headers of so many bytes, in some pieces. */
    const begin = async (bytes: number): Promise<Socket> => {
      const socket = await open(port());
      const count = held.length;
      socket.write('GET / HTTP/1.0\r\n');
      await eventually(() => expect(held).to.have.length(count + 1));
      for (let left = bytes; left > 0; left -= 4000) {
        socket.write(`a: ${'x'.repeat(Math.min(left, 4000) - 5)}\r\n`);
      }
      return socket;
    };

    it('keeps what agents begin with, and passes all of it on later', async () => {
      const socket = await begin(12_000);
      socket.write('\r\n');
      const answer = rest(socket);
      held[0]?.accept();
      expect(await answer).to.contain('200 OK');
      expect(troubles).to.deep.equal([]);
    });

    it('is ended where the client sends more than agents do', async () => {
      expect(await rest(await begin(17_000))).to.equal('');
      expect(troubles).to.deep.equal(['it sent too much before the leader has accepted']);
      await eventually(() => expect(held[0]?.socket.destroyed).to.equal(true));
    });

    it('is ended where the client sends it in very many pieces', async () => {
      const socket = await open(port());
      socket.setNoDelay(true);
      const ended = once(socket, 'close');
      const drip = (): void => {
        if (!socket.destroyed) socket.write('x', () => setImmediate(drip));
      };
      drip();
      await ended;
      expect(troubles).to.deep.equal(['it sent too much before the leader has accepted']);
    });

    it('is ended where the bytes of all clients are too many, until others are gone', async () => {
      const first = await begin(12_000);
      const reason = 'too many bytes of clients wait for the leader';
      expect(await rest(await begin(12_000))).to.equal('');
      expect(troubles).to.deep.equal([reason]);
      first.destroy();
      await eventually(() => expect(passing.count()).to.equal(0));
      const next = await begin(12_000);
      next.write('\r\n');
      const answer = rest(next);
      held[2]?.accept();
      expect(await answer).to.match(/^HTTP/);
      expect(troubles).to.deep.equal([reason]);
    });
  });

  it('is ended when another controller leads, and the next one goes there', async () => {
    const first = await lead(createHttpServer());
    passing.follow(first);
    const socket = await open(port());
    socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await once(socket, 'data');
    passing.follow({ ...first });
    await once(socket, 'close');
    const next = await open(port());
    next.write('GET / HTTP/1.0\r\n\r\n');
    expect(await rest(next)).to.contain('200 OK');
    await eventually(() => expect(passing.count()).to.equal(0));
  });

  it('does not go in circles', async () => {
    await lead(createHttpServer());
    passing.follow({ ...passing.address, key });
    const socket = await open(port());
    socket.write('GET / HTTP/1.0\r\n\r\n');
    expect(await rest(socket)).to.equal('');
    expect(troubles).to.deep.equal(['this controller does not lead']);
  });

  it('gets a place also where one address has all with silent connections', async () => {
    passing.follow(await lead(createHttpServer()));
    for (let n = 0; n < 10; n += 1) await open(port(), '127.0.0.66');
    const socket = await open(port(), '127.0.0.5');
    socket.write('GET / HTTP/1.0\r\n\r\n');
    expect(await rest(socket)).to.contain('client: 127.0.0.5');
    expect(new Set(troubles)).to.deep.equal(
      new Set(['too many connections that have sent nothing']),
    );
  });

  it('is ended where its address has all places of one address, until one is free', async () => {
    passing.follow(await lead(createHttpServer()));
    const crowd = [await open(port(), '127.0.0.66'), await open(port(), '127.0.0.66')];
    for (const socket of crowd) {
      socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
      await once(socket, 'data');
    }
    const ask = async (localAddress: string): Promise<string> => {
      const socket = await open(port(), localAddress);
      socket.write('GET / HTTP/1.0\r\n\r\n');
      return rest(socket);
    };
    expect(await ask('127.0.0.66')).to.equal('');
    expect(troubles).to.deep.equal(['its address has 2 connections already']);
    expect(await ask('127.0.0.5')).to.contain('200 OK');
    crowd[0]?.destroy();
    await eventually(async () => expect(await ask('127.0.0.66')).to.contain('200 OK'));
  });

  it('is refused by the leader without its key, also byte by byte', async () => {
    const at = await lead(createHttpServer());
    const end = { address: '10.0.0.1', port: 1 };
    const forged = clientHeader({ client: end, local: end }, Buffer.alloc(32, 8));
    const socket = await open(at.port);
    socket.setNoDelay(true);
    const answer = rest(socket);
    for (const byte of forged ?? []) {
      await new Promise((resolve) => socket.write(Buffer.from([byte]), resolve));
    }
    expect(await answer).to.equal('');
    expect(troubles.join()).to.contain('does not know the key of the leader');
  });

  it('reaches the leader also where its header comes byte by byte', async () => {
    const at = await lead(createHttpServer());
    const end = { address: '10.0.0.1', port: 1 };
    const header = clientHeader({ client: end, local: end }, key) ?? Buffer.alloc(0);
    const socket = await open(at.port);
    socket.setNoDelay(true);
    const answer = rest(socket);
    for (const byte of Buffer.concat([header, Buffer.from('GET / HTTP/1.0\r\n\r\n')])) {
      await new Promise((resolve) => socket.write(Buffer.from([byte]), resolve));
    }
    expect(await answer).to.contain('client: 10.0.0.1');
  });

  it('ends at the leader when the client goes away in the middle of an answer', async () => {
    passing.follow(await lead(createHttpServer()));
    leader.removeAllListeners('request');
    const answering = once(leader, 'request');
    const socket = await open(port());
    socket.pause();
    socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    const [, response] = await answering;
    const ended = once(response, 'close');
    response.write(Buffer.alloc(20_000_000));
    socket.destroy();
    await ended;
    expect(response.writableFinished).to.equal(false);
    await eventually(() => expect(passing.count()).to.equal(0));
  });
});

function leaderPort(server: Server): number {
  const bound = server.address();
  return typeof bound === 'object' ? (bound?.port ?? 0) : 0;
}

function connectTo(to: { readonly host: string; readonly port: number }): Socket {
  return connect(to);
}
