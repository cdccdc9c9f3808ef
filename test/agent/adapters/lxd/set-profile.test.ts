/**
 * The possible answers of LXD to a write: the real one gives some only by chance, a scripted one on
 * request.
 */
import { expect } from 'chai';
import http from 'node:http';
import path from 'node:path';
import { createLxdHost } from '../../../../agent/adapters/lxd/lxd-host.ts';
import type { LxdChange } from '../../../../core/plan/plan.ts';
import { failure } from '../../../support/failure.ts';
import { inFolder } from '../../cli/run-command.ts';
import { closeAtOnce } from '../../../../runtime/http/bounded-server.ts';

const before = { description: 'mine', config: {}, devices: {} };
const after = { ...before, config: { 'security.nesting': 'true' } };
const change: LxdChange = {
  ...{ action: 'set-lxd-profile', project: 'a b', profile: 'k8s', isNew: false, fields: [] },
  ...{ before, after },
};

interface Seen {
  readonly line: string;
  readonly ifMatch: string | undefined;
  readonly body: string;
}

interface Script {
  /** The answer to PUT; default: success. */
  readonly put?: readonly [status: number, error: string];
  /** Whether the write is stored. Default: when there is no error. */
  readonly keeps?: boolean;
  /** Replaces all answers. */
  readonly raw?: string;
}

async function applied(script: Script): Promise<{
  readonly seen: readonly Seen[];
  readonly warnings: readonly string[];
  readonly error?: unknown;
}> {
  return inFolder(async (folder) => {
    const seen: Seen[] = [];
    const warnings: string[] = [];
    let stored: object = { ...before, name: 'k8s', used_by: [], project: 'a b', newer: [1] };
    const server = http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        const ifMatch = request.headers['if-match'];
        seen.push({ line: `${String(request.method)} ${String(request.url)}`, ifMatch, body });
        if (script.raw !== undefined) return response.end(script.raw);
        response.setHeader('etag', '"7"');
        if (request.method === 'GET') return response.end(JSON.stringify({ metadata: stored }));
        if (script.keeps ?? script.put === undefined) {
          stored = { ...stored, ...Object(JSON.parse(body)) };
        }
        const [status, error] = script.put ?? [200, ''];
        response.statusCode = status;
        return response.end(JSON.stringify({ type: status === 200 ? 'sync' : 'error', error }));
      });
    });
    await new Promise<void>((resolve) => {
      server.listen(path.join(folder, 'unix.socket'), resolve);
    });
    const logger = { warn: (message: string) => void warnings.push(message) };
    const host = createLxdHost({ environment: { LXD_DIR: folder }, logger });
    try {
      await host.apply(change);
      return { seen, warnings };
    } catch (error) {
      return { seen, warnings, error };
    } finally {
      await closeAtOnce(server);
    }
  });
}

const failed = async (script: Script): Promise<ReturnType<typeof failure>> =>
  failure(applied(script).then(({ error }) => Promise.reject(error)));

describe('the write of an LXD profile', () => {
  it('is bound to the version that was read, and keeps unknown fields', async () => {
    const { seen, error } = await applied({});
    expect(error).to.equal(undefined);
    expect(seen.map(({ line, ifMatch }) => [line, ifMatch])).to.deep.equal([
      ['GET /1.0/profiles/k8s?project=a%20b', undefined],
      ['PUT /1.0/profiles/k8s?project=a%20b', '"7"'],
    ]);
    expect(JSON.parse(seen[1]?.body ?? '')).to.deep.equal({ ...after, newer: [1] });
  });

  it('is a conflict when somebody wrote between our read and our write', async () => {
    const error = await failed({ put: [412, "ETag doesn't match"] });
    expect(error).to.include({ code: 'datastore-conflict', retryable: true });
  });

  it('succeeds when LXD stored it, although a container could not follow', async () => {
    const { error, warnings } = await applied({ put: [500, 'instances failed'], keeps: true });
    expect([error, warnings.length]).to.deep.equal([undefined, 1]);
  });

  it('can be tried again when LXD failed, and is refused when LXD calls it wrong', async () => {
    expect(await failed({ put: [500, 'out of memory'] })).to.include({
      code: 'datastore-failed',
      retryable: true,
    });
    const refused = await failed({ put: [400, 'invalid device'] });
    expect(refused).to.include({ code: 'invalid-config', retryable: false });
    expect(refused.message).to.contain('invalid device');
  });

  it('fails in plain words when another program than LXD listens', async () => {
    for (const raw of ['hello', '[]', '{"metadata":{"config":{"a":1}}}']) {
      expect(await failed({ raw }), raw).to.include({ retryable: true });
    }
  });
});
