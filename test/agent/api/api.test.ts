/** The routes and their description in schemas/ agree: every answer matches the document. */
import { expect } from 'chai';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { createRoutes } from '../../../agent/api/routes.ts';
import type { RunningAgent } from '../../../agent/app/create-agent.ts';
import { createRequestListener } from '../../../runtime/http/server.ts';
import { silentLogger } from '../../../runtime/log/logger.ts';
import { listenOnSocket } from '../../../runtime/http/unix-socket.ts';
import { agentOn } from '../../support/agents/agent-on.ts';
import {
  describedQueries,
  forMonitors,
  knownIn,
  type DescribedQueries,
} from '../../support/described-query.ts';
import { createScriptedCluster, type ScriptedCluster } from './scripted-cluster.ts';
import { createMemoryDatastore } from '../../support/twins/memory-datastore.ts';
import { closeAtOnce } from '../../../runtime/http/bounded-server.ts';

type Json = Readonly<Record<string, unknown>>;

interface Operation {
  readonly 'x-access': 'read' | 'write';
  readonly responses: Readonly<Record<string, Json>>;
}
interface Description extends DescribedQueries {
  readonly paths: DescribedQueries['paths'] &
    Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Answer {
  readonly status: number;
  readonly mediaType: string;
  readonly text: string;
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly mediaType?: string;
  readonly accept?: string;
}

const base = 'https://schemas/';
const document = `${base}calico-agent/openapi`;
const config = `
global-as-number: 65001
node-to-node-mesh: false
cidr: 10.1.0.0/16,fd00:10::/48
manage-pools: true
unit-as-numbers: {0: 65010}
route-reflector-cluster-ids: {0: 224.0.0.1}
global-bgp-peers: [{address: 10.0.0.1, as-number: 65000}, {address: "2001:db8::1", as-number: 4200000000}]
`;

describe('the local API', () => {
  let folder: string;
  let socket: string;
  let agent: RunningAgent;
  let cluster: ScriptedCluster;
  let server: http.Server;
  let description: Description;
  let ajv: Ajv2020;
  const checked = new Set<string>();

  before(async () => {
    const schemas = path.resolve('schemas');
    description = parse(await readFile(path.join(schemas, 'agent-api.openapi.yaml'), 'utf8'));
    ajv = new Ajv2020({ strict: false, allErrors: true });
    for (const name of await readdir(schemas)) {
      if (!name.endsWith('.schema.json')) continue;
      const schema: Json = JSON.parse(await readFile(path.join(schemas, name), 'utf8'));
      ajv.addSchema({
        ...schema,
        $id: `${base}${String(schema['$id'])}`,
        $schema: 'https://json-schema.org/draft/2020-12/schema',
      });
    }
    ajv.addSchema({ ...description, $id: document });
  });

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-api-'));
    socket = path.join(folder, 'agent.sock');
    agent = agentOn({ folder, datastore: createMemoryDatastore() });
    cluster = createScriptedCluster();
    const operations = { ...agent.operations, ...cluster.operations };
    const served = { ...agent, operations, lxd: cluster.lxd };
    const routes = createRoutes({
      status: agent.readings.status,
      ready: () => Promise.resolve(served),
    });
    server = http.createServer(
      createRequestListener(routes, { access: 'write', logger: silentLogger }),
    );
    await listenOnSocket(server, socket, { mode: 0o660 });
    await agent.start();
  });
  afterEach(async () => {
    await agent.stop();
    await closeAtOnce(server);
    await rm(folder, { recursive: true });
  });

  /** Another agent answers from now on. */
  const serve = (other: RunningAgent): void => {
    const routes = createRoutes({
      status: other.readings.status,
      ready: () => Promise.resolve(other),
    });
    server.removeAllListeners('request');
    server.on('request', createRequestListener(routes, { access: 'write', logger: silentLogger }));
  };

  /** Calls, and checks the answer against the description. */
  const call = async (request: Call): Promise<Answer> => {
    const answer = await exchange(socket, request);
    const [route = ''] = request.path.split('?');
    const method = request.method.toLowerCase();
    const status = description.paths[route]?.[method]?.responses[String(answer.status)]
      ? String(answer.status)
      : 'default';
    const place = ['paths', route, method, 'responses', status];
    const response = resolve(description, at(description, place));
    const content = at(response, ['content', answer.mediaType]);
    expect(
      content,
      `${request.method} ${request.path} → ${String(answer.status)} ${answer.mediaType}`,
    ).to.be.an('object');
    const data: unknown = answer.mediaType.endsWith('json') ? JSON.parse(answer.text) : answer.text;
    const pointer = pointerOf(description, [...place], answer.mediaType);
    const isValid = ajv.compile({ $ref: `${document}#${pointer}` });
    expect(
      isValid(data),
      `${answer.text.slice(0, 400)} ${JSON.stringify(isValid.errors?.slice(0, 5))}`,
    ).to.equal(true);
    checked.add(`${request.method} ${route}`);
    return answer;
  };
  const put = (body: string, query = ''): Promise<Answer> =>
    call({ method: 'PUT', path: `/v1/config${query}`, body, mediaType: 'application/yaml' });
  const json = (answer: Answer): Json => JSON.parse(answer.text);

  it('is described completely, with the access of each route', () => {
    const routes = createRoutes({
      status: agent.readings.status,
      ready: () => Promise.resolve(agent),
    });
    const served = routes.map(({ method, path: route, access }) => `${method} ${route} ${access}`);
    const described = Object.entries(description.paths).flatMap(([route, operations]) =>
      Object.entries(operations).map(
        ([method, operation]) => `${method.toUpperCase()} ${route} ${operation['x-access']}`,
      ),
    );
    expect([...served].sort()).to.deep.equal([...described].sort());
  });

  it('refuses a query parameter that is not described, but for monitors', async () => {
    for (const [operation, known] of describedQueries(description)) {
      const [method = '', route = ''] = operation.split(' ');
      const refused = await exchange(socket, { method, path: `${route}?foreign=1` });
      const isIgnored = forMonitors.includes(operation);
      expect(refused.status, operation).to.equal(isIgnored ? 200 : 400);
      if (isIgnored) continue;
      expect(knownIn(String(json(refused)['detail'])), operation).to.deep.equal(known);
    }
  });

  for (const state of [
    'before the first configuration',
    'with a configuration in force',
  ] as const) {
    it(`answers every route as described, ${state}`, async () => {
      if (state === 'with a configuration in force') {
        expect(json(await put(config, '?by=me&wait=10'))).to.deep.include({
          ended: { result: 'confirmed' },
        });
        expect((await call({ method: 'GET', path: '/v1/config' })).status).to.equal(200);
        const plan = json(await call({ method: 'GET', path: '/v1/plan' }));
        expect(plan).to.have.nested.property('plan.steps').with.lengthOf(0);
        const peers = json(await call({ method: 'GET', path: '/v1/peers' }));
        expect(peers).to.include({
          node: 'node-0',
          asNumber: 65010,
          routeReflectorClusterId: '224.0.0.1',
        });
        expect(peers['peers']).to.have.length(2);
        expect(
          json(await call({ method: 'GET', path: '/v1/revisions' }))['revisions'],
        ).to.have.length(1);
      } else {
        expect((await call({ method: 'GET', path: '/v1/config' })).status).to.equal(404);
        expect((await call({ method: 'GET', path: '/v1/plan' })).status).to.equal(404);
        await call({ method: 'GET', path: '/v1/peers' });
        await call({ method: 'GET', path: '/v1/revisions' });
        await put(config);
      }
      for (const route of [
        '/v1/events?after=0&since=2026-01-01T00:00:00Z',
        '/v1/health',
        '/v1/status',
        '/v1/facts',
        '/v1/platform',
        '/v1/resources',
      ]) {
        expect((await call({ method: 'GET', path: route })).status).to.equal(200);
      }
      expect((await call({ method: 'GET', path: '/metrics' })).text).to.contain('# TYPE');
      const yaml = await call({ method: 'GET', path: '/v1/resources', accept: 'application/yaml' });
      expect(yaml.text).to.contain('kind: BGPPeer');
      const body = 'global-as-number: 65002\n';
      const mediaType = 'application/yaml';
      expect((await call({ method: 'POST', path: '/v1/plan', body, mediaType })).status).to.equal(
        200,
      );
      expect((await call({ method: 'POST', path: '/v1/check', body, mediaType })).status).to.equal(
        200,
      );
      const facts = await call({
        method: 'PUT',
        path: '/v1/facts',
        body: '{"leader":true}',
        mediaType: 'application/json',
      });
      expect(json(facts)).to.include({ leader: true, name: 'node-0' });
    });
  }

  const askJson = (method: string, route: string, body?: unknown): Promise<Answer> =>
    call({
      method,
      path: route,
      ...(body === undefined ? {} : { body: JSON.stringify(body), mediaType: 'application/json' }),
    });

  it('shows the drift, and corrects it', async () => {
    const drift = json(await askJson('GET', '/v1/drift'));
    expect(drift).to.have.nested.property('fields[0].by', 'kubectl-edit');
    expect(drift).to.have.nested.property('revision.number', 4);
    expect((await askJson('POST', '/v1/drift/correct')).status).to.equal(200);
    expect(cluster.asked).to.deep.equal([['drift'], ['correctDrift']]);
  });

  it('holds and releases on request, in the name of the client', async () => {
    const why = 'a night by hand';
    const held = json(await askJson('PUT', '/v1/hold?by=alice@node-0', { scope: 'cluster', why }));
    expect(held).to.deep.equal({ scope: 'cluster', by: 'alice@node-0', why });
    expect(json(await askJson('PUT', '/v1/hold', { why }))).to.include({ scope: 'agent' });
    await askJson('DELETE', '/v1/hold');
    expect(cluster.asked).to.deep.equal([
      ['hold', { scope: 'cluster', by: 'alice@node-0', why }],
      ['hold', { scope: 'agent', by: 'local', why }],
      ['releaseHold', 'agent'],
    ]);
    expect((await askJson('DELETE', '/v1/hold?scope=cluster')).status).to.equal(404);
  });

  it('confirms and rolls back, in the name of the client', async () => {
    expect(json(await askJson('POST', '/v1/confirm'))).to.have.nested.property(
      'revision.number',
      4,
    );
    const back = json(await askJson('POST', '/v1/rollback?by=alice@node-0&revision=3'));
    expect(back).to.have.nested.property('to.number', 3);
    expect(cluster.asked).to.deep.equal([
      ['confirm'],
      ['rollback', { by: 'alice@node-0', revision: '3' }],
    ]);
  });

  it('shows a stored revision and its resources, and names one that it does not have', async () => {
    await askJson('PUT', '/v1/config', { 'global-as-number': 65001 });
    const shown = json(await askJson('GET', '/v1/revision?revision=1'));
    expect(shown).to.have.nested.property('summary.number', 1);
    expect(shown).to.have.nested.property('revision.text').that.contains('65001');
    const documents = await askJson('GET', '/v1/revision/resources?revision=1');
    expect(documents.text).to.contain('kind: BGPConfiguration');
    expect((await askJson('GET', '/v1/revision?revision=9')).status).to.equal(404);
    expect((await askJson('GET', '/v1/revision')).status).to.equal(400);
  });

  it('shows objects to adopt and to release, before and after', async () => {
    for (const [method, route] of [
      ['GET', '/v1/adoptable'],
      ['POST', '/v1/adopt'],
      ['GET', '/v1/owned'],
      ['POST', '/v1/release'],
    ] as const) {
      expect(json(await askJson(method, route))['objects']).to.have.length.greaterThan(0);
    }
    expect(cluster.asked).to.deep.equal([['adoptable'], ['adopt'], ['owned'], ['release']]);
  });

  it('lists stale nodes of the cluster or of a given list, and removes one', async () => {
    const living = ['node-0', 'node-1'];
    expect(json(await askJson('GET', '/v1/stale-nodes'))['nodes']).to.have.length(2);
    await askJson('POST', '/v1/stale-nodes', { living });
    const removed = await askJson('POST', '/v1/stale-nodes/remove', { name: 'node-9' });
    expect(json(removed)).to.deep.equal({ removed: 'node-9' });
    await askJson('POST', '/v1/stale-nodes/remove', { name: 'node-9', force: true, living });
    expect(cluster.asked).to.deep.equal([
      ['staleNodes'],
      ['staleNodes', living],
      ['removeStaleNode', 'node-9', { force: false }],
      ['removeStaleNode', 'node-9', { force: true, living }],
    ]);
  });

  it('shows LXD on this machine, and restarts containers', async () => {
    const lxd = json(await askJson('GET', '/v1/lxd'));
    expect(lxd).to.have.nested.property('containers[0].needsRestart', true);
    const report = json(await askJson('POST', '/v1/lxd/restart', { containers: ['juju-0'] }));
    expect(report).to.have.nested.property('restarted[0].name', 'juju-0');
    await askJson('POST', '/v1/lxd/restart', {});
    expect(cluster.asked).to.deep.equal([
      ['lxd'],
      ['restartContainers', ['juju-0']],
      ['restartContainers', []],
    ]);
    expect((await askJson('POST', '/v1/lxd/restart', { containers: [7] })).status).to.equal(400);
    serve(agent);
    expect((await askJson('GET', '/v1/lxd')).status).to.equal(404);
  });

  it('exports the cluster as YAML, or as JSON with everything that it could not express', async () => {
    const yaml = await call({ method: 'GET', path: '/v1/export', accept: 'application/yaml' });
    expect(yaml.text).to.equal('kind: NetworkConfig\n');
    expect(json(await askJson('GET', '/v1/export'))).to.have.nested.property(
      'issues[0].code',
      'not-exported',
    );
  });

  it('answers a hook as text for its shell, or as JSON', async () => {
    const hook = { hook: 'config-changed', unit: 'calico-agent/3', leader: true };
    const route = '/v1/hooks?wait=10';
    const request = { ...hook, config: { 'global-as-number': 65003, 'node-to-node-mesh': true } };
    const text = await askJson('POST', route, request);
    expect(text.text).to.match(/^status active revision 1, AS 65003, 0 peers\n/);
    const body = JSON.stringify(request);
    const accept = 'application/json';
    const answer = json(await call({ ...sent('POST', route, body), accept }));
    expect(answer).to.deep.include({ restart: false, publish: [] });
    expect(answer).to.have.nested.property('applicationStatus.word', 'active');
  });

  it('answers as described with the real agent behind it', async () => {
    serve(agent);
    await put(config, '?wait=10');
    expect(json(await askJson('GET', '/v1/drift'))['fields']).to.deep.equal([]);
    await askJson('PUT', '/v1/hold?by=me', { why: 'a night by hand' });
    const refused = await askJson('POST', '/v1/adopt');
    expect([refused.status, json(refused)['code']]).to.deep.equal([409, 'held']);
    expect(json(await askJson('GET', '/v1/status'))).to.have.nested.property('hold.by', 'me');
    await askJson('DELETE', '/v1/hold');
    for (const route of ['/v1/adoptable', '/v1/stale-nodes', '/v1/export']) {
      expect((await askJson('GET', route)).status).to.equal(200);
    }
    expect((await askJson('POST', '/v1/stale-nodes/remove', { name: 'x' })).status).to.equal(404);
    const owned = json(await askJson('GET', '/v1/owned'))['objects'];
    expect(owned).to.have.length.greaterThan(0);
    expect(json(await askJson('POST', '/v1/release'))['objects']).to.deep.equal(owned);
    expect(json(await askJson('GET', '/v1/owned'))['objects']).to.deep.equal([]);
  });

  it('has a check of every route', () => {
    const routes = createRoutes({
      status: agent.readings.status,
      ready: () => Promise.resolve(agent),
    });
    expect([...checked].sort()).to.deep.equal(
      routes.map(({ method, path: route }) => `${method} ${route}`).sort(),
    );
  });

  const refusals: readonly [string, () => Call, number, string][] = [
    ['a configuration with errors', () => offer('global-as-number: abc'), 422, 'invalid-config'],
    [
      'a plan of one with errors',
      () => ({ ...offer('a: [b'), method: 'POST', path: '/v1/plan' }),
      422,
      'invalid-config',
    ],
    ['a source that is none', () => offer(config, '?source=me'), 400, 'bad-request'],
    [
      'a hook that does not say its application',
      () => offer(config, '?source=juju'),
      400,
      'bad-request',
    ],
    ['a time that is none', () => offer(config, '?wait=-1'), 400, 'bad-request'],
    ['a flag that is none', () => offer(config, '?retry=yes'), 400, 'bad-request'],
    ['more than 1 MiB', () => offer(`# ${'x'.repeat(1024 * 1024)}`), 413, 'payload-too-large'],
    [
      'another media type',
      () => ({ ...offer(config), mediaType: 'text/html' }),
      415,
      'unsupported-media-type',
    ],
    ['a hold without a reason', () => sent('PUT', '/v1/hold', '{"why":" "}'), 400, 'bad-request'],
    [
      'a hold of another scope',
      () => sent('PUT', '/v1/hold', '{"why":"x","scope":"world"}'),
      400,
      'bad-request',
    ],
    ['a hold that is no JSON', () => sent('PUT', '/v1/hold', 'why: x'), 400, 'bad-request'],
    [
      'a field that nobody knows',
      () => sent('PUT', '/v1/hold', '{"why":"x","by":"me"}'),
      400,
      'bad-request',
    ],
    [
      'a release of another scope',
      () => ({ method: 'DELETE', path: '/v1/hold?scope=x' }),
      400,
      'bad-request',
    ],
    [
      'a list of nodes that is empty',
      () => sent('POST', '/v1/stale-nodes', '{"living":[]}'),
      400,
      'bad-request',
    ],
    [
      'a node without a name',
      () => sent('POST', '/v1/stale-nodes/remove', '{"name":""}'),
      400,
      'bad-request',
    ],
    [
      'force that is no flag',
      () => sent('POST', '/v1/stale-nodes/remove', '{"name":"a","force":"yes"}'),
      400,
      'bad-request',
    ],
    ['a hook of no unit', () => sent('POST', '/v1/hooks', '{"hook":"start"}'), 400, 'bad-request'],
    [
      'a hook with what nobody knows',
      () => sent('POST', '/v1/hooks', '{"hook":"start","unit":"a/0","x":1}'),
      400,
      'bad-request',
    ],
    ['facts of another form', () => putFacts('{"unit":"calico"}'), 422, 'invalid-facts'],
    ['facts that are no JSON', () => putFacts('{'), 422, 'invalid-facts'],
    [
      'facts with an address that is none',
      () => putFacts('{"addresses":["10.0.0.300/24"]}'),
      422,
      'invalid-facts',
    ],
  ];
  for (const [what, request, status, code] of refusals) {
    it(`refuses ${what}: ${String(status)} ${code}`, async () => {
      const answer = await call(request());
      expect(answer.status).to.equal(status);
      expect(json(answer)).to.include({ code });
      if (status === 422) expect(json(answer)['issues']).to.have.length.greaterThan(0);
    });
  }

  it('refuses another source until that takes over', async () => {
    await put(config, '?wait=10');
    const refused = await put(config, '?source=juju&application=calico');
    expect([refused.status, json(refused)['code']]).to.deep.equal([409, 'source-not-permitted']);
    const taken = json(await put(config, '?source=juju&application=calico&take-over=true&wait=10'));
    expect(taken).to.have.nested.property('revision.lineage', 'juju:calico');
    expect(json(await call({ method: 'GET', path: '/v1/status' }))).to.include({ source: 'juju' });
  });

  it('answers in time with the progress when waiting takes too long', async () => {
    const slow = createMemoryDatastore();
    const stuck = agentOn({ folder: path.join(folder, 'slow'), datastore: slow });
    let release = (): void => undefined;
    slow.meddle.write = () =>
      new Promise((written) => {
        release = written;
      });
    await stuck.start();
    serve(stuck);
    const answer = json(await put(config, '?wait=0.05'));
    expect(answer).to.include({ result: 'accepted' }).and.to.not.have.property('ended');
    slow.meddle.write = (write) => write();
    release();
    await stuck.stop();
  });
});

function offer(body: string, query = ''): Call {
  return { method: 'PUT', path: `/v1/config${query}`, body, mediaType: 'application/yaml' };
}

function putFacts(text: string): Call {
  return sent('PUT', '/v1/facts', text);
}

function sent(method: string, route: string, text: string): Call {
  return { method, path: route, body: text, mediaType: 'application/json' };
}

function exchange(
  socketPath: string,
  { method, path: route, body, mediaType, accept }: Call,
): Promise<Answer> {
  return new Promise((settle, reject) => {
    const headers = {
      ...(mediaType === undefined ? {} : { 'content-type': mediaType }),
      ...(accept === undefined ? {} : { accept }),
    };
    const request = http.request({ socketPath, method, path: route, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => void chunks.push(chunk));
      response.on('end', () => {
        const answer = {
          status: response.statusCode ?? 0,
          mediaType: response.headers['content-type'] ?? '',
          text: Buffer.concat(chunks).toString(),
        };
        // Only after the whole body is sent: the server discards a body that it refused to read.
        if (request.writableFinished) settle(answer);
        else request.once('finish', () => settle(answer));
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

function at(value: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>(
    (current, key) =>
      typeof current === 'object' && current !== null ? Reflect.get(current, key) : undefined,
    value,
  );
}

/** A response may be a reference to a shared one. */
function resolve(description: Description, value: unknown): unknown {
  const reference = at(value, ['$ref']);
  return typeof reference === 'string' ? at(description, reference.slice(2).split('/')) : value;
}

function pointerOf(description: Description, place: readonly string[], mediaType: string): string {
  const reference = at(at(description, place), ['$ref']);
  const response = typeof reference === 'string' ? reference.slice(2).split('/') : place;
  const tokens = [...response, 'content', mediaType, 'schema'];
  return tokens
    .map((token) => `/${encodeURIComponent(token.replaceAll('~', '~0').replaceAll('/', '~1'))}`)
    .join('');
}
