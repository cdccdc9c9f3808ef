/** The events of one night of a real agent, over its socket. */
import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createEventFiles } from '../../../../agent/adapters/state-directory/event-files.ts';
import { createRoutes } from '../../../../agent/api/routes.ts';
import type { EventStore } from '../../../../agent/ports/storage/event-store.ts';
import type { RunningAgent } from '../../../../agent/app/create-agent.ts';
import { createUnixHttpClient, type UnixHttpClient } from '../../../../runtime/http/unix-client.ts';
import { createRequestListener } from '../../../../runtime/http/server.ts';
import { silentLogger, type LogFields, type Logger } from '../../../../runtime/log/logger.ts';
import { listenOnSocket } from '../../../../runtime/http/unix-socket.ts';
import type { EventList } from '../../../../schemas/generated/agent-api/event-list.ts';
import type { LoggedEvent } from '../../../../schemas/generated/logged-event.ts';
import { agentOn } from '../../../support/agents/agent-on.ts';
import { failure } from '../../../support/failure.ts';
import { createMemoryDatastore } from '../../../support/twins/memory-datastore.ts';
import { closeAtOnce } from '../../../../runtime/http/bounded-server.ts';

const config =
  'global-as-number: 65001\nglobal-bgp-peers: [{address: 10.0.0.1, as-number: 65000}]\n';

describe('the events of an agent', () => {
  let folder: string;
  let agent: RunningAgent;
  let server: http.Server;
  let client: UnixHttpClient;
  let audits: LogFields[];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-events-'));
    audits = [];
    const note: Logger['info'] = (message, fields) => {
      if (message === 'audit' && fields !== undefined) audits.push(fields);
    };
    const logger = { ...silentLogger, info: note, warn: note };
    agent = agentOn({ folder, datastore: createMemoryDatastore(), logger, eventStore: store() });
    const routes = createRoutes({
      status: agent.readings.status,
      ready: () => Promise.resolve(agent),
    });
    server = http.createServer(
      createRequestListener(routes, { access: 'write', logger: silentLogger }),
    );
    const socket = path.join(folder, 'agent.sock');
    await listenOnSocket(server, socket, { mode: 0o660 });
    client = createUnixHttpClient(socket, { startHint: 'this test' });
    await agent.start();
  });
  afterEach(async () => {
    await agent.stop();
    await closeAtOnce(server);
    await rm(folder, { recursive: true });
  });

  const store = (): EventStore => createEventFiles(folder, silentLogger);
  const events = async (query = ''): Promise<EventList> => {
    const answer: EventList = JSON.parse(
      (await client.request({ method: 'GET', path: `/v1/events${query}` })).body,
    );
    return answer;
  };
  const apply = (text = config): Promise<unknown> =>
    client.request({
      method: 'PUT',
      path: '/v1/config?wait=10&by=alice@node-0',
      body: text,
      mediaType: 'application/yaml',
    });
  const kinds = (list: EventList): readonly string[] => list.events.map(({ kind }) => kind);

  it('follow a change from its request to its end', async () => {
    await apply();
    const list = await events();
    expect(kinds(list)).to.include.members([
      'started',
      'change-asked',
      'accepted',
      'step-begun',
      'step-done',
      'applied',
      'confirmed',
    ]);
    const confirmed = list.events.find(({ kind }) => kind === 'confirmed');
    expect(confirmed?.revision).to.include({ lineage: 'local:node-0', number: 1 });
  });

  it('name for each change the process and user from the kernel, and the claimed name', async () => {
    await apply();
    const hold = { method: 'PUT', path: '/v1/hold?by=bob@elsewhere', body: '{"why":"by hand"}' };
    await client.request({ ...hold, method: 'PUT' });
    await client.request({ method: 'DELETE', path: '/v1/hold' });
    const asked = (await events()).events.filter(({ kind }) => kind === 'change-asked');
    const ids = { entrance: 'agent.sock', uid: process.getuid?.(), pid: process.pid };
    expect(asked.map(({ action, who, outcome }) => [action, who, outcome])).to.deep.equal([
      ['apply', { ...ids, claimed: 'alice@node-0' }, 'done'],
      ['hold', { ...ids, claimed: 'bob@elsewhere' }, 'done'],
      ['release-hold', ids, 'done'],
    ]);
    expect(asked[1]?.text).to.equal(
      `hold by bob@elsewhere (as the client says), agent.sock, uid ${ids.uid ?? ''}, pid ${ids.pid} was done`,
    );
    expect(audits.map(({ action, outcome, pid }) => [action, outcome, pid])).to.deep.equal([
      ['apply', 'done', process.pid],
      ['hold', 'done', process.pid],
      ['release-hold', 'done', process.pid],
    ]);
  });

  it('report a refused change with its reason, and nothing about an unchanged configuration', async () => {
    await failure(apply('global-as-number: abc'));
    await apply();
    await apply();
    const asked = (await events()).events.filter(({ kind }) => kind === 'change-asked');
    expect(asked.map(({ outcome }) => outcome)).to.deep.equal(['refused', 'done']);
    expect(asked[0]?.text).to.match(/^apply by alice@node-0 .* was refused: /);
  });

  it('name the controller when it changed something', async () => {
    await agent.offers.offer({
      source: 'controller',
      lineage: 'controller:default',
      number: 1,
      mediaType: 'application/yaml',
      text: config,
      by: 'carol@control',
    });
    const asked = (await events()).events.find(({ kind }) => kind === 'change-asked');
    expect(asked?.who).to.deep.equal({ entrance: 'controller', claimed: 'carol@control' });
  });

  it('answer a waiting client with the next event, and no other client', async () => {
    const { last } = await events();
    const waiting = events(`?after=${last}&wait=20`);
    await apply();
    expect((await waiting).events[0]?.id).to.equal(last + 1);
    expect((await events('?after=999999&wait=1')).events).to.have.length.greaterThan(0);
  });

  it('are limited to those since a time', async () => {
    await apply();
    expect((await events('?since=2999-01-01T00:00:00Z')).events).to.deep.equal([]);
    expect((await failure(events('?since=yesterday'))).message).to.contain(
      'since has to be a time as 2026-01-31T03:00:00Z',
    );
  });

  it('survive a restart of the agent', async () => {
    await apply();
    await agent.stop();
    const other = agentOn({ folder, datastore: createMemoryDatastore(), eventStore: store() });
    await other.start();
    const told = other.eventLog.after(0).map(({ kind }: LoggedEvent) => kind);
    expect(told.indexOf('stopped')).to.be.greaterThan(told.indexOf('confirmed'));
    expect(told.lastIndexOf('started')).to.be.greaterThan(told.indexOf('stopped'));
    expect(told.filter((kind) => kind === 'accepted')).to.have.length(1);
    await other.stop();
  });

  it('answer at once when too many clients follow', async () => {
    const { last } = await events();
    const followers = Array.from({ length: 16 }, () => events(`?after=${last}&wait=20`));
    const one = await events(`?after=${last}&wait=20`);
    expect(one.events).to.deep.equal([]);
    await apply();
    await Promise.all(followers);
  });
});
