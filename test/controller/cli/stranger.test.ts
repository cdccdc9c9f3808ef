/** Another program behind the controller's socket, or a controller of another version. */
import { expect } from 'chai';
import { Readable, Writable } from 'node:stream';
import { runCli } from '../../../controller/cli/run-cli.ts';
import { json } from '../../../runtime/http/route.ts';
import { withAgent } from '../../agent/cli/scripted-agent.ts';

interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(argv: readonly string[], input = ''): Promise<Ran> {
  const texts = { stdout: '', stderr: '' };
  const sink = (name: keyof typeof texts): Writable =>
    new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        texts[name] += chunk.toString();
        done();
      },
    });
  const status = await runCli(argv, {
    stdin: Readable.from([Buffer.from(input)]),
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    by: 'alice@node-0',
    serve: () => Promise.resolve(0),
    initTools: () => Promise.reject(new Error('not used')),
    storeTools: () => Promise.reject(new Error('not here')),
  });
  return { status, ...texts };
}

const revision = { lineage: 'controller:default', number: 1, digest: `sha256:${'ab'.repeat(32)}` };

describe("an answer that differs from the description of the controller's API", () => {
  const cases: readonly (readonly [
    argv: readonly string[],
    line: string,
    answer: unknown,
    fault: string,
  ])[] = [
    [['status'], 'GET /v1/status', { hello: 'world' }, 'it must have required property'],
    [
      ['nodes'],
      'GET /v1/nodes',
      { lineage: 'controller:default', nodes: [{ name: 'node-0', connected: 'yes' }] },
      '"/nodes/0" must have required property',
    ],
    [
      ['push', '-'],
      'PUT /v1/config',
      { result: 'accepted', revision, issues: [], ended: 'some' },
      '"/ended" must be equal to one of the allowed values',
    ],
    [['forget', 'a'], 'DELETE /v1/nodes', { forgotten: 'a' }, '"/forgotten" must be array'],
  ];
  for (const [argv, line, answer, fault] of cases) {
    it(`is reported with its place and the expected form: ${argv.join(' ')}`, async () => {
      await withAgent({ [line]: () => json(answer) }, async ({ socket }) => {
        const { status, stdout, stderr } = await run([...argv, '--socket', socket], 'a: 1');
        expect([status, stdout]).to.deep.equal([1, '']);
        expect(stderr).to.contain(`calico-controller: cannot read the daemon's answer: ${fault}`);
      });
    });
  }

  it('names the pushing user and host', async () => {
    const answer = { result: 'accepted', revision, issues: [] };
    await withAgent({ 'PUT /v1/config': () => json(answer) }, async ({ socket, requests }) => {
      const { status, stdout } = await run(['push', '-', '--socket', socket], '{"a": 1}');
      expect([status, stdout]).to.deep.equal([0, 'revision controller:default#1 is pushed\n']);
      expect(requests[0]?.query).to.deep.equal({ by: 'alice@node-0' });
      expect(requests[0]?.mediaType).to.equal('application/json');
    });
  });
});
