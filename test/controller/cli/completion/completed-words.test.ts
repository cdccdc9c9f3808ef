/** The commands that print words for the completions of shells. */
import { expect } from 'chai';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runCli } from '../../../../controller/cli/run-cli.ts';

const proposal = {
  ...{
    by: 'ann',
    at: '2026-01-01T00:00:00Z',
    plan: { kind: 'push' },
    mediaType: 'application/yaml',
  },
  ...{ digest: `sha256:${'0'.repeat(64)}`, bytes: 1, base: { number: 0 }, approvals: [] },
  ...{ counted: 0, required: 1 },
};
const proposals = [
  { ...proposal, id: 12, state: 'open' },
  { ...proposal, id: 9, state: 'applied' },
];
const rollout = {
  ...{ kind: 'rollout', phase: 'done', by: 'ann' },
  ...{ startedAt: '2026-01-01T00:00:00Z', changedAt: '2026-01-01T00:00:00Z' },
};
const rollouts = [
  { ...rollout, number: 7, newest: 8 },
  { ...rollout, number: 6, newest: 6 },
];
const enrolment = {
  ...{ at: '2026-01-01T00:00:00Z', by: 'ann', expiresAt: '2026-01-02T00:00:00Z', uses: 1, used: 0 },
};
const access = {
  ...{ roles: ['read'], createdAt: '2026-01-01T00:00:00Z', by: 'root' },
  expiresAt: '2026-01-02T00:00:00Z',
};
const people = [
  { ...access, id: 'aa11', name: 'ann' },
  { ...access, id: 'bb22', name: 'ann' },
  { ...access, id: 'cc33', name: '$(reboot)' },
];

/** A command, the controller's answer, and the words. */
const lists: readonly (readonly [string, object, readonly string[]])[] = [
  ['proposals --ids', { proposals }, ['12', '9']],
  ['proposals --ids --open', { proposals }, ['12']],
  ['rollout list --ids', { rollouts }, ['8', '7', '6']],
  [
    'token list --ids',
    { tokens: [{ ...enrolment, id: 'e1' }], unreadable: ['e2', '`id`'] },
    ['e1', 'e2'],
  ],
  ['access list --ids', { tokens: people }, ['aa11', 'bb22', 'cc33']],
  ['access list --names', { tokens: people }, ['ann']],
  ['clusters --names', { clusters: [{ name: 'east', state: 'serving' }] }, ['east']],
];

describe('a command that prints words for completions', () => {
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

  const asked = async (command: string, answer: RequestListener): Promise<string> => {
    const socket = path.join(folder, 'c.sock');
    server = createServer(answer);
    await once(server.listen(socket), 'listening');
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const printed = Promise.all([text(stdout), text(stderr)]);
    const status = await runCli([...command.split(' '), '--socket', socket], {
      ...{ stdin: Readable.from([]), stdout, stderr, by: 'alice@node-0' },
      serve: () => Promise.reject(new Error('not here')),
      initTools: () => Promise.reject(new Error('not here')),
      storeTools: () => Promise.reject(new Error('not here')),
    });
    stdout.end();
    stderr.end();
    return `${String(status)} ${(await printed).join('')}`;
  };

  const answering =
    (value: object): RequestListener =>
    (_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(value));
    };

  for (const [command, answer, words] of lists) {
    it(`prints them one a line, each once: ${command}`, async () => {
      const lines = words.map((word) => `${word}\n`).join('');
      expect(await asked(command, answering(answer))).to.equal(`0 ${lines}`);
    });
  }

  it('prints the names of nodes, and nothing that a shell would run', async () => {
    const view = { lastSeenAt: '2026-01-01T00:00:00Z', agentVersion: '1.0.0', units: [] };
    const nodes = ['node-0', '$(reboot)', 'rack1.node-1', '`id`', '-x', 'a b'].map((name) => ({
      ...{ name, connected: name !== 'node-0' },
      ...view,
    }));
    const answer = answering({ lineage: 'controller:default', nodes });
    expect(await asked('nodes --names', answer)).to.equal('0 node-0\nrack1.node-1\n');
    server?.close();
    expect(await asked('nodes --names --only away', answer)).to.equal('0 node-0\n');
  });

  it('waits for a controller that does not answer no longer than a second', async () => {
    expect(await asked('proposals --ids', () => undefined)).to.match(
      /^1 .*: no answer within 1 s\n$/,
    );
  });
});
