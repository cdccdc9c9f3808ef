/** Configurations that need the approval of another person, and what the audit log says of it. */
import { expect } from 'chai';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { NewTokenAnswer } from '../../controller/api/people/access-routes.ts';
import type { AuditAnswer } from '../../controller/api/people/audit-route.ts';
import type {
  AppliedProposal,
  ProposalAnswer,
  ProposalsAnswer,
} from '../../controller/api/people/proposal-routes.ts';
import { commandRules } from '../../controller/api/people/command-rules.ts';
import type { RolloutAnswer } from '../../controller/api/rollout-routes.ts';
import { runCli } from '../../controller/cli/run-cli.ts';
import { AppError } from '../../runtime/errors.ts';
import { createUnixHttpClient } from '../../runtime/http/unix-client.ts';
import { eventually } from '../support/eventually.ts';
import { failure } from '../support/failure.ts';
import { lacks } from '../support/skips/needs.cjs';
import { makeCertificate, type Certificate } from '../support/servers/certificate.ts';
import { MemoryAgent } from '../support/twins/memory-agent.ts';
import { configWith, Lab } from './running.ts';

const methods = ['GET', 'PUT', 'POST', 'DELETE'] as const;

describe('proposals', function () {
  this.timeout(60_000);
  let lab: Lab;
  let server: Certificate;
  const start = (required = 1): Promise<void> =>
    lab.start({
      api: { listen: '127.0.0.1:0', tokens: true, tls: { ...server, fromConfig: true } },
      approvals: { required, byAnother: true },
    });

  before(function () {
    // Only of root counts the name that a command says, so that one user can be several persons.
    if (process.getuid?.() === 0) return;
    lacks('root');
    this.skip();
  });
  beforeEach(async () => {
    lab = await Lab.make();
    server = makeCertificate(lab.folder, 'api', 'IP:127.0.0.1');
    await start();
  });
  afterEach(() => lab.close());

  const propose = async (as: number, by = 'ann'): Promise<number> => {
    const asked = `/v1/proposals?by=${by}@host`;
    const { proposal } = await lab.ask<ProposalAnswer>('POST', asked, configWith(as));
    return proposal.id;
  };
  const decide = (id: number, what: string, by: string): Promise<AppliedProposal> =>
    lab.ask<AppliedProposal>('POST', `/v1/proposals/${String(id)}/${what}?by=${by}@host`);

  it('go to the nodes once another person has approved them', async () => {
    const id = await propose(64_513);
    expect((await failure(decide(id, 'apply', 'bob'))).message).to.equal(
      'cannot apply proposal 1: it needs one more approval by a person other than ann: calico-controller approve 1',
    );
    const own = await failure(decide(id, 'approve', 'Ann'));
    expect(own.code).to.equal('access-denied');
    await decide(id, 'approve', 'bob');
    const { revision } = await decide(id, 'apply', 'ann');
    expect(revision.number).to.equal(1);
    expect((await lab.status()).revision?.by).to.equal('ann (proposal 1 by ann, approved by bob)');
    expect((await failure(decide(id, 'apply', 'bob'))).message).to.contain('it is applied');
  });

  it('are the only way, but for an emergency with a reason on the machine', async () => {
    const direct = await failure(lab.push(configWith(64_513)));
    expect(direct.code).to.equal('approval-missing');
    expect(direct.message).to.contain('calico-controller propose FILE');
    const emergency = '/v1/config?by=eve@host&without-approval=the%20fabric%20is%20down';
    await lab.ask('PUT', emergency, configWith(64_513));
    const { actions } = await lab.ask<AuditAnswer>('GET', '/v1/audit');
    expect(actions.map(({ action, result }) => [action, result])).to.deep.equal([
      ['PUT /v1/config', 'refused'],
      ['PUT /v1/config', 'done'],
    ]);
    expect(actions[1]?.by).to.contain('eve@host');
    expect(actions[1]?.details).to.include({
      revision: 1,
      'asked.without-approval': 'the fabric is down',
    });
    expect(actions[1]?.details['digest']).to.match(/^sha256:/);
  });

  it('count for the revision for which they were made', async () => {
    const [first, second] = [await propose(64_513), await propose(64_514)];
    await decide(second, 'approve', 'bob');
    await decide(first, 'approve', 'bob');
    await decide(first, 'apply', 'bob');
    const late = await failure(decide(second, 'apply', 'bob'));
    expect(late.code).to.equal('base-changed');
    expect(late.message).to.contain('the newest is revision 1 now');
    expect((await failure(decide(second, 'approve', 'carol'))).code).to.equal('base-changed');
    const { proposals } = await lab.ask<ProposalsAnswer>('GET', '/v1/proposals');
    expect(proposals.map(({ state, outdated }) => [state, outdated])).to.deep.equal([
      ['applied', undefined],
      ['open', true],
    ]);
  });

  it('survive a restart with their approvals, and stricter settings count for them', async () => {
    const id = await propose(64_513);
    await decide(id, 'approve', 'bob');
    await lab.stopController();
    await start(2);
    const shown = await lab.ask<ProposalAnswer>('GET', `/v1/proposals/${String(id)}`);
    expect(shown.text).to.equal(configWith(64_513));
    expect(shown.issues?.map(({ severity }) => severity)).to.deep.equal(['note']);
    expect(shown.proposal.approvals.map(({ by }) => by)).to.deep.equal(['bob']);
    expect((await failure(decide(id, 'apply', 'ann'))).code).to.equal('approval-missing');
    // The same person twice is one approval.
    await decide(id, 'approve', 'BOB');
    expect((await failure(decide(id, 'apply', 'ann'))).code).to.equal('approval-missing');
    await decide(id, 'approve', 'carol');
    expect((await decide(id, 'apply', 'ann')).proposal.state).to.equal('applied');
  });

  it('are refused with their errors, and closed by whoever may', async () => {
    const wrong = await failure(lab.ask('POST', '/v1/proposals?by=ann', 'global-as-number: -1\n'));
    expect(wrong.code).to.equal('invalid-config');
    expect(wrong.issues).not.to.deep.equal([]);
    const id = await propose(64_513);
    const withdraw = `/v1/proposals/${String(id)}?by=bob@host`;
    expect((await failure(lab.ask('DELETE', withdraw))).code).to.equal('access-denied');
    await lab.ask('POST', `/v1/proposals/${String(id)}/reject?by=bob@host&reason=no`);
    expect((await failure(decide(id, 'approve', 'bob'))).message).to.contain('it is rejected');
    const next = await propose(64_513);
    expect(next).to.equal(id + 1);
    await lab.ask('DELETE', `/v1/proposals/${String(next)}?by=ann@host`);
  });

  it('go the whole way by commands, over HTTPS, each step as its own person', async () => {
    const config = path.join(lab.folder, 'network.yaml');
    await writeFile(config, configWith(64_513));
    const as = async (name: string, role: string, ...args: string[]): Promise<string> => {
      const made = `/v1/access/tokens?name=${name}&role=${role}&by=root`;
      const file = path.join(lab.folder, `${name}.token`);
      await writeFile(file, (await lab.ask<NewTokenAnswer>('POST', made)).text, { mode: 0o600 });
      const url = `https://${lab.controller?.apiListen ?? ''}`;
      const remote = ['--server', url, '--token-file', file, '--ca-file', server.certFile];
      return run([...remote, ...args]);
    };
    expect(await as('ann', 'propose', 'propose', config, '-m', 'two racks')).to.contain(
      '0 proposal 1 waits: calico-controller approve 1',
    );
    // Line by line, as it is read in the file.
    expect(await as('bob', 'read', 'proposal', '1')).to.match(
      /approvals +0 of 1\nexpires .*\ncheck +no finding, at .*\n\n {2}global-as-number: 64513\n/,
    );
    expect(await as('ann', 'propose', 'apply', '1')).to.contain(
      'cannot run "apply": it needs the role apply',
    );
    expect(await as('ann', 'approve', 'approve', '1')).to.contain(
      '1 calico-controller: cannot approve',
    );
    expect(await as('bob', 'approve', 'approve', '1')).to.contain('1 of 1 approvals');
    expect(await as('carol', 'apply', 'push', config, '--without-approval', 'x')).to.contain(
      'it needs the approval of another person',
    );
    expect(await as('carol', 'apply', 'apply', '1')).to.contain('is pushed as revision');
    expect(await as('rita', 'read', 'proposals')).to.match(
      /1 +applied +1\/1 +push +ann .*two racks/,
    );
    const audit = await as('rita', 'read', 'audit');
    expect(audit).to.match(
      /carol +token \w+, 127\.0\.0\.1 +POST \/v1\/proposals\/\{id\}\/apply +done/,
    );
    expect(audit).not.to.match(/cac_/);
    const own = await as(
      'rita',
      'read',
      'audit',
      '--by',
      'Bob',
      '--action',
      'approve',
      '-o',
      'json',
    );
    expect(own.match(/"by": "[a-z]+"/g)).to.deep.equal(['"by": "bob"']);
    expect(await as('rita', 'read', 'audit', '--node', 'node-9')).to.match(
      /none of the \d+ actions in this time matches/,
    );
  });

  it('are the only way for every command that brings a configuration, and for no other', async () => {
    const strategy = { apiVersion: 'calico-agent/v1', kind: 'RolloutStrategy' };
    const config = configWith(64_513);
    const rollout = JSON.stringify({ text: config, mediaType: 'application/yaml', strategy });
    const bodies: Readonly<
      Record<string, readonly ['application/yaml' | 'application/json', string]>
    > = {
      'PUT /v1/config': ['application/yaml', config],
      'POST /v1/rollout': ['application/json', rollout],
      'POST /v1/preview': ['application/yaml', config],
      'POST /v1/rollout/preview': ['application/json', rollout],
      'POST /v1/proposals': ['application/yaml', config],
      'POST /v1/proposals/rollout': ['application/json', rollout],
    };
    const client = createUnixHttpClient(lab.socket, { startHint: 'the test' });
    for (const [route, { instead }] of commandRules()) {
      const [, resource = ''] = route.split(' ');
      const method = methods.find((one) => route.startsWith(`${one} `)) ?? 'GET';
      const [mediaType, body] = bodies[route] ?? [];
      const asked = { method, path: resource.replace('{id}', '99') };
      const found = await client
        .request({ ...asked, ...(body !== undefined && mediaType && { body, mediaType }) })
        .then(
          () => 'done',
          (error: unknown) => (error instanceof AppError ? error.code : String(error)),
        );
      const expected = instead === undefined ? 'other' : 'approval-missing';
      expect(found === 'approval-missing' ? found : 'other', route).to.equal(expected);
    }
    const refused = await failure(
      client.request({
        method: 'POST',
        path: '/v1/rollout?by=carol@host',
        body: rollout,
        mediaType: 'application/json',
      }),
    );
    expect(refused.message).to.contain('calico-controller propose FILE --strategy FILE');
  });

  it('are rolled out wave after wave, as they were approved, and shown to the end', async () => {
    const agents = ['node-0', 'node-1', 'node-2'].map((name, index) =>
      lab.connect(new MemoryAgent({ name, address: `10.0.0.${String(index + 1)}/24` })),
    );
    expect(agents).to.have.length(3);
    await eventually(async () => expect((await lab.status()).connected).to.equal(3));
    const file = path.join(lab.folder, 'network.yaml');
    await writeFile(file, configWith(64_513));
    const strategy = path.join(lab.folder, 'strategy.yaml');
    await writeFile(
      strategy,
      [
        'apiVersion: calico-agent/v1',
        'kind: RolloutStrategy',
        'settle: 0s',
        'waves: [{ name: canary, nodes: [node-1] }]',
      ].join('\n'),
    );
    const as = (by: string, ...args: string[]): Promise<string> =>
      run([...args, '--socket', lab.socket], `${by}@host`);
    const proposed = await as('ann', 'propose', file, '--strategy', strategy, '-m', 'two racks');
    expect(proposed).to.contain('0 proposal 1 waits');
    expect(await as('bob', 'proposal', '1')).to.match(
      /to do +roll it out, wave after wave\nwaves +canary: 1 node: node-1\n +rest: 2 nodes: node-0, node-2\nrules +canary: nodes \["node-1"\]\nterms +settle "0s"\n/,
    );
    expect(await as('ann', 'approve', '1')).to.contain('you made it');
    expect(await as('bob', 'approve', '1')).to.contain('1 of 1 approvals');
    const applied = await as('carol', 'apply', '1', '--wait');
    expect(applied).to.match(
      /^0 proposal 1 begins as the rollout of revision .*canary \(1\), rest \(2\)/,
    );
    expect(applied).to.match(/done\n$/);
    const { rollout } = await lab.ask<RolloutAnswer>('GET', '/v1/rollout');
    expect(rollout?.by).to.equal('carol (proposal 1 by ann, approved by bob)');
    expect(rollout?.waves.map(({ name }) => name)).to.deep.equal(['canary', 'rest']);
    const { actions } = await lab.ask<AuditAnswer>('GET', '/v1/audit');
    expect(actions.at(-1)).to.include({ by: 'carol@host', result: 'done' });
    expect(actions.at(-1)?.details).to.include({ proposal: 1, kind: 'rollout', revision: 1 });
    // The second revision of the rollout has the same content: it is the same base.
    expect((await lab.status()).revision?.number).to.equal(2);
    await writeFile(file, configWith(64_514));
    expect(await as('ann', 'propose', file)).to.contain('proposal 2 waits');
    expect(await as('ann', 'proposal', '2')).to.match(/for +revision 1 as the newest/);
    expect(await as('ann', 'proposal', '2')).to.contain('-global-as-number: 64513');
    expect(await as('ann', 'propose', '--again', '2', '--supersede', '-m', 'now')).to.contain(
      'proposal 3 waits',
    );
    expect(await as('ann', 'proposal', '3')).to.match(/message +now\n[^]*with +--supersede: /);
    expect(await as('ann', 'propose', '--again', '3', '--strategy', strategy)).to.contain(
      '--again keeps the strategy of the proposal',
    );
  });

  it('are not decided about while the audit log cannot be written', async () => {
    const id = await propose(64_513);
    const folder = path.join(lab.folder, 'state', 'audit');
    await lab.stopController();
    await rm(folder, { recursive: true });
    await writeFile(folder, 'a file in its place');
    await start();
    const refused = await failure(decide(id, 'approve', 'bob'));
    expect(refused.message).to.contain('cannot write the audit log');
    const { proposal } = await lab.ask<ProposalAnswer>('GET', `/v1/proposals/${String(id)}`);
    expect(proposal.approvals).to.deep.equal([]);
  });
});

/** Its exit status, what it printed, and its errors. */
async function run(args: readonly string[], by = 'somebody@else'): Promise<string> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const status = await runCli(args, {
    ...{ stdin, stdout, stderr, by },
    initTools: () => Promise.reject(new Error('not used')),
    storeTools: () => Promise.reject(new Error('not here')),
    serve: () => Promise.reject(new Error('not here')),
  });
  stdout.end();
  stderr.end();
  return `${String(status)} ${await text(stdout)}${await text(stderr)}`;
}
