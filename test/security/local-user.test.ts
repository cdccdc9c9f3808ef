import { expect } from 'chai';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createUnixHttpClient } from '../../runtime/http/unix-client.ts';
import {
  askAndLeave,
  askWithoutReading,
  bodiesThatNeverEnd,
  changeWithoutRights,
  connectWithoutEnd,
  idleConnections,
  pipeline,
  slowHeads,
  type Attack,
} from './attackers/local-user.ts';
import { eventually } from '../support/eventually.ts';
import { passed, slowestStatus, startVictim, type Victim } from './processes/victim.ts';

/** Below MemoryMax of systemd/calico-agent.service. */
const memoryMegabytes = 256;

describe('an agent under attack by a user of the machine', function () {
  this.timeout(60_000);
  let folder: string;
  let agent: Victim;
  const at = (name: string): string => path.join(folder, name);

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-attack-'));
    const settings = {
      apiVersion: 'calico-agent/v1',
      kind: 'AgentConfig',
      node: { name: 'node-0', addresses: ['10.0.0.2/24'] },
      stateDirectory: at('state'),
      socket: at('agent.sock'),
      statusSocket: at('status.sock'),
    };
    await writeFile(at('agent.yaml'), JSON.stringify(settings));
    agent = await startVictim(
      'calico-agent',
      ['run', '--config', at('agent.yaml')],
      at('agent.sock'),
    );
    await createUnixHttpClient(at('agent.sock'), { startHint: '' }).request({
      method: 'PUT',
      path: '/v1/config?wait=10',
      body: largeConfig(),
      mediaType: 'application/yaml',
    });
  });
  after(async () => {
    await agent.stop();
    await rm(folder, { recursive: true, force: true });
  });

  interface Case {
    readonly what: string;
    /** Its only line in the log. */
    readonly line?: RegExp;
    readonly forMs?: number;
    readonly attack: (socket: string) => Attack | Promise<Attack>;
  }
  const cases: readonly Case[] = [
    {
      what: '1,600 requests on one connection',
      line: /requests without reading the answers/,
      attack: (socket) => pipeline(socket, '/v1/config', 1600),
    },
    {
      what: 'one connection that sends requests without end',
      line: /requests without reading the answers/,
      attack: (socket) => pipeline(socket, '/v1/status', 500_000),
    },
    {
      what: '300 bodies that never end',
      line: /too many connections/,
      attack: (socket) => bodiesThatNeverEnd(socket, '/v1/check', { count: 300, bytes: 1_000_000 }),
    },
    {
      what: '300 times the history at once, unread',
      line: /too many connections/,
      attack: (socket) => askWithoutReading(socket, '/v1/revisions', 300),
    },
    {
      what: '300 times the configuration at once, unread',
      line: /too many connections/,
      attack: (socket) => askWithoutReading(socket, '/v1/config', 300),
    },
    {
      what: '300 clients that follow the events, unread',
      line: /too many connections/,
      attack: (socket) => askWithoutReading(socket, '/v1/events?after=0&wait=60', 300),
    },
    {
      what: 'floods of requests to confirm a change',
      line: /too many connections/,
      attack: (socket) => changeWithoutRights(socket, '/v1/confirm', 100),
    },
    {
      what: 'floods of requests to roll a change back',
      line: /too many connections/,
      attack: (socket) => changeWithoutRights(socket, '/v1/rollback', 100),
    },
    {
      what: 'answers that are never read',
      line: /answers that are not read/,
      forMs: 8000,
      attack: (socket) => askWithoutReading(socket, '/v1/config', 20),
    },
    {
      what: '1,000 questions by clients that leave before the answer',
      attack: (socket) => askAndLeave(socket, '/v1/config', 1000),
    },
    {
      what: '1,000 connections that say nothing',
      line: /too many connections/,
      attack: (socket) => idleConnections(socket, 1000),
    },
    {
      what: '30 heads that never end',
      line: /a request that does not end/,
      forMs: 5000,
      attack: (socket) => slowHeads(socket, 30),
    },
    {
      what: 'connections without end',
      line: /too many connections/,
      attack: (socket) => connectWithoutEnd(socket, 200),
    },
  ];

  for (const { what, line, forMs = 2000, attack } of cases) {
    it(`answers root at once, keeps its memory, and loses nothing: ${what}`, async () => {
      const before = (await agent.status(at('agent.sock'))).body;
      const standing = await attack(at('status.sock'));
      const slowest = await slowestStatus(agent, at('agent.sock'), passed(forMs));
      standing.stop();
      expect(slowest, 'ms for the slowest status').to.be.below(1000);
      expect(await agent.peakMegabytes(), 'MB at most').to.be.below(memoryMegabytes);
      await eventually(async () => {
        expect((await agent.status(at('status.sock'))).body).to.equal(before);
      });
      if (line !== undefined) {
        expect(agent.log.filter((logged) => line.test(logged))).to.have.length(1);
      }
    });
  }

  for (const what of ['confirm', 'rollback', 'hooks', 'check', 'plan']) {
    it(`refuses POST /v1/${what} of a user without rights, whatever it says`, async () => {
      const client = createUnixHttpClient(at('status.sock'), { startHint: '' });
      const before = (await agent.status(at('agent.sock'))).body;
      for (const body of ['', '{}', '[', 'x'.repeat(10_000)]) {
        const request = {
          method: 'POST',
          path: `/v1/${what}`,
          body,
          mediaType: 'application/json',
        } as const;
        const error: unknown = await client.request(request).catch((reason: unknown) => reason);
        expect(Reflect.get(Object(error), 'code'), String(error)).to.equal('access-denied');
      }
      expect((await agent.status(at('agent.sock'))).body).to.equal(before);
    });
  }

  it('serves other users as well once the connections of one are silent', async () => {
    const standing = await idleConnections(at('status.sock'), 1000);
    expect(await slowestStatus(agent, at('status.sock'), passed(500))).to.be.below(1000);
    standing.stop();
  });
});

/** 900 KB of text without any meaning. */
function largeConfig(): string {
  const comment = `# ${'x'.repeat(97)}\n`;
  return `${comment.repeat(9000)}global-as-number: 64512\n`;
}
