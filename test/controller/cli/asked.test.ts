/** What commands ask of a controller: here each answer is the same, and only the questions count. */
import { expect } from 'chai';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable, Writable } from 'node:stream';
import { runCli } from '../../../controller/cli/run-cli.ts';

describe('what a command asks of the controller', () => {
  let folder: string;
  let socket: string;
  let server: Server;
  let asked: string[];
  let answer: unknown;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-asked-'));
    socket = path.join(folder, 'controller.sock');
    server = createServer((request, response) => {
      asked.push(decodeURIComponent(`${request.method ?? ''} ${request.url ?? ''}`));
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answer));
    });
    server.listen(socket);
    await once(server, 'listening');
  });
  beforeEach(() => {
    asked = [];
  });
  after(async () => {
    await new Promise((resolve) => void server.close(resolve));
    await rm(folder, { recursive: true });
  });

  const run = async (...argv: readonly string[]): Promise<string> => {
    let said = '';
    const sink = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        said += chunk.toString();
        done();
      },
    });
    await runCli([...argv, '--socket', socket], {
      ...{ stdin: Readable.from([]), stdout: sink, stderr: sink, by: 'ann@host' },
      serve: () => Promise.resolve(0),
      initTools: () => Promise.reject(new Error('not used')),
      storeTools: () => Promise.reject(new Error('not used')),
    });
    return said;
  };

  it('says who revokes a token', async () => {
    answer = { tokens: [] };
    await run('token', 'revoke', '0a1b2c3d', '4e5f6071');
    expect(asked).to.deep.equal([
      'DELETE /v1/enrolment-tokens?by=ann@host&id=0a1b2c3d&id=4e5f6071',
    ]);
  });

  it('says which rollout and wave a person looked at', async () => {
    const rollout = {
      ...{ number: 7, kind: 'rollout', phase: 'forward', newest: 7, by: 'eva', step: 'wave rest' },
      ...{ startedAt: '2026-10-26T12:00:00Z', changedAt: '2026-10-26T12:00:00Z' },
      revision: { lineage: 'controller:default', number: 7, digest: `sha256:${'0'.repeat(64)}` },
      ...{ waves: [], failures: [], missing: [] },
    };
    answer = { rollout };
    expect(await run('rollout', 'approve')).to.match(
      /^approved: wave rest\nrollout of revision 7 by eva/,
    );
    await run('rollout', 'approve', 'two', '--rollout', '6');
    await run('rollout', 'abort', '--why', 'bad');
    expect(asked.filter((one) => one.startsWith('POST'))).to.deep.equal([
      'POST /v1/rollout/approve?by=ann@host&rollout=7&step=wave+rest',
      'POST /v1/rollout/approve?by=ann@host&rollout=6&step=two',
      'POST /v1/rollout/abort?by=ann@host&why=bad&rollout=7',
    ]);
  });
});
