import { expect } from 'chai';
import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  createKubernetesClient,
  type KubernetesClient,
} from '../../../runtime/kubernetes/client.ts';
import { ApiRefusal } from '../../../runtime/kubernetes/api-refusal.ts';
import { failure } from '../../support/failure.ts';
import {
  json,
  startScriptedServer,
  status,
  text,
  type Answer,
  type ScriptedServer,
} from '../../support/scripted-server.ts';

describe('the client of the Kubernetes API', () => {
  let server: ScriptedServer;
  let client: KubernetesClient;
  let folder: string;
  const serve = async (answers: readonly Answer[], more: object = {}): Promise<void> => {
    server = await startScriptedServer(...answers);
    client = createKubernetesClient(
      { server: server.url, concurrency: 2, timeoutMs: 2000, ...more },
      { environment: {}, root: folder },
    );
  };
  const get = (): Promise<unknown> => client.send({ what: 'look', path: '/x' });
  const refusal = async (): Promise<ApiRefusal> => {
    const error = await failure(get());
    if (error instanceof ApiRefusal) return error;
    throw error;
  };

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'kubernetes-client-'));
  });
  afterEach(async () => {
    await client.close();
    await server.close();
    await rm(folder, { recursive: true });
  });

  it('waits as long as a busy server says, and asks again', async () => {
    await serve([
      status(429, 'TooManyRequests', { details: { retryAfterSeconds: 0.05 } }),
      json(200, { fine: true }),
    ]);
    const began = performance.now();
    expect(await get()).to.deep.include({ data: { fine: true } });
    expect(performance.now() - began).to.be.greaterThan(45);
  });

  it('gives up where the server is busy for longer than the deadline', async () => {
    await serve([json(429, {}, { 'retry-after': '60' })]);
    const error = await refusal();
    expect(error).to.include({ status: 429, code: 'datastore-failed', retryable: true });
    expect(server.requests).to.have.length(1);
  });

  it('reads the token again when the server does not know it', async () => {
    const tokenFile = path.join(folder, 'token');
    await writeFile(tokenFile, 'old\n');
    await serve(
      [
        (request, response) => {
          const isNew = request.headers.authorization === 'Bearer new';
          if (!isNew)
            return void writeFile(tokenFile, 'new\n').then(() =>
              status(401, 'Unauthorized')(request, response),
            );
          json(200, { fine: true })(request, response);
        },
      ],
      { tokenFile },
    );
    expect(await get()).to.deep.include({ data: { fine: true } });
    expect(server.requests).to.have.length(2);
  });

  it('says that credentials are not known, and never shows them', async () => {
    const tokenFile = path.join(folder, 'token');
    await writeFile(tokenFile, 'very-secret\n');
    await serve([status(401, 'Unauthorized')], { tokenFile });
    const error = await refusal();
    expect(error).to.include({ status: 401, retryable: true });
    expect(error.message).to.include('does not know these credentials');
    expect(JSON.stringify(error) + error.message).not.to.include('very-secret');
  });

  it('takes a plain-text 404 for a kind that is not there, and NotFound for an object', async () => {
    await serve([text(404, '404 page not found'), status(404, 'NotFound')]);
    expect((await refusal()).message).to.include('no such kind of object');
    expect((await refusal()).message).to.equal('cannot look: NotFound');
    expect(await client.find('look', '/x')).to.equal(undefined);
  });

  it('does not show what only says that rules were not looked at', async () => {
    const causes = [
      { reason: 'FieldValueInvalid', field: 'spec.ipipMode', message: 'Unsupported value' },
      {
        reason: 'FieldValueInvalid',
        field: '<nil>',
        message: 'some validation rules were not checked',
      },
    ];
    const message = 'a.b is invalid: [spec.ipipMode: Unsupported value, <nil>: some validation …]';
    await serve([status(422, 'Invalid', { message, details: { causes } })]);
    const error = await refusal();
    expect(error.message).to.equal('cannot look: spec.ipipMode: Unsupported value');
    expect(error.causes.map(({ field }) => field)).to.deep.equal(['spec.ipipMode']);
    expect(error).to.include({ code: 'datastore-failed', retryable: false });
  });

  it('takes a list in a version to come, and a server in trouble, for something that passes', async () => {
    await serve([status(504, 'Timeout'), status(500, '')]);
    expect(await refusal()).to.include({ code: 'datastore-failed', retryable: true });
    expect(await refusal()).to.include({ code: 'datastore-failed', retryable: true });
  });

  it('answers by the deadline where the server does not', async () => {
    await serve([() => undefined], { timeoutMs: 100 });
    const error = await failure(get());
    expect(error).to.include({ code: 'datastore-failed', retryable: true });
    expect(error.message).to.match(/cannot look: the API server http.* no answer in time/);
  });

  it('says in words that nobody listens', async () => {
    await serve([json(200, {})]);
    await server.close();
    expect((await failure(get())).message).to.match(/nobody listens there/);
  });

  it('reads a long list page by page, and again where a page is too old', async () => {
    const page = (names: readonly string[], next?: string): Answer =>
      json(200, {
        metadata: { resourceVersion: '7', ...(next !== undefined && { continue: next }) },
        items: names.map((name) => ({ metadata: { name } })),
      });
    await serve([page(['a'], 'more'), status(410, 'Expired'), page(['a', 'b'], 'c'), page(['d'])]);
    const { items, resourceVersion } = await client.list('list', '/x');
    expect(items).to.have.length(3);
    expect(resourceVersion).to.equal('7');
    expect(server.requests.at(-1)).to.equal('GET /x?limit=500&continue=c');
  });

  it('runs no more requests at once than it may', async () => {
    let running = 0;
    let most = 0;
    await serve([
      (_request, response) => {
        running += 1;
        most = Math.max(most, running);
        setTimeout(() => {
          running -= 1;
          response.end('{}');
        }, 5);
      },
    ]);
    await Promise.all(Array.from({ length: 10 }, get));
    expect(most).to.equal(2);
  });
});
