/** Two clusters with an authority each, in one controller: a token is worth something in its own only. */
import { expect } from 'chai';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { enrol, type Enrolled } from '../../../agent/app/identity/enrol.ts';
import { makeAuthority } from '../../../controller/adapters/authority/make-authority.ts';
import type { NewTokenAnswer } from '../../../controller/api/token-routes.ts';
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
  const enrolAt = (address: string, token: string, cluster: string): Promise<Enrolled> =>
    enrol(
      {
        ...{ controller: `wss://${lab.listen(address)}`, caDigest: digests[address] ?? '' },
        ...{ token, cluster, node: 'node-0', replace: false },
        stateDirectory: lab.file(`state-of-${cluster}-at-${address}`),
      },
      Date.now(),
    );

  it('gives a node a certificate of its cluster, and nothing for the token of another one', async () => {
    const { text, caDigest, url, cluster } = await tokenOf('east');
    expect([cluster, caDigest, url]).to.deep.equal([
      'east',
      digests['east'],
      `wss://${lab.listen('east')}`,
    ]);
    const elsewhere = await failure(enrolAt('west', text, 'west'));
    expect(elsewhere.message).to.contain('does not know this enrolment token');
    const misnamed = await failure(enrolAt('east', text, 'west'));
    expect(misnamed.message).to.contain('compare --cluster with that of the controller');
    const { caFile = '', nodeFile, node } = await enrolAt('east', text, 'east');
    const identity = { certFile: nodeFile, keyFile: nodeFile };
    const controller = { url: `wss://${lab.listen('east')}`, cluster: 'east', caFile, identity };
    lab.connect(new MemoryAgent({ name: node }), controller);
    await eventually(async () => expect(await lab.view('east')).to.include({ connected: 1 }));
    expect(await lab.view('west')).to.include({ known: 0, connected: 0 });
  });
});
