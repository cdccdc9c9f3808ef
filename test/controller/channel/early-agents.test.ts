/** Agents that come back while the controller still reads what it has stored. */
import { expect } from 'chai';
import { once } from 'node:events';
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import type { OpenHost } from '../../../controller/adapters/embedded-store/database-host.ts';
import { hostHere } from '../../../controller/adapters/embedded-store/host-here.ts';
import { startController } from '../../../controller/compose.ts';
import { agentsPath, subprotocol } from '../../../core/protocol/messages.ts';
import { silentLogger } from '../../../runtime/log/logger.ts';
import { eventually } from '../../support/eventually.ts';
import { Lab, token } from '../running.ts';

describe('agents that connect while the controller starts', function () {
  this.timeout(60_000);
  let lab: Lab;
  beforeEach(async () => {
    lab = await Lab.make();
  });
  afterEach(async () => {
    await lab.close();
  });

  /** Its state is read when the caller lets it. */
  async function startSlowly(): Promise<{ readonly port: number; letRead(): Promise<void> }> {
    let letRead: () => void = () => undefined;
    const reading = new Promise<void>((resolve) => {
      letRead = resolve;
    });
    const openHost: OpenHost = (file) => {
      const host = hostHere(file);
      return { ...host, list: async (query) => reading.then(() => host.list(query)) };
    };
    const listens: string[] = [];
    const info = (message: string): void => {
      const [, address] = /agents connect to ws:\/\/(\S+)/.exec(message) ?? [];
      if (address !== undefined) listens.push(address);
    };
    // Nobody is ended for want of an answer in time.
    const settings = lab.settings({ timing: { strangerMs: 120_000 } });
    const starting = startController(settings, { ...silentLogger, info }, { openHost });
    await eventually(() => expect(listens).to.have.length(1));
    return {
      port: Number(listens[0]?.split(':').at(-1)),
      letRead: async () => {
        letRead();
        lab.controller = await starting;
      },
    };
  }

  /** Meanwhile the controller reads what was sent before. */
  async function othersComeAndGo(port: number): Promise<void> {
    for (let n = 0; n < 5; n += 1) {
      const other = connect(port, '127.0.0.1').end();
      await once(other.resume(), 'close');
    }
  }

  it('are not refused, and get in when the stored state is known', async () => {
    let isKnown = false;
    const { port, letRead } = await startSlowly();
    const tcp = connect(port, '127.0.0.1');
    await once(tcp, 'connect');
    const headers = { authorization: `Bearer ${token}` };
    const options = { headers, createConnection: () => tcp };
    const url = `ws://127.0.0.1:${String(port)}${agentsPath}`;
    const agent = new WebSocket(url, [subprotocol], options);
    const opened = once(agent, 'open').then(() => isKnown);
    await othersComeAndGo(port);
    isKnown = true;
    await letRead();
    expect(await opened).to.equal(true);
    agent.terminate();
  });

  it('are ended when they send more than their request, and other requests are not held', async () => {
    const { port, letRead } = await startSlowly();
    const upgrade = `GET ${agentsPath} HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n`;
    const answerTo = async (...texts: readonly string[]): Promise<string> => {
      const socket = connect(port, '127.0.0.1')
        .setNoDelay()
        .on('error', () => undefined);
      let answer = '';
      socket.on('data', (bytes: Buffer) => (answer += bytes.toString('latin1')));
      const closed = once(socket, 'close');
      for (const text of texts) {
        await new Promise((sent) => socket.write(text, sent));
        await othersComeAndGo(port);
      }
      await closed;
      return answer;
    };
    expect(await answerTo(`${upgrade}more`)).to.equal('');
    expect(await answerTo(upgrade, 'more')).to.equal('');
    const early = await answerTo('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(early).to.match(/^HTTP\/1\.1 503 .*\r\nretry-after: 2\r\n/s);
    await letRead();
    expect(await answerTo('GET / HTTP/1.1\r\nHost: a\r\n\r\n')).to.match(/^HTTP\/1\.1 426 /);
  });
});
