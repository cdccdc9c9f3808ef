/** Another program behind the socket, or a daemon of another version. */
import { expect } from 'chai';
import { json } from '../../../../runtime/http/route.ts';
import { agentStatus } from '../agent-status.ts';
import { run } from '../run-command.ts';
import { withAgent } from '../scripted-agent.ts';

const revision = { lineage: 'local:node-0', number: 4, digest: `sha256:${'ab'.repeat(32)}` };
const step = { title: 'peers', why: 'new ones first', gates: [] };

describe('an answer that differs from the description of the API', () => {
  const cases: readonly (readonly [
    argv: readonly string[],
    line: string,
    answer: unknown,
    fault: string,
  ])[] = [
    [['status'], 'GET /v1/status', { hello: 'world' }, "it must have required property '"],
    [['status'], 'GET /v1/status', { ...agentStatus, node: 7 }, '"/node" must be string'],
    [
      ['peers'],
      'GET /v1/peers',
      {
        node: 'a',
        peers: [
          { address: '10.0.0.1', asNumber: '1', reasons: [], session: { verdict: 'unknown' } },
        ],
        others: [],
        daemons: [],
      },
      '"/peers/0/asNumber" must be integer',
    ],
    [['history'], 'GET /v1/revisions', { revisions: {} }, '"/revisions" must be array'],
    [
      ['plan'],
      'GET /v1/plan',
      {
        plan: { formatVersion: 1, steps: [{ ...step, changes: [{ action: 'drop' }] }], issues: [] },
        issues: [],
      },
      '"/plan/steps/0/changes/0" value of tag "action" must be in oneOf',
    ],
    [
      ['drift'],
      'GET /v1/drift',
      { revision, fields: [{ name: 'a' }] },
      `"/fields/0" must have required property 'kind'`,
    ],
    [
      ['apply', '-'],
      'PUT /v1/config',
      { result: 'done', revision, stage: 'accepted', issues: [] },
      '"/result" must be equal to one of the allowed values',
    ],
    [['hold', '--why', 'x'], 'PUT /v1/hold', [], 'it must be object'],
    [['release-hold'], 'DELETE /v1/hold', { scope: 'all' }, '"/scope" must be equal to one of'],
    [['adopt'], 'GET /v1/adoptable', { objects: [null] }, '"/objects/0" must be object'],
    [['release'], 'GET /v1/owned', null, 'it must be object'],
    [
      ['release', '--yes'],
      'POST /v1/release',
      { objects: [] },
      "it must have required property 'left'",
    ],
    [
      ['resources', '-o', 'json'],
      'GET /v1/resources',
      { resources: 1, nodes: [] },
      '"/resources" must be array',
    ],
    [
      ['stale-nodes'],
      'GET /v1/stale-nodes',
      { nodes: [{ name: 'a', hasNode: 'yes', objects: [], blocks: [] }] },
      '"/nodes/0/hasNode" must be boolean',
    ],
  ];
  for (const [argv, line, answer, fault] of cases) {
    it(`is reported with its place and the expected form: ${argv.join(' ')}, ${fault}`, async () => {
      await withAgent({ [line]: () => json(answer) }, async ({ socket }) => {
        const { status, stdout, stderr } = await run([...argv, '--socket', socket], {
          input: 'a: 1',
        });
        expect([status, stdout]).to.deep.equal([1, '']);
        expect(stderr).to.contain(`calico-agent: cannot read the daemon's answer: ${fault}`);
        expect(stderr).to.contain('check that daemon and command have the same version');
      });
    });
  }

  it('is accepted when a newer daemon only adds fields', async () => {
    const answer = { node: 'node-0', peers: [], others: [], daemons: [], region: 'north' };
    await withAgent({ 'GET /v1/peers': () => json(answer) }, async ({ socket }) => {
      expect(await run(['peers', '--socket', socket])).to.include({ status: 0, stderr: '' });
    });
  });
});
