/** Agents with the shared token that come before the gate of their endpoint is open. */
import { expect } from 'chai';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import { serveAgents, type AgentsServer } from '../../../controller/channel/agents-server.ts';
import { createClientAddresses } from '../../../controller/channel/relay/client-addresses.ts';
import { agentsPath, subprotocol } from '../../../core/protocol/messages.ts';
import { createGate, type Gate } from '../../../runtime/pacing/gate.ts';
import { createTurns } from '../../../runtime/pacing/spread.ts';
import { eventually } from '../../support/eventually.ts';

const patientMs = 120_000;

describe('agents that are let in as soon as the stored state is known', function () {
  this.timeout(60_000);
  let server: AgentsServer | undefined;
  let gate: Gate;
  /** Requests that were judged, and agents that are connected. */
  let judged: number;
  let entered: WebSocket[];
  let heard: string[];

  async function serve(limits: { readonly max: number; readonly ms: number }): Promise<number> {
    const turns = createTurns();
    [gate, judged, entered, heard] = [createGate(turns), 0, [], []];
    server = await serveAgents({
      address: { host: '127.0.0.1', port: 0 },
      admit: () => {
        judged += 1;
        return { ok: true };
      },
      isAwaited: ({ headers }) => headers.authorization !== undefined,
      maxAgents: 10,
      maxAgentsPerAddress: 10,
      maxHalfBytes: 1024,
      strangers: limits,
      turns,
      gate,
      clients: createClientAddresses(),
      refused: () => undefined,
      connected: (agent) => {
        entered.push(agent);
        agent.on('message', (data) => {
          if (Buffer.isBuffer(data)) heard.push(data.toString());
        });
      },
    });
    return server.address.port;
  }
  afterEach(async () => {
    for (const agent of entered) agent.terminate();
    await server?.close();
    server = undefined;
  });

  const urlOf = (port: number): string => `ws://127.0.0.1:${String(port)}${agentsPath}`;
  const dial = (port: number): WebSocket =>
    new WebSocket(urlOf(port), [subprotocol], { headers: { authorization: 'Bearer a' } }).on(
      'error',
      () => undefined,
    );
  /** Its request, without a client that waits for the answer. */
  const ask = (port: number): Socket =>
    connect(port, '127.0.0.1')
      .setNoDelay()
      .on('error', () => undefined)
      .resume();
  /** Also after an error, which a reset connection has. */
  const closeOf = (agent: WebSocket | Socket): Promise<void> =>
    new Promise((resolve) => void agent.once('close', () => resolve()));
  const request = [
    `GET ${agentsPath} HTTP/1.1`,
    'Host: a',
    'Connection: upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    `Sec-WebSocket-Protocol: ${subprotocol}`,
    'Authorization: Bearer a',
    '\r\n',
  ].join('\r\n');

  it('wait there in any number, and get their answer when it opens', async () => {
    const port = await serve({ max: 2, ms: patientMs });
    const agents: WebSocket[] = [];
    const opened: Promise<void>[] = [];
    for (let n = 1; n <= 6; n += 1) {
      const agent = dial(port);
      agents.push(agent);
      opened.push(once(agent, 'open').then(() => agent.send('hello')));
      // One after the other, because a connection without its request is a stranger, of whom few may wait.
      await eventually(() => expect(judged).to.equal(n));
    }
    expect([entered.length, agents.map(({ readyState }) => readyState)]).to.deep.equal([
      0,
      agents.map(() => WebSocket.CONNECTING),
    ]);
    gate.open();
    await Promise.all(opened);
    await eventually(() => expect(heard).to.deep.equal(agents.map(() => 'hello')));
    expect(entered).to.have.length(6);
  });

  it('are ended where they send more than their request', async () => {
    const port = await serve({ max: 2, ms: patientMs });
    const agent = ask(port);
    agent.write(request);
    await eventually(() => expect(judged).to.equal(1));
    const closed = closeOf(agent);
    agent.write('more');
    await closed;
    gate.open();
    expect([agent.bytesRead, entered.length]).to.deep.equal([0, 0]);
  });

  it('are ended when that takes too long', async () => {
    const port = await serve({ max: 2, ms: 100 });
    const agent = ask(port);
    const closed = closeOf(agent);
    agent.write(request);
    await closed;
    expect(agent.bytesRead).to.equal(0);
  });

  it('are refused where their request is no WebSocket handshake', async () => {
    const port = await serve({ max: 2, ms: patientMs });
    const agent = ask(port);
    let answer = '';
    agent.on('data', (bytes: Buffer) => (answer += bytes.toString('latin1')));
    const closed = closeOf(agent);
    agent.write(request.replace(/Sec-WebSocket-Key: \S+/, 'Sec-WebSocket-Key: short'));
    await closed;
    gate.open();
    expect(answer).to.match(/^HTTP\/1\.1 400 /);
    expect(entered).to.deep.equal([]);
  });

  it('do not keep the endpoint from its end', async () => {
    const port = await serve({ max: 2, ms: patientMs });
    const agent = dial(port);
    const closed = closeOf(agent);
    await eventually(() => expect(judged).to.equal(1));
    await server?.close();
    await closed;
    expect(entered).to.deep.equal([]);
  });
});
