import { expect } from 'chai';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createKubernetesClient } from '../../../runtime/kubernetes/client.ts';
import { createPulse } from '../../../runtime/kubernetes/pulse.ts';
import { watchCollection } from '../../../runtime/kubernetes/watch-collection.ts';
import { readWatchEvents } from '../../../runtime/kubernetes/watch-events.ts';
import { AppError } from '../../../runtime/errors.ts';
import { textAt } from '../../../core/input/plain-data.ts';
import { eventually } from '../../support/eventually.ts';
import {
  json,
  startScriptedServer,
  status,
  type Answer,
  type ScriptedServer,
} from '../../support/servers/scripted-server.ts';

describe('a watch of the Kubernetes API', () => {
  const stopping: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of stopping.splice(0)) await stop();
  });

  const follow = async (
    ...given: readonly (Answer | { readonly pulseMs: number } | { readonly random: number })[]
  ): Promise<{ readonly server: ScriptedServer; readonly log: readonly string[] }> => {
    const answers = given.filter((one) => typeof one === 'function');
    const everyMs = given.flatMap((one) => ('pulseMs' in one ? [one.pulseMs] : []))[0] ?? 60_000;
    const random = given.flatMap((one) => ('random' in one ? [one.random] : []))[0] ?? 0;
    const server = await startScriptedServer(...answers);
    const client = createKubernetesClient(
      { server: server.url, concurrency: 2, timeoutMs: 2000 },
      { environment: {}, root: '/nowhere' },
    );
    const log: string[] = [];
    const stopper = new AbortController();
    const watched = watchCollection(
      client,
      {
        what: 'watch',
        path: '/x',
        working: (anew) => void log.push(anew ? 'anew' : 'again'),
        changed: ({ type, object }) =>
          void log.push(`${type} ${textAt(object, 'metadata', 'name') ?? ''}`),
        failing: () => void log.push('failing'),
      },
      () => random,
      stopper.signal,
      createPulse({ client, everyMs, random: () => 0.5, signal: stopper.signal }),
    );
    stopping.push(async () => {
      stopper.abort();
      await watched;
      await client.close();
      await server.close();
    });
    return { server, log };
  };
  const list = (resourceVersion: string): Answer =>
    json(200, { kind: 'BGPPeerList', metadata: { resourceVersion }, items: [] });
  const event = (type: string, name: string, resourceVersion: string): string =>
    `${JSON.stringify({ type, object: { metadata: { name, resourceVersion } } })}\n`;
  const stream =
    (lines: readonly string[], end: (response: ServerResponse) => void): Answer =>
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.flushHeaders();
      response.write(lines.join(''), () => end(response));
    };
  const stays = (): void => undefined;

  it('continues at its place when the connection breaks', async () => {
    const { server, log } = await follow(
      list('5'),
      stream([event('ADDED', 'a', '6'), event('BOOKMARK', '', '9')], (response) => {
        response.destroy();
      }),
      list('9'),
      stream([event('MODIFIED', 'a', '10')], stays),
    );
    await eventually(() =>
      expect(log).to.deep.equal(['anew', 'ADDED a', 'failing', 'again', 'MODIFIED a']),
    );
    expect(server.requests[1]).to.include('resourceVersion=5&allowWatchBookmarks=true');
    expect(server.requests[3]).to.include('resourceVersion=9');
  });

  it('begins anew when the server counts from an earlier version after a break: a restore', async () => {
    const { server, log } = await follow(
      list('5'),
      stream([event('BOOKMARK', '', '9')], (response) => response.destroy()),
      list('7'),
      stream([event('ADDED', 'b', '8')], stays),
    );
    await eventually(() => expect(log).to.deep.equal(['anew', 'failing', 'anew', 'ADDED b']));
    expect(server.requests[3]).to.include('resourceVersion=7');
  });

  it('begins anew when an event is nested too deeply', async () => {
    const deep = `{"type":"ADDED","object":${'['.repeat(5000)}${']'.repeat(5000)}}\n`;
    const { log } = await follow(
      list('5'),
      stream([deep], stays),
      list('6'),
      stream([event('ADDED', 'b', '8')], stays),
    );
    await eventually(() => expect(log).to.deep.equal(['anew', 'anew', 'ADDED b']));
  });

  it('fails when the server hangs, also one that goes on sending single bytes', async () => {
    const hangs: Answer = (_request, response) => {
      response.writeHead(200);
      response.flushHeaders();
      const timer = setInterval(() => response.write(' '), 50);
      response.on('close', () => clearInterval(timer));
    };
    const { server, log } = await follow({ pulseMs: 100 }, list('5'), stream([], stays), hangs);
    await eventually(() => expect(log).to.deep.include('failing'), 45_000);
    expect(server.requests[2]).to.equal('GET /readyz');
  }).timeout(60_000);

  it('goes on in silence when the server answers, also when it refuses', async () => {
    const { server, log } = await follow(
      { pulseMs: 200 },
      list('5'),
      stream([], stays),
      status(403, 'Forbidden'),
    );
    await eventually(() => expect(server.requests.length).to.be.greaterThan(5));
    expect(log).to.deep.equal(['anew']);
  });

  it('begins anew when its place is too old: in an event, or at once', async () => {
    const expired = { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } };
    const { server, log } = await follow(
      list('5'),
      stream([`${JSON.stringify(expired)}\n`], (response) => response.end()),
      list('20'),
      status(410, 'Expired'),
      list('30'),
      stream([], stays),
    );
    await eventually(() => expect(log).to.deep.equal(['anew', 'anew']));
    expect(server.requests.at(-1)).to.include('resourceVersion=30');
  });

  it('reads an event that comes in pieces, and skips other lines', async () => {
    const line = event('ADDED', 'ü'.repeat(50), '6');
    const bytes = Buffer.from(line);
    const { log } = await follow(list('5'), (_request, response) => {
      response.writeHead(200);
      response.write('no JSON\n');
      response.write(bytes.subarray(0, 70));
      setTimeout(() => response.write(bytes.subarray(70)), 20);
    });
    await eventually(() => expect(log).to.deep.equal(['anew', `ADDED ${'ü'.repeat(50)}`]));
  });

  it('reads an event of many labels in turns of the event loop', async () => {
    const labels = Object.fromEntries(Array.from({ length: 100_000 }, (_one, n) => [`l${n}`, 'x']));
    const object = { metadata: { labels, name: 'large', resourceVersion: '6' } };
    const line = Buffer.from(`${JSON.stringify({ type: 'ADDED', object })}\n`);
    const chunks = Array.from({ length: 100 }, (_one, at) => {
      const size = Math.ceil(line.length / 100);
      return line.subarray(at * size, (at + 1) * size);
    });
    let turns = 0;
    let isOver = false;
    const count = async (): Promise<void> => {
      for (; !isOver; turns += 1) await nextTurn();
    };
    const counting = count();
    const asError = (error: unknown): AppError => new AppError('internal', String(error));
    const names: (string | undefined)[] = [];
    for await (const read of readWatchEvents(Readable.from(chunks), asError)) {
      if ('object' in read) names.push(textAt(read.object, 'metadata', 'name'));
    }
    isOver = true;
    await counting;
    expect(names).to.deep.equal(['large']);
    // A turn of 4 ms reads some 5,000 labels without the compilers of V8; JSON.parse at once needs none.
    expect(turns).to.be.greaterThan(2);
  });

  it('fails when a line does not end, and goes on when the server is good again', async () => {
    const endless: Answer = (_request, response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(1024 * 1024)));
      };
      response.on('drain', more);
      more();
    };
    const { log } = await follow(
      list('5'),
      endless,
      list('5'),
      stream([event('ADDED', 'b', '6')], stays),
    );
    await eventually(() => expect(log).to.deep.equal(['anew', 'failing', 'again', 'ADDED b']));
  }).timeout(60_000);

  const expiredEvent = `${JSON.stringify({ type: 'ERROR', object: { code: 410 } })}\n`;
  for (const [what, end] of [
    ['closes each watch at once', (response: ServerResponse) => response.destroy()],
    ['ends each watch at once', (response: ServerResponse) => response.end()],
    ['calls each place too old', (response: ServerResponse) => response.end(expiredEvent)],
  ] as const) {
    it(`pauses between attempts when the server ${what}`, async () => {
      const times: number[] = [];
      const answer: Answer = (request, response) => {
        if (request.url?.includes('watch=true') !== true) return list('5')(request, response);
        times.push(performance.now());
        stream([], end)(request, response);
      };
      await follow({ random: 1 }, answer);
      await eventually(() => expect(times).to.have.length.greaterThan(2));
      const pauses = times.slice(1).map((time, at) => time - (times[at] ?? 0));
      for (const pause of pauses) expect(pause).to.be.greaterThan(400);
    }).timeout(60_000);
  }

  it('reports that it fails, and tries again', async () => {
    const { log } = await follow(status(403, 'Forbidden'), list('5'), stream([], stays));
    await eventually(() => expect(log).to.deep.equal(['failing', 'anew']));
  });
});
