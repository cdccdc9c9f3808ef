import { expect } from 'chai';
import { writeFile, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable, type Writable } from 'node:stream';
import {
  createKubernetesClient,
  type KubernetesClient,
} from '../../../runtime/kubernetes/client.ts';
import { whyUnreadable } from '../../../core/input/deep-items.ts';
import { textAt } from '../../../core/input/plain-data.ts';
import type { AppError } from '../../../runtime/errors.ts';
import { ApiRefusal } from '../../../runtime/kubernetes/api-refusal.ts';
import { makeCertificate } from '../../support/servers/certificate.ts';
import { failure } from '../../support/failure.ts';
import {
  json,
  startScriptedServer,
  status,
  text,
  type Answer,
  type ScriptedServer,
} from '../../support/servers/scripted-server.ts';
import { wholeItem } from '../../../runtime/kubernetes/list-objects.ts';

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
  const write = (isFromConfig: boolean): Promise<AppError> =>
    failure(client.send({ what: 'write', method: 'PATCH', path: '/x', body: {}, isFromConfig }));
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

  it('waits for as long as a busy server asks, and tries again', async () => {
    await serve([
      status(429, 'TooManyRequests', { details: { retryAfterSeconds: 0.05 } }),
      json(200, { fine: true }),
    ]);
    const began = performance.now();
    expect(await get()).to.deep.include({ data: { fine: true } });
    expect(performance.now() - began).to.be.greaterThan(45);
  });

  it('gives up when the server is busy for longer than the deadline', async () => {
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

  it('reports unknown credentials, and never shows them', async () => {
    const tokenFile = path.join(folder, 'token');
    await writeFile(tokenFile, 'very-secret\n');
    await serve([status(401, 'Unauthorized')], { tokenFile });
    const error = await refusal();
    expect(error).to.include({ status: 401, retryable: true });
    expect(error.message).to.include('does not know these credentials');
    expect(JSON.stringify(error) + error.message).not.to.include('very-secret');
  });

  it('reads a plain-text 404 as a missing kind, and NotFound as a missing object', async () => {
    await serve([text(404, '404 page not found'), status(404, 'NotFound')]);
    expect((await refusal()).message).to.include('no such kind of object');
    expect((await refusal()).message).to.equal('cannot look: NotFound');
    expect(await client.find('look', '/x')).to.equal(undefined);
  });

  it('does not show messages that only say that rules were not checked', async () => {
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
  });

  it("treats only the server's own verdict on the object as final", async () => {
    await serve([status(422, 'Invalid')]);
    expect(await write(true)).to.include({ code: 'datastore-failed', retryable: false });
    expect(await write(false)).to.include({ code: 'datastore-failed', retryable: true });
    expect(await refusal()).to.include({ code: 'datastore-failed', retryable: true });
  });

  it('takes a refusal without details for the verdict of a webhook', async () => {
    await serve([status(403, 'Forbidden')]);
    expect(await write(true)).to.include({ isByWebhook: true, retryable: false });
  });

  for (const [what, answer] of [
    ['TLS is spoken there', text(400, 'Client sent an HTTP request to an HTTPS server.')],
    ['the rights are missing', status(403, 'Forbidden', { details: { kind: 'ippools' } })],
    ['the credentials are unknown', status(401, 'Unauthorized')],
    ['a proxy takes less', text(413, '<html>Request Entity Too Large</html>')],
    ['it cannot do this at all', status(415, 'UnsupportedMediaType')],
  ] as const) {
    it(`goes on trying when ${what}`, async () => {
      await serve([answer]);
      expect(await write(true)).to.include({ code: 'datastore-failed', retryable: true });
    });
  }

  it('goes on trying when an answer is too large: the cluster may shrink', async () => {
    const chunk = Buffer.alloc(1024 * 1024, ' ');
    const tooLarge = (_request: unknown, response: Writable): void => {
      Readable.from(Array.from({ length: 65 }, () => chunk)).pipe(response);
    };
    // It ends at the size, however long this machine takes to send that much.
    await serve([tooLarge], { timeoutMs: 60_000 });
    const error = await failure(get());
    expect(error).to.include({ code: 'datastore-failed', retryable: true });
    expect(error.message).to.include('the answer has more than');
  });

  describe('without access to the server yet', () => {
    const kubeconfig = (): string => path.join(folder, 'config');
    const notYet = async (more: object, reason: RegExp): Promise<AppError> => {
      server = await startScriptedServer(json(200, { fine: true }));
      client = createKubernetesClient(
        { concurrency: 2, timeoutMs: 2000, ...more },
        { environment: {}, root: folder },
      );
      const error = await failure(get());
      expect(error).to.include({ code: 'datastore-failed', retryable: true });
      expect(error.message).to.match(reason);
      return error;
    };
    const context = (user: object): string =>
      JSON.stringify({
        'current-context': 'lab',
        clusters: [{ name: 'c', cluster: { server: server.url } }],
        users: [{ name: 'u', user }],
        contexts: [{ name: 'lab', context: { cluster: 'c', user: 'u' } }],
      });

    it('waits for a kubeconfig, in every place', async () => {
      await notYet({}, /none of .*k3s\.yaml/);
      await client.close();
      await server.close();
      await notYet({ kubeconfig: kubeconfig() }, /no such file/);
      await writeFile(kubeconfig(), context({}));
      expect(await get()).to.deep.include({ data: { fine: true } });
    });

    it('waits for a kubeconfig that is being written, and keeps its fault', async () => {
      const way = 'current-context: c\ncontexts: [{name: c, context: {cluster: c}}]\n';
      const cluster = 'clusters:\n- name: c\n  cluster: {server: ftp://x}\n';
      await writeFile(kubeconfig(), way + cluster);
      const error = await notYet({ kubeconfig: kubeconfig() }, /line 5: .*server/);
      expect(error.issues.map(({ pointer }) => pointer)).to.deep.equal([
        '/clusters/0/cluster/server',
      ]);
    });

    it('waits for a certificate that is being renewed', async () => {
      await notYet({ kubeconfig: kubeconfig() }, /no such file/);
      await writeFile(kubeconfig(), context({ 'client-certificate': 'crt', 'client-key': 'key' }));
      expect(await failure(get())).to.include({ code: 'datastore-failed', retryable: true });
      const pair = makeCertificate(folder, 'pair', 'DNS:pair');
      await rename(pair.certFile, path.join(folder, 'crt'));
      await rename(pair.keyFile, path.join(folder, 'key'));
      expect(await get()).to.deep.include({ data: { fine: true } });
    });

    it('waits for a token file, and for the token in it', async () => {
      const tokenFile = path.join(folder, 'token');
      await notYet({ server: 'http://127.0.0.1:1', tokenFile }, /no such file/);
      await writeFile(tokenFile, '');
      const error = await failure(get());
      expect(error).to.include({ code: 'datastore-failed', retryable: true });
      expect(error.message).to.match(/it is empty/);
    });

    it('waits for a correct address', async () => {
      await notYet({ server: 'https://[x' }, /cannot find out how to reach the API server: /);
    });
  });

  it('treats a list in a future version, and a server in trouble, as passing faults', async () => {
    await serve([status(504, 'Timeout'), status(500, '')]);
    expect(await refusal()).to.include({ code: 'datastore-failed', retryable: true });
    expect(await refusal()).to.include({ code: 'datastore-failed', retryable: true });
  });

  it('answers by the deadline when the server does not', async () => {
    await serve([() => undefined], { timeoutMs: 100 });
    const error = await failure(get());
    expect(error).to.include({ code: 'datastore-failed', retryable: true });
    expect(error.message).to.match(/cannot look: the API server http.* no answer in time/);
  });

  it('explains that no server listens', async () => {
    await serve([json(200, {})]);
    await server.close();
    expect((await failure(get())).message).to.match(/no program listens there/);
  });

  it('reads a long list page by page, and again when a page is too old', async () => {
    const page = (names: readonly string[], next?: string): Answer =>
      json(200, {
        kind: 'NodeList',
        metadata: { resourceVersion: '7', ...(next !== undefined && { continue: next }) },
        items: names.map((name) => ({ metadata: { name } })),
      });
    await serve([page(['a'], 'more'), status(410, 'Expired'), page(['a', 'b'], 'c'), page(['d'])]);
    const { items, resourceVersion } = await client.list('list', '/x', wholeItem);
    expect(items).to.have.length(3);
    expect(resourceVersion).to.equal('7');
    expect(server.requests.at(-1)).to.equal('GET /x?limit=500&continue=c');
  });

  const noLists: readonly (readonly [string, Answer])[] = [
    ['a page of a proxy', text(200, '<html>sign in</html>')],
    ['another document', json(200, 'x')],
    ['nothing', text(200, '')],
    ['an empty object', json(200, {})],
    ['items without a kind', json(200, { items: [] })],
    ['a list without items', json(200, { kind: 'BGPPeerList', metadata: {} })],
    ['an object of another kind', json(200, { kind: 'Status', items: [] })],
    ['items that are no list', json(200, { kind: 'BGPPeerList', items: { a: 1 } })],
    [
      'what is nested beyond reason',
      text(200, `{"kind":"List","items":${'['.repeat(5000)}${']'.repeat(5000)}}`),
    ],
  ];
  for (const [what, answer] of noLists) {
    it(`does not read ${what} as an empty list`, async () => {
      await serve([answer]);
      const error = await failure(client.list('list BGPPeers', '/x', wholeItem));
      expect(error).to.include({ code: 'unexpected-answer', retryable: true });
      expect(error.message).to.contain('cannot list BGPPeers');
    });
  }

  it('has the other items of a list in which one is nested too deeply', async () => {
    const peer = (name: string): string => `{"metadata":{"name":"${name}"},"spec":{"a":[{}]}}`;
    const deep = `{"spec":${'['.repeat(5000)}"]"${']'.repeat(5000)},"metadata":{"name":"deep"}}`;
    const list = `{"kind":"BGPPeerList","metadata":{"resourceVersion":"7"},"items":[${peer('a')}, ${deep}, ${peer('b')}]}`;
    await serve([text(200, list)]);
    const { items, resourceVersion } = await client.listWithStubs('list BGPPeers', '/x', {
      keep: wholeItem,
    });
    expect(resourceVersion).to.equal('7');
    expect(items.map((item) => textAt(item, 'metadata', 'name'))).to.deep.equal(['a', 'deep', 'b']);
    expect(items.map(whyUnreadable)).to.deep.equal([
      undefined,
      'it is nested more than 256 levels deep',
      undefined,
    ]);
    // For readers that need all of it.
    const error = await failure(client.list('list IPAMBlocks', '/x', wholeItem));
    expect(error).to.include({ code: 'unexpected-answer' });
  });

  it('reads a list whose items are null, as Go writes them, as an empty one', async () => {
    await serve([json(200, { kind: 'BGPPeerList', items: null })]);
    expect((await client.list('list BGPPeers', '/x', wholeItem)).items).to.deep.equal([]);
  });

  it('runs a bounded number of requests at once', async () => {
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
