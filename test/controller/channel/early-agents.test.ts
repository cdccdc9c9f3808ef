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

  it('are not refused, and get in when the stored state is known', async () => {
    let letRead: () => void = () => undefined;
    const reading = new Promise<void>((resolve) => {
      letRead = resolve;
    });
    let isKnown = false;
    const openHost: OpenHost = (file) => {
      const host = hostHere(file);
      return { ...host, list: async (query) => reading.then(() => host.list(query)) };
    };
    const listens: string[] = [];
    const info = (message: string): void => {
      const [, address] = /agents connect to ws:\/\/(\S+)/.exec(message) ?? [];
      if (address !== undefined) listens.push(address);
    };
    const starting = startController(lab.settings(), { ...silentLogger, info }, { openHost });
    await eventually(() => expect(listens).to.have.length(1));
    const [listen = ''] = listens;
    const tcp = connect(Number(listen.split(':').at(-1)), '127.0.0.1');
    await once(tcp, 'connect');
    const headers = { authorization: `Bearer ${token}` };
    const options = { headers, createConnection: () => tcp };
    const agent = new WebSocket(`ws://${listen}${agentsPath}`, [subprotocol], options);
    const opened = once(agent, 'open').then(() => isKnown);
    // Meanwhile connections come and go, so the controller has read the request.
    for (let n = 0; n < 5; n += 1) {
      const other = connect(Number(listen.split(':').at(-1)), '127.0.0.1').end();
      await once(other.resume(), 'close');
    }
    isKnown = true;
    letRead();
    lab.controller = await starting;
    expect(await opened).to.equal(true);
    agent.terminate();
  });
});
