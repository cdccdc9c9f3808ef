/** The agent's end of the channel against controllers that refuse, lie, or are not there. */
import { expect } from 'chai';
import { chmod, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import path from 'node:path';
import { WebSocketServer, type WebSocket } from 'ws';
import { systemClock } from '../../../agent/adapters/system-clock/system-clock.ts';
import type { ChannelTiming } from '../../../agent/channel/channel-deps.ts';
import {
  connectController,
  type ControllerChannel,
} from '../../../agent/channel/connect-controller.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import { configWith, Lab, token } from '../../controller/running.ts';
import { hasOpenssl, makeCertificate } from '../../support/servers/certificate.ts';
import { eventually } from '../../support/eventually.ts';
import { lacks } from '../../support/skips/needs.cjs';
import { MemoryAgent } from '../../support/twins/memory-agent.ts';

function says(channel: ControllerChannel, text: string): Promise<void> {
  return eventually(() => expect(channel.state().message).to.contain(text));
}

function connected(channel: ControllerChannel): Promise<void> {
  return eventually(() => expect(channel.state().connected).to.equal(true));
}

describe("the agent's end of the channel", () => {
  let lab: Lab;
  let logged: string[];
  let channels: ControllerChannel[];
  let servers: { close: () => unknown }[];

  beforeEach(async () => {
    lab = await Lab.make();
    logged = [];
    channels = [];
    servers = [];
  });
  afterEach(async () => {
    await Promise.all(channels.map((channel) => channel.stop()));
    for (const server of servers) server.close();
    await lab.close();
    expect(logged.join('\n')).not.to.contain(token);
  });

  const note = (message: string, fields?: object): void => {
    logged.push(`${message} ${JSON.stringify(fields ?? {})}`);
  };
  const logger: Logger = { debug: note, info: note, warn: note, error: note };

  function connect(
    url: string | string[],
    more: Partial<Parameters<typeof connectController>[1]> = {},
    timing: Partial<ChannelTiming> = {},
    agent = new MemoryAgent({ name: 'node-0' }),
  ): ControllerChannel {
    const channel = connectController(
      agent,
      {
        url,
        tokenFile: lab.tokenFile,
        reconnect: { baseSeconds: 0.05, capSeconds: 0.1 },
        ...more,
      },
      { logger, random: () => 0.5, clock: systemClock, timing: { statusMs: 1, ...timing } },
    );
    channels.push(channel);
    return channel;
  }

  function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<string> {
    servers.push(server);
    return new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(`127.0.0.1:${String(typeof address === 'object' ? address?.port : 0)}`);
      });
    });
  }

  /** A controller that follows the test's instructions once a connection is open. */
  async function impostor(open: (socket: WebSocket) => void): Promise<string> {
    const server = createServer();
    const webSockets = new WebSocketServer({ server, handleProtocols: () => 'calico-agent.v1' });
    webSockets.on('connection', open);
    servers.push({ close: () => webSockets.clients.forEach((socket) => socket.terminate()) });
    return `ws://${await listen(server)}`;
  }

  it('reports that the controller refuses the token, and connects when it is changed', async () => {
    await lab.start();
    const wrong = path.join(lab.folder, 'wrong');
    await writeFile(wrong, 'another-token-than-theirs', { mode: 0o600 });
    const channel = connect(`ws://${lab.listen}`, { tokenFile: wrong });
    await says(channel, 'the controller refuses the token');
    expect(channel.state()).to.include({ connected: false, url: `ws://${lab.listen}` });
    await writeFile(wrong, token);
    await connected(channel);
    expect(channel.state().since).to.be.a('string');
  });

  it('warns of a token file that other users can read', async () => {
    await lab.start();
    await chmod(lab.tokenFile, 0o644);
    await connected(connect(`ws://${lab.listen}`));
    expect(logged.join('\n')).to.contain(`run chmod 600 ${lab.tokenFile}`);
  });

  const tokenFiles: readonly [what: string, content: string | undefined, says: string][] = [
    ['is missing', undefined, 'no such file'],
    ['is empty', ' \n', 'it is empty'],
    ['has more than one word', 'two words', 'it has more than one word'],
    ['is far too long', 'x'.repeat(5000), 'it is larger than 4096 bytes'],
  ];
  for (const [what, content, text] of tokenFiles) {
    it(`reports that the token file ${what}`, async () => {
      const file = path.join(lab.folder, 'other-token');
      if (content !== undefined) await writeFile(file, content, { mode: 0o600 });
      await says(connect('ws://127.0.0.1:1', { tokenFile: file }), text);
    });
  }

  const addresses: readonly [url: string, says: string][] = [
    ['ws://10.0.0.1:7843', 'ws:// would send the token'],
    ['ws://[fd00::1]:7843', 'ws:// would send the token'],
    ['ws://localhost.example.net:7843', 'ws:// would send the token'],
    ['wss://user:s3cret@10.0.0.1', 'it has a name or password in it'],
    ['wss://', 'it is no address'],
    ['ws://127.0.0.1:1', 'no program listens there'],
    ['ws://[::1]:1', 'cannot connect to the controller "[::1]:1"'],
  ];
  for (const [url, text] of addresses) {
    it(`explains what is wrong with ${url}`, async () => {
      const channel = connect(url);
      await says(channel, text);
      expect(JSON.stringify(channel.state())).not.to.contain('s3cret');
    });
  }

  it('dials an address beyond loopback in plain text only with an explicit setting', async () => {
    const channel = connect(
      'ws://198.51.100.1:7843',
      { allowPlaintext: true },
      { handshakeMs: 50 },
    );
    await eventually(() => expect(channel.state().message).to.contain('cannot connect'));
  });

  it('obeys a Retry-After', async () => {
    const tries: number[] = [];
    const server = createServer().on('upgrade', (_request, socket) => {
      tries.push(performance.now());
      socket.end('HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n\r\n');
    });
    const channel = connect(`ws://${await listen(server)}`);
    await says(channel, 'the controller has no room at the moment');
    await eventually(() => expect(tries).to.have.length(2));
    // A timer of Node may end a millisecond early.
    expect((tries[1] ?? 0) - (tries[0] ?? 0)).to.be.at.least(990);
  });

  describe('with several addresses', () => {
    /** Refuses all agents, as a controller that has no room. */
    async function fullController(tries: string[] = []): Promise<string> {
      const server = createServer().on('upgrade', ({ headers }, socket) => {
        tries.push(headers.host ?? '');
        socket.end('HTTP/1.1 503 Service Unavailable\r\nRetry-After: 3600\r\n\r\n');
      });
      return `ws://${await listen(server)}`;
    }

    it('connects with the one that works, and shows which one it is', async () => {
      await lab.start();
      const full = await fullController();
      // The random number 0.5 begins with the third one.
      const urls = [full, `ws://${lab.listen}`, 'ws://127.0.0.1:1', full];
      const channel = connect(urls);
      expect(channel.state()).to.deep.equal({
        url: 'ws://127.0.0.1:1',
        connected: false,
        message: 'connecting',
      });
      await connected(channel);
      expect(channel.state().url).to.equal(`ws://${lab.listen}`);
      const [dead, refused, worked] = logged.filter((line) => line.includes('controller'));
      expect(dead).to.contain('127.0.0.1:1": no program listens there');
      expect(refused).to.contain('the controller has no room').and.to.contain(`"url":"${full}"`);
      expect(worked).to.contain('connected').and.to.contain(`"url":"ws://${lab.listen}"`);
    });

    it('goes on to the next one when its connection is lost', async () => {
      const dialled: string[] = [];
      const open = new Map<string, WebSocket>();
      const one = async (name: string): Promise<string> =>
        impostor((socket) => {
          dialled.push(name);
          open.set(name, socket);
          socket.on('message', (data: Buffer) => {
            if (data.includes('"ping"')) socket.send(JSON.stringify({ type: 'pong', id: 1 }));
          });
        });
      const urls = [await one('first'), await one('second')];
      const channel = connect(urls);
      const shows = (url: string | undefined): Promise<void> =>
        eventually(() => expect(channel.state()).to.include({ connected: true, url }));
      await shows(urls[1]);
      open.get('second')?.terminate();
      await shows(urls[0]);
      open.get('first')?.close(1001, 'another controller leads');
      await shows(urls[1]);
      expect(dialled).to.deep.equal(['second', 'first', 'second']);
    });

    it('logs the same reasons once, although they take turns', async () => {
      const tries: string[] = [];
      const urls = [await fullController(tries), await fullController(tries)];
      // The test alone begins the attempts.
      const channel = connect(urls, { reconnect: { baseSeconds: 60, capSeconds: 3600 } });
      for (let count = 1; count <= 6; count += 1) {
        await eventually(() => expect(tries).to.have.length(count));
        // Only then the agent waits for the next attempt.
        const host = String(tries.at(-1));
        await eventually(() => expect(channel.state().url).to.equal(`ws://${host}`));
        await says(channel, host);
        channel.dialNow();
      }
      expect(logged.filter((line) => line.includes('no room'))).to.have.length(2);
    });
  });

  it('dials at once when it need not wait any longer', async () => {
    let tries = 0;
    const server = createServer().on('upgrade', (_request, socket) => {
      tries += 1;
      socket.end('HTTP/1.1 503 Service Unavailable\r\nRetry-After: 3600\r\n\r\n');
    });
    const channel = connect(`ws://${await listen(server)}`);
    await says(channel, 'the controller has no room at the moment');
    channel.dialNow();
    await eventually(() => expect(tries).to.equal(2));
  });

  it('gives up on a controller that does not answer the handshake', async () => {
    const url = await listen(createTcpServer(takeAndSayNothing));
    await says(connect(`ws://${url}`, {}, { handshakeMs: 50 }), 'no answer in time');
  });

  it('stops at once while it is dialling, and while it waits', async () => {
    const url = await listen(createTcpServer(takeAndSayNothing));
    const dialling = connect(`ws://${url}`);
    await dialling.stop();
    const waiting = connect('ws://127.0.0.1:1', { reconnect: { baseSeconds: 60, capSeconds: 60 } });
    await says(waiting, 'no program listens there');
    await waiting.stop();
  });

  it('gives up on a controller that falls silent, and dials again', async () => {
    let connections = 0;
    const url = await impostor(() => {
      connections += 1;
    });
    connect(url, {}, { liveness: { pingAfterMs: 20, silenceMs: 60 }, tickMs: 10 });
    await eventually(() => expect(connections).to.be.at.least(2));
  });

  const lies: readonly [behaviour: string, message: string | Buffer, code: number][] = [
    ['sends what is not JSON', 'garbage', 4400],
    ['sends bytes', Buffer.from([1, 2, 3]), 4400],
    ['breaks the schema', '{"type":"config"}', 4400],
    ['sends a message of an agent', '{"type":"status","changed":{}}', 4400],
    ['sends 4,000 levels', `{"type":${'['.repeat(4000)}${']'.repeat(4000)}}`, 4400],
    ['sends more than 2 MiB', 'x'.repeat(2 * 1024 * 1024 + 1), 1009],
  ];
  for (const [behaviour, message, code] of lies) {
    it(`hangs up on a controller that ${behaviour}, and keeps its revision`, async () => {
      const codes: number[] = [];
      const url = await impostor((socket) => {
        socket.on('error', () => undefined);
        socket.once('close', (given) => codes.push(given));
        socket.send(message);
      });
      const agent = new MemoryAgent({ name: 'node-0' });
      const channel = connect(url, {}, {}, agent);
      await eventually(() => expect(codes).to.have.length.at.least(1));
      expect(codes[0]).to.equal(code);
      expect(agent.received).to.deep.equal([]);
      await says(channel, 'the connection to the controller');
    });
  }

  it('shows why the agent refused a message, as long as it does', async () => {
    await lab.start();
    const refuses = new MemoryAgent({ name: 'node-0', refuses: 'source-not-permitted' });
    const channel = connect(`ws://${lab.listen}`, {}, {}, refuses);
    await connected(channel);
    await lab.push(configWith(64_513), 60);
    await eventually(() => expect(channel.state().refused).to.equal('not here'));
    expect(channel.state()).to.include({ connected: true });
  });

  it('refuses a configuration of another lineage without asking the agent', async () => {
    const url = await impostor((socket) => {
      const digest = `sha256:${'0'.repeat(64)}`;
      const config = { type: 'config', lineage: 'controller:other', number: 1, digest, by: 'x' };
      socket.send(JSON.stringify(config));
    });
    const agent = new MemoryAgent({ name: 'node-0' });
    await says(connect(url, {}, {}, agent), 'the connection to the controller');
    expect(agent.received).to.deep.equal([]);
  });

  describe('with TLS', function () {
    before(function () {
      if (hasOpenssl()) return;
      lacks('the program openssl', 'openssl');
      this.skip();
    });

    it('connects when the authority in caFile has signed the certificate', async () => {
      const tls = makeCertificate(lab.folder, 'controller', 'IP:127.0.0.1');
      await lab.start({ tls });
      const agent = new MemoryAgent({ name: 'node-0' });
      const channel = connect(`wss://${lab.listen}`, { caFile: tls.certFile }, {}, agent);
      await connected(channel);
      await lab.push(configWith(64_513), 60);
      expect(agent.received).to.have.length(1);
    });

    it('reports an unknown authority', async () => {
      await lab.start({ tls: makeCertificate(lab.folder, 'controller', 'IP:127.0.0.1') });
      await says(connect(`wss://${lab.listen}`), 'name the authority in caFile');
    });

    it('reports a certificate for another name', async () => {
      const tls = makeCertificate(lab.folder, 'controller', 'DNS:controller.example.net');
      await lab.start({ tls });
      const channel = connect(`wss://${lab.listen}`, { caFile: tls.certFile });
      await says(channel, 'its certificate is for another name');
    });

    it('reports a controller that speaks no TLS', async () => {
      await lab.start();
      await says(connect(`wss://${lab.listen}`), 'it does not speak TLS there');
    });

    it('explains what is wrong with the CA file', async () => {
      const channel = connect('wss://127.0.0.1:1', { caFile: lab.tokenFile });
      await says(channel, 'there is no certificate in PEM form in it');
      const key = makeCertificate(lab.folder, 'swapped', 'IP:127.0.0.1').keyFile;
      const swapped = connect('wss://127.0.0.1:1', { caFile: key });
      await says(swapped, `cannot use controller.caFile "${key}": it is a private key`);
    });
  });
});

/**
 * It reads on, or it would never notice that the other side is gone, and the process would not end.
 */
function takeAndSayNothing(socket: Socket): void {
  socket.on('error', () => undefined).resume();
}
