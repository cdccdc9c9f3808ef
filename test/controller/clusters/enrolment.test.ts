/** Two clusters with an authority each, in one controller: a token is worth something in its own only. */
import { expect } from 'chai';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { enrol, type Enrolled } from '../../../agent/app/identity/enrol.ts';
import { makeAuthority } from '../../../controller/adapters/authority/make-authority.ts';
import type { NewTokenAnswer } from '../../../controller/api/token-routes.ts';
import { runCli } from '../../../controller/cli/run-cli.ts';
import { credentialsOf } from '../../../controller/cli/serve/serve-credentials.ts';
import type { ClusterSettings } from '../../../controller/settings.ts';
import { eventually } from '../../support/eventually.ts';
import { failure } from '../../support/failure.ts';
import { MemoryAgent } from '../../support/twins/memory-agent.ts';
import { Clusters } from './running-clusters.ts';

describe('enrolment at a controller of two clusters', function () {
  this.timeout(120_000);
  let lab: Clusters;
  let digests: Record<string, string>;

  beforeEach(async () => {
    lab = new Clusters(await mkdtemp(path.join(tmpdir(), 'calico-clusters-')));
    digests = {};
    await lab.start([await withAuthority('east'), await withAuthority('west')]);
  });
  afterEach(() => lab.close());

  const withAuthority = async (cluster: string): Promise<ClusterSettings> => {
    const folder = lab.file(`${cluster}.authority`);
    const names = ['127.0.0.1'];
    const made = await makeAuthority({ folder, cluster, names, now: Date.now() });
    digests[cluster] = made.digest;
    const noFiles = { tokenFile: undefined, tlsCert: undefined, tlsKey: undefined };
    const config = { authority: { folder }, sharedToken: 'refused' } as const;
    return lab.settings(cluster, credentialsOf(noFiles, config));
  };
  const tokenOf = async (cluster: string): Promise<NewTokenAnswer> => {
    const resource = `/clusters/${cluster}/v1/enrolment-tokens?by=test`;
    const made: NewTokenAnswer = JSON.parse(await lab.request({ method: 'POST', path: resource }));
    return made;
  };
  const enrolAt = (
    address: string,
    token: string,
    cluster: string,
    replace = false,
  ): Promise<Enrolled> =>
    enrol(
      {
        ...{ controller: `wss://${lab.listen(address)}`, caDigest: digests[address] ?? '' },
        ...{ token, cluster, node: 'node-0', replace },
        stateDirectory: lab.file(`state-of-${cluster}-at-${address}`),
      },
      Date.now(),
    );

  it('gives a node a certificate of its cluster, and nothing for the token of another one', async () => {
    const { text: token, caDigest, url, cluster } = await tokenOf('east');
    expect([cluster, caDigest, url]).to.deep.equal([
      'east',
      digests['east'],
      `wss://${lab.listen('east')}`,
    ]);
    const elsewhere = await failure(enrolAt('west', token, 'west'));
    expect(elsewhere.message).to.contain('does not know this enrolment token');
    const misnamed = await failure(enrolAt('east', token, 'west'));
    expect(misnamed.message).to.contain('compare --cluster with that of the controller');
    connect('east', await enrolAt('east', token, 'east'));
    await eventually(async () => expect(await lab.view('east')).to.include({ connected: 1 }));
    expect(await lab.view('west')).to.include({ known: 0, connected: 0 });
  });

  it('refuses a revoked node in that cluster only, and names a command that lets it in again', async () => {
    const { text: used } = await tokenOf('east');
    for (const cluster of ['east', 'west']) {
      const token = cluster === 'east' ? used : (await tokenOf(cluster)).text;
      connect(cluster, await enrolAt(cluster, token, cluster));
    }
    await connected({ east: 1, west: 1 });
    const revocation = '/clusters/east/v1/revocations?name=node-0&by=test';
    await lab.request({ method: 'POST', path: revocation });
    await connected({ east: 0, west: 1 });
    const refused = await failure(enrolAt('east', used, 'east', true));
    const [, command = ''] = /: calico-controller (token create .+)$/.exec(refused.message) ?? [];
    const [, token = ''] = /^token +(\S+)$/m.exec(await run(command)) ?? [];
    connect('east', await enrolAt('east', token, 'east', true));
    await connected({ east: 1, west: 1 });
  });

  const connect = (cluster: string, { caFile = '', nodeFile, node }: Enrolled): void => {
    const identity = { certFile: nodeFile, keyFile: nodeFile };
    const url = `wss://${lab.listen(cluster)}`;
    lab.connect(new MemoryAgent({ name: node }), { url, cluster, caFile, identity });
  };
  const connected = (counts: Record<string, number>): Promise<void> =>
    eventually(async () => {
      for (const [cluster, count] of Object.entries(counts))
        expect(await lab.view(cluster), cluster).to.include({ connected: count });
    });
  const run = async (command: string): Promise<string> => {
    const output = new PassThrough();
    const [said] = await Promise.all([
      text(output),
      runCli([...command.split(' '), '--socket', lab.file('controller.sock')], {
        ...{ stdin: Readable.from([]), stdout: output, stderr: output, by: 'ann@node-0' },
        serve: () => Promise.resolve(0),
        initTools: () => Promise.reject(new Error('not used')),
        storeTools: () => Promise.reject(new Error('not used')),
      }).finally(() => output.end()),
    ]);
    return said;
  };
});
