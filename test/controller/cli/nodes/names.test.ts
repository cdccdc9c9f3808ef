/** calico-controller nodes --names, which completions of shells ask. */
import { expect } from 'chai';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runCli } from '../../../../controller/cli/run-cli.ts';

describe('calico-controller nodes --names', () => {
  let folder: string;
  let server: Server | undefined;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-names-'));
  });
  afterEach(async () => {
    server?.close();
    server?.closeAllConnections();
    await rm(folder, { recursive: true });
  });

  const asked = async (answer: RequestListener, ...args: readonly string[]): Promise<string> => {
    const socket = path.join(folder, 'c.sock');
    server = createServer(answer);
    await once(server.listen(socket), 'listening');
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const printed = Promise.all([text(stdout), text(stderr)]);
    const status = await runCli(['nodes', '--names', '--socket', socket, ...args], {
      ...{ stdin: Readable.from([]), stdout, stderr, by: 'alice@node-0' },
      serve: () => Promise.reject(new Error('not here')),
      initTools: () => Promise.reject(new Error('not here')),
      storeTools: () => Promise.reject(new Error('not here')),
    });
    stdout.end();
    stderr.end();
    return `${String(status)} ${(await printed).join('')}`;
  };

  it('prints them one a line, and nothing that a shell would run', async () => {
    const view = { lastSeenAt: '2026-01-01T00:00:00Z', agentVersion: '1.0.0', units: [] };
    const nodes = ['node-0', '$(reboot)', 'rack1.node-1', '`id`', '-x', 'a b'].map((name) => ({
      ...{ name, connected: name !== 'node-0' },
      ...view,
    }));
    const answer: RequestListener = (_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ lineage: 'controller:default', nodes }));
    };
    expect(await asked(answer)).to.equal('0 node-0\nrack1.node-1\n');
    server?.close();
    expect(await asked(answer, '--only', 'away')).to.equal('0 node-0\n');
  });

  it('waits for a controller that does not answer no longer than a second', async () => {
    expect(await asked(() => undefined)).to.match(/^1 .*: no answer within 1 s\n$/);
  });
});
