/** The routes and their description in schemas/ agree: every answer matches the document. */
import { expect } from 'chai';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import type { NewTokenAnswer } from '../../controller/api/people/access-routes.ts';
import type { SnapshotAnswer } from '../../controller/api/backup-routes.ts';
import type { RolloutAnswer } from '../../controller/api/rollout-routes.ts';
import { createUnixHttpClient, type ClientRequest } from '../../runtime/http/unix-client.ts';
import {
  describedQueries,
  forMonitors,
  knownIn,
  type DescribedQueries,
} from '../support/described-query.ts';
import { eventually } from '../support/eventually.ts';
import { failure } from '../support/failure.ts';
import { MemoryAgent } from '../support/twins/memory-agent.ts';
import { makeAuthority } from '../../controller/adapters/authority/make-authority.ts';
import { configWith, Lab } from './running.ts';

const base = 'https://schemas/';
const document = `${base}calico-agent/openapi`;

async function readDescription(): Promise<{
  readonly ajv: Ajv2020;
  readonly description: DescribedQueries;
}> {
  const folder = path.resolve('schemas');
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.schema.json')) continue;
    const schema: object & { readonly $id: string } = JSON.parse(
      await readFile(path.join(folder, name), 'utf8'),
    );
    const $schema = 'https://json-schema.org/draft/2020-12/schema';
    ajv.addSchema({ ...schema, $id: `${base}${schema.$id}`, $schema });
  }
  const description: DescribedQueries = parse(
    await readFile(path.join(folder, 'controller-api.openapi.yaml'), 'utf8'),
  );
  ajv.addSchema({ ...description, $id: document });
  return { ajv, description };
}

const methods = ['GET', 'PUT', 'POST', 'DELETE'] as const;

describe("the controller's API", () => {
  const called = new Set<string>();
  let lab: Lab;
  let ajv: Ajv2020;
  let description: DescribedQueries;

  before(async () => {
    ({ ajv, description } = await readDescription());
    lab = await Lab.make();
    const folder = path.join(lab.folder, 'source');
    await mkdir(folder);
    await writeFile(path.join(folder, 'default.yaml'), configWith(64_515));
    const own = path.join(lab.folder, 'authority');
    await makeAuthority({ folder: own, cluster: 'default', names: ['127.0.0.1'], now: Date.now() });
    await lab.start({
      source: { folder, pattern: '{cluster}.yaml', pushes: false },
      authority: { folder: own, nodeMs: 86_400_000, isForServer: false },
    });
  });
  after(async () => {
    await lab.close();
  });

  /** Calls, and checks the answer against the description. */
  const call = async (request: ClientRequest, described?: string): Promise<unknown> => {
    const { body } = await createUnixHttpClient(lab.socket, { startHint: '' }).request(request);
    const route = described ?? request.path.split('?')[0] ?? '';
    const place = [route, request.method.toLowerCase(), 'responses', '200', 'content'];
    const pointer = ['paths', ...place, 'application/json', 'schema']
      .map((part) => encodeURIComponent(part.replaceAll('/', '~1')))
      .join('/');
    const isValid = ajv.compile({ $ref: `${document}#/${pointer}` });
    const answer: unknown = JSON.parse(body);
    expect(isValid(answer), `${body} ${JSON.stringify(isValid.errors)}`).to.equal(true);
    called.add(`${request.method} ${route}`);
    return answer;
  };

  it('refuses a query parameter that is not described, but for monitors', async () => {
    const client = createUnixHttpClient(lab.socket, { startHint: '' });
    for (const [operation, known] of describedQueries(description)) {
      const [name, route = ''] = operation.split(' ');
      const method = methods.find((one) => one === name);
      if (method === undefined) throw new Error(`no client sends ${operation}`);
      const asked = `${route.replaceAll(/\{\w+\}/g, '1')}?foreign=1`;
      if (forMonitors.includes(operation)) {
        await client.request({ method, path: asked });
        continue;
      }
      const refused = await failure(client.request({ method, path: asked }));
      expect(refused.code, operation).to.equal('bad-request');
      expect(knownIn(refused.message), operation).to.deep.equal(known);
    }
  });

  it('answers every route as described', async () => {
    await call({ method: 'GET', path: '/v1/health' });
    await call({ method: 'GET', path: '/v1/clusters' });
    await call({ method: 'GET', path: '/v1/status' });
    await call({ method: 'GET', path: '/v1/nodes' });
    const hold = {
      scope: 'agent',
      by: 'ann',
      why: 'by hand',
      since: '2026-01-01T00:00:00Z',
    } as const;
    const channel = lab.connect(new MemoryAgent({ name: 'node-0', address: '10.0.0.1/24' }));
    lab.connect(new MemoryAgent({ name: 'node-1', address: '10.0.0.2/24', hold }));
    await eventually(async () => expect((await lab.status()).connected).to.equal(2));
    const body = configWith(64_513);
    const config = { body, mediaType: 'application/yaml' } as const;
    await call({ method: 'POST', path: '/v1/check', ...config });
    expect(
      await call({ method: 'POST', path: '/v1/preview?node=node-0', ...config }),
    ).to.deep.include({
      outcome: 'changes',
    });
    const one = '/v1/proposals/{id}';
    for (const id of [1, 2, 3]) {
      const proposed = { ...config, body: configWith(65_000 - id) };
      await call({ method: 'POST', path: '/v1/proposals?by=ann&message=more', ...proposed });
    }
    await call({ method: 'GET', path: '/v1/proposals/1' }, one);
    const strategy = { apiVersion: 'calico-agent/v1', kind: 'RolloutStrategy', settle: '0s' };
    const inOneWave = { text: configWith(65_100), mediaType: 'application/yaml', strategy };
    await call({
      method: 'POST',
      path: '/v1/proposals/rollout?by=ann&despite=node-1&no-guard=true',
      body: JSON.stringify(inOneWave),
      mediaType: 'application/json',
    });
    expect(await call({ method: 'GET', path: '/v1/proposals/4' }, one)).to.deep.include({
      strategy,
      waves: [{ name: 'all', nodes: 2, names: ['node-0', 'node-1'] }],
    });
    await call({ method: 'POST', path: '/v1/proposals/1/approve?by=bob' }, `${one}/approve`);
    await call({ method: 'POST', path: '/v1/proposals/2/reject?reason=no' }, `${one}/reject`);
    await call({ method: 'DELETE', path: '/v1/proposals/3?by=ann' }, one);
    await call({ method: 'POST', path: '/v1/proposals/1/apply?by=bob' }, `${one}/apply`);
    await call({ method: 'GET', path: '/v1/proposals/1' }, one);
    await call({ method: 'POST', path: '/v1/proposals/4/again?by=bob' }, `${one}/again`);
    await call({ method: 'GET', path: '/v1/proposals' });
    await call({ method: 'GET', path: '/v1/audit?limit=1000' });
    await call({ method: 'PUT', path: '/v1/config?by=ann&supersede=true', ...config });
    await call({ method: 'PUT', path: '/v1/config?wait=60', ...config });
    await call({ method: 'GET', path: '/v1/status' });
    await call({ method: 'GET', path: '/v1/nodes' });
    await call({ method: 'GET', path: '/v1/nodes/node-0' }, '/v1/nodes/{name}');
    const terms = '/v1/config?confirm-within=60';
    await call({ method: 'PUT', path: terms, ...config, body: configWith(64_514) });
    await call({ method: 'POST', path: '/v1/confirm?by=ann' });
    await call({ method: 'GET', path: '/v1/status' });
    await eventually(async () => {
      expect(await call({ method: 'GET', path: '/v1/source' })).to.include({ state: 'proposed' });
    });
    await call({ method: 'POST', path: '/v1/source?by=ann' });
    expect(await call({ method: 'GET', path: '/v1/source' })).to.include({ state: 'same' });
    await call({ method: 'POST', path: '/v1/rollback?by=ann' });
    const waves = [{ nodes: ['node-0'] }];
    const kind = { apiVersion: 'calico-agent/v1', kind: 'RolloutStrategy' };
    const inWaves = { ...kind, waves, settle: '0s', approval: 'each-wave' };
    const rollout = { text: configWith(64_516), mediaType: 'application/yaml', strategy: inWaves };
    expect(
      await call({
        method: 'POST',
        path: '/v1/rollout/preview?supersede=true',
        body: JSON.stringify(rollout),
        mediaType: 'application/json',
      }),
    ).to.include({ result: 'planned' });
    await call({
      method: 'POST',
      path: '/v1/rollout?by=ann&supersede=true',
      body: JSON.stringify(rollout),
      mediaType: 'application/json',
    });
    await eventually(async () => {
      const answer = await lab.ask<RolloutAnswer>('GET', '/v1/rollout');
      expect(answer.rollout?.waitsFor?.kind).to.equal('approval');
    });
    await call({ method: 'GET', path: '/v1/rollout' });
    await call({ method: 'POST', path: '/v1/rollout/pause?by=ann&why=lunch' });
    await call({ method: 'POST', path: '/v1/rollout/resume?by=ann' });
    await call({ method: 'POST', path: '/v1/rollout/approve?by=ann' });
    await call({ method: 'POST', path: '/v1/rollout/abort?by=ann' });
    await call({ method: 'GET', path: '/v1/rollouts' });
    await call({ method: 'POST', path: '/v1/revocations?name=node-7&by=ann' });
    await call({ method: 'GET', path: '/v1/revocations' });
    await call({ method: 'DELETE', path: '/v1/revocations?name=node-7' });
    const tokens = '/v1/access/tokens';
    await call({ method: 'POST', path: `${tokens}?name=ann&role=read&role=apply&days=1` });
    await call({ method: 'GET', path: tokens });
    const { token } = await lab.ask<NewTokenAnswer>('POST', `${tokens}?name=bob&role=read`);
    await call({ method: 'DELETE', path: `${tokens}?id=${token.id}` });
    const enrolment = '/v1/enrolment-tokens';
    await call({ method: 'POST', path: `${enrolment}?node=node-7&uses=2&expires=60&by=ann` });
    await call({ method: 'GET', path: enrolment });
    const made = await lab.ask<{ token: { id: string } }>('POST', enrolment);
    await call({ method: 'DELETE', path: `${enrolment}?id=${made.token.id}` });
    await call({ method: 'POST', path: '/v1/store/snapshots' });
    const snapshots = '/v1/store/snapshots';
    const { snapshot } = await lab.ask<SnapshotAnswer>('POST', snapshots);
    await call({ method: 'GET', path: `/v1/store/records?snapshot=${snapshot}` });
    await call({ method: 'DELETE', path: `${snapshots}?snapshot=${snapshot}` });
    await call({ method: 'GET', path: '/v1/events?wait=30' });
    await channel.stop();
    await eventually(async () => expect((await lab.status()).connected).to.equal(1));
    await call({ method: 'DELETE', path: '/v1/nodes?name=node-0' });
    const { mediaType, body: metrics } = await createUnixHttpClient(lab.socket, {
      startHint: '',
    }).request({ method: 'GET', path: '/metrics' });
    expect(mediaType).to.equal('text/plain');
    expect(metrics).to.contain('calico_controller_nodes_known 1');
    called.add('GET /metrics');
    const described = Object.entries(description.paths).flatMap(([route, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${route}`),
    );
    expect([...called].toSorted()).to.deep.equal(described.toSorted());
  });
});
