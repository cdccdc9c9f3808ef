/**
 * The longest messages of a controller, an agent and a hook: none of them holds up the event loop.
 */
import { expect } from 'chai';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WebSocket } from 'ws';
import { createUnixHttpClient } from '../../runtime/http/unix-client.ts';
import { eventually } from '../support/eventually.ts';
import * as attackers from './attackers/hostile-controller.ts';
import { watchTurns, type Turns } from './processes/turns.ts';
import { startVictim, type Victim } from './processes/victim.ts';

const longestTurnMs = 50;
const token = 'a-token-for-tests-only';
const config = {
  type: 'config',
  lineage: 'controller:default',
  number: 1,
  digest: `sha256:${'0'.repeat(64)}`,
  mediaType: 'application/yaml',
  by: 'nobody',
};
/** JSON.parse makes an object of its own form of each: the slowest values for their bytes. */
const distinct = (count: number): unknown =>
  Array.from({ length: count }, (_one, n) => ({ [`k${String(n)}`]: 1 }));

describe('the event loop and the longest messages', function () {
  this.timeout(60_000);
  let folder: string;
  let turns: Turns;
  let victim: Victim | undefined;
  const at = (name: string): string => path.join(folder, name);

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-long-'));
    turns = watchTurns(at('turns'));
    await writeFile(at('token'), token, { mode: 0o600 });
  });
  afterEach(async () => {
    await victim?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const startAgent = async (controller?: string): Promise<Victim> => {
    const settings = {
      apiVersion: 'calico-agent/v1',
      kind: 'AgentConfig',
      node: { name: 'node-0', addresses: ['10.0.0.2/24'] },
      stateDirectory: at('state'),
      socket: at('agent.sock'),
      statusSocket: at('status.sock'),
      ...(controller !== undefined && { controller: { url: controller, tokenFile: at('token') } }),
    };
    await writeFile(at('agent.yaml'), JSON.stringify(settings));
    const argv = ['run', '--config', at('agent.yaml')];
    victim = await startVictim('calico-agent', argv, at('agent.sock'), turns.environment);
    return victim;
  };

  const messages: readonly (readonly [what: string, text: () => string])[] = [
    ['a text full of escapes', () => JSON.stringify({ ...config, text: '"'.repeat(1_000_000) })],
    ['a text of backslashes', () => JSON.stringify({ ...config, text: '\\'.repeat(1_000_000) })],
    ['values without end', () => JSON.stringify({ ...config, more: distinct(45_000) })],
    ['a status', () => JSON.stringify({ type: 'status', changed: { a: distinct(45_000) } })],
  ];
  for (const [what, text] of messages) {
    it(`of a controller take an agent less than ${String(longestTurnMs)} ms in one turn: ${what}`, async () => {
      const message = text();
      let open: WebSocket | undefined;
      const controller = await attackers.toEach((socket) => {
        open = socket;
        return () => undefined;
      });
      try {
        const agent = await startAgent(controller.url);
        await eventually(() => expect(open).to.not.equal(undefined));
        // The turns of the start, with the connection's own parts, do not count.
        await turns.longest();
        open?.send(message);
        await agent.status(at('agent.sock'));
        expect(await turns.longest()).to.be.lessThan(longestTurnMs);
      } finally {
        controller.close();
      }
    });
  }

  it('of a hook take an agent no longer', async () => {
    await startAgent();
    const client = createUnixHttpClient(at('agent.sock'), { startHint: '' });
    const ask = (network: unknown): Promise<unknown> => {
      const body = JSON.stringify({ hook: 'config-changed', unit: 'calico-agent/0', network });
      const request = { method: 'POST', path: '/v1/hooks', mediaType: 'application/json', body };
      return client.request({ ...request, method: 'POST', timeoutMs: 30_000 });
    };
    await ask(null).catch(() => undefined);
    await turns.longest();
    await ask(distinct(120_000)).catch(() => undefined);
    expect(await turns.longest()).to.be.lessThan(longestTurnMs);
  });

  it('of an agent take a controller no longer', async () => {
    const files = ['--token-file', at('token'), '--state-directory', at('state')];
    const argv = ['serve', ...files, '--socket', at('a.sock'), '--listen', '127.0.0.1:0'];
    victim = await startVictim('calico-controller', argv, at('a.sock'), turns.environment);
    const { listen }: { listen: string } = JSON.parse((await victim.status(at('a.sock'))).body);
    const headers = { authorization: `Bearer ${token}` };
    const join = async (): Promise<WebSocket> => {
      const socket = new WebSocket(`ws://${listen}/v1/agents`, ['calico-agent.v1'], { headers });
      socket.on('error', () => undefined);
      await once(socket, 'open');
      return socket;
    };
    const first = await join();
    first.send('{"type":"status","changed":{}}');
    await once(first, 'close');
    await turns.longest();
    for (const count of [9000, 120_000]) {
      const socket = await join();
      socket.send(JSON.stringify({ type: 'status', changed: { a: distinct(count) } }));
      await once(socket, 'close');
    }
    expect(await turns.longest()).to.be.lessThan(longestTurnMs);
  });
});
