/** rollout status --watch: what it shows, also while the controller restarts. */
import { expect } from 'chai';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import path from 'node:path';
import { Writable } from 'node:stream';
import { barLines } from '../../../../controller/cli/rollout/progress-bars.ts';
import { showProgress } from '../../../../controller/cli/rollout/show-progress.ts';
import { watchRollout } from '../../../../controller/cli/rollout/watch.ts';
import { reasonOf } from '../../../../runtime/errors.ts';
import { problemMediaType, problemOf } from '../../../../runtime/http/problem.ts';
import { LedElsewhere } from '../../../../runtime/http/remote/led-elsewhere.ts';
import { createUnixHttpClient } from '../../../../runtime/http/unix-client.ts';
import type { CurrentRollout } from '../../../../schemas/generated/controller-api/current-rollout.ts';
import { eventually } from '../../../support/eventually.ts';
import { failure } from '../../../support/failure.ts';
import { MemoryAgent } from '../../../support/twins/memory-agent.ts';
import { configWith, Lab } from '../../running.ts';

type Shown = NonNullable<CurrentRollout['rollout']>;

/** A stream whose text can be read meanwhile. */
function sink(): { readonly stream: Writable; readonly text: () => string } {
  let text = '';
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString();
      done();
    },
  });
  return { stream, text: () => text };
}

const nobody = { nodes: 100, confirmed: 0, failed: 0, working: 0, left: 0, away: 0 };
const wave = (name: string, state: Shown['waves'][number]['state'], counts = {}) => ({
  name,
  state,
  ...nobody,
  ...counts,
});

function running(waves: Shown['waves']): Shown {
  const at = '2026-10-26T12:00:00Z';
  return {
    ...{ number: 6, kind: 'rollout', phase: 'forward', newest: 6, by: 'eva' },
    ...{ startedAt: at, changedAt: at, step: 'wave b', failures: [], missing: [] },
    revision: { lineage: 'controller:default', number: 6, digest: `sha256:${'0'.repeat(64)}` },
    waves,
  };
}

const waves = [
  wave('a', 'done', { nodes: 3, confirmed: 3 }),
  wave('b', 'running', { confirmed: 50, failed: 1, working: 49 }),
  wave('rest', 'later'),
];

describe('the bars of a rollout', () => {
  it('show each wave, a single failure too, and are full only at the end', () => {
    expect(barLines(running(waves), { columns: 200, rows: 20 })).to.deep.equal([
      'running: wave b, running, 50 of 100 confirmed, 1 failed, 49 on the way',
      'a     [########################]  done, 3 of 3 confirmed',
      'b     [############!...........]  running, 50 of 100 confirmed, 1 failed, 49 on the way',
      'rest  [........................]  later, 100 nodes',
    ]);
    const [, almost = ''] = barLines(running([wave('b', 'running', { confirmed: 99 })]), {
      columns: 200,
      rows: 20,
    });
    expect(almost).to.contain('#.]');
  });

  it('keep to the size of the terminal, around the current wave', () => {
    const many = Array.from({ length: 50 }, (_, index) =>
      wave(`wave-${String(index)}`, index < 30 ? 'done' : index === 30 ? 'running' : 'later'),
    );
    const lines = barLines(running(many), { columns: 20, rows: 6 });
    expect(lines).to.have.length(6);
    expect(lines.every((line) => line.length <= 20)).to.equal(true);
    expect(lines.some((line) => line.startsWith('wave-30'))).to.equal(true);
  });

  it('are drawn in place on a terminal, and are lines elsewhere', async () => {
    const { stream, text } = sink();
    const terminal = showProgress(Object.assign(stream, { isTTY: true, columns: 100, rows: 24 }));
    await terminal.show(running(waves));
    await terminal.show(running(waves));
    expect(text().split('\u001b[4A\r\u001b[J')).to.have.length(2);
    const plain = sink();
    const lines = showProgress(plain.stream);
    await lines.show(running(waves));
    await lines.show(running(waves));
    expect(plain.text()).to.equal(
      'running: wave b, running, 50 of 100 confirmed, 1 failed, 49 on the way\n',
    );
  });
});

describe('a watched rollout', function () {
  this.timeout(120_000);
  let lab: Lab;
  before(async () => {
    lab = await Lab.make();
    await lab.start();
    const agent = new MemoryAgent({ name: 'node-0', address: '10.0.0.1/24' });
    lab.connect(agent);
    await eventually(async () => expect((await lab.status()).connected).to.equal(1));
  });
  after(() => lab.close());

  it('goes on over a restart of the controller, and ends with 1 where a person pauses it', async () => {
    const strategy = { apiVersion: 'calico-agent/v1', kind: 'RolloutStrategy', settle: '1h' };
    const body = { text: configWith(64_513), mediaType: 'application/yaml', strategy };
    const client = createUnixHttpClient(lab.socket, { startHint: '' });
    await client.request({
      method: 'POST',
      path: '/v1/rollout?by=ann',
      body: JSON.stringify(body),
      mediaType: 'application/json',
    });
    const out = sink();
    const err = sink();
    const watching = watchRollout(
      lab.socket,
      { stdout: out.stream, stderr: err.stream },
      { json: true },
    );
    await eventually(() => expect(out.text()).to.contain('"kind":"settling"'));
    await lab.stopController();
    await eventually(() => expect(err.text()).to.contain('waiting for the controller: '));
    await lab.start();
    await eventually(() => expect(err.text()).to.contain('the controller answers again\n'));
    await lab.ask('POST', '/v1/rollout/pause?by=ann&why=lunch');
    expect(await watching).to.equal(1);
    const lines = out.text().trimEnd().split('\n');
    const last: CurrentRollout = JSON.parse(lines.at(-1) ?? '');
    expect(last.rollout?.paused?.why).to.equal('lunch');
    expect(err.text().match(/waiting/g)).to.have.length(1);
  });

  it('goes on at a controller that stands by, until another one answers', async () => {
    const leader = 'https://10.0.0.1:7844';
    const refusals = [new LedElsewhere('not-ready', 'this one stands by', { leader })];
    const server = createHttpServer((_request, response) => {
      const refused = refusals.pop();
      response.writeHead(refused === undefined ? 200 : 503, {
        'content-type': refused === undefined ? 'application/json' : problemMediaType,
      });
      const rollout = { ...running(waves), phase: 'done' };
      response.end(JSON.stringify(refused === undefined ? { rollout } : problemOf(refused)));
    });
    const socket = path.join(lab.folder, 'refuses.sock');
    await new Promise<void>((resolve) => void server.listen(socket, resolve));
    const err = sink();
    const streams = { stdout: sink().stream, stderr: err.stream };
    const ended = await watchRollout(socket, streams, { number: 6 }).catch(reasonOf);
    await new Promise((resolve) => void server.close(resolve));
    expect(ended).to.equal(0);
    expect(err.text()).to.contain('waiting for the controller: this one stands by\n');
    expect(err.text()).to.contain('the controller answers again\n');
  });

  it('ends with 0 where all nodes wait for a person to confirm, and says so', async () => {
    const socket = path.join(lab.folder, 'confirm.sock');
    const text = 'wave b: waits for 1 node to confirm; 1 node waits for a person';
    const rollout = { ...running(waves), waitsFor: { kind: 'confirm', text } };
    const server = createHttpServer((_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ rollout }));
    });
    await new Promise<void>((resolve) => void server.listen(socket, resolve));
    const err = sink();
    const streams = { stdout: sink().stream, stderr: err.stream };
    expect(await watchRollout(socket, streams)).to.equal(0);
    expect(err.text()).to.contain(text);
    await new Promise((resolve) => void server.close(resolve));
  });

  it('may go on where the connection was cut, because the controller was killed', async () => {
    const socket = path.join(lab.folder, 'cut.sock');
    const server = createServer((connection) => connection.destroy());
    await new Promise<void>((resolve) => void server.listen(socket, resolve));
    const client = createUnixHttpClient(socket, { startHint: '' });
    const error = await failure(client.request({ method: 'GET', path: '/v1/rollout' }));
    expect(error).to.deep.include({ code: 'io-failed', retryable: true });
    await new Promise((resolve) => void server.close(resolve));
  });
});
