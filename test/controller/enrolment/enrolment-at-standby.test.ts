/** Enrolment where several controllers share a store: any of them takes the request of a node. */
import { expect } from 'chai';
import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { enrol, type Enrolled } from '../../../agent/app/identity/enrol.ts';
import { makeAuthority } from '../../../controller/adapters/authority/make-authority.ts';
import { credentialsOf } from '../../../controller/cli/serve/serve-credentials.ts';
import type { NewTokenAnswer } from '../../../controller/api/token-routes.ts';
import { eventually } from '../../support/eventually.ts';
import { failure } from '../../support/failure.ts';
import { etcdOfSuite } from '../../support/servers/etcd.ts';
import { freePort } from '../../support/servers/free-port.ts';
import { MemoryAgent } from '../../support/twins/memory-agent.ts';
import { Lab } from '../running.ts';

describe('enrolment at a controller that stands by', function () {
  this.timeout(120_000);
  const etcd = etcdOfSuite();
  let labs: Lab[];
  beforeEach(() => {
    labs = [];
  });
  afterEach(async () => {
    for (const lab of labs) await lab.close();
  });

  const authorityOf = (lab: Lab): string => path.join(lab.folder, 'authority');
  /** As the documents say: the authority is copied, and `init` makes the rest. */
  const add = async (port: number): Promise<{ readonly lab: Lab; readonly digest: string }> => {
    const lab = await Lab.make();
    labs.push(lab);
    const folder = authorityOf(lab);
    await mkdir(folder, { mode: 0o700 });
    const first = labs[0] ?? lab;
    for (const name of first === lab ? [] : ['authority.pem', 'authority.key']) {
      await copyFile(path.join(authorityOf(first), name), path.join(folder, name));
    }
    const names = ['127.0.0.1'];
    const { digest } = await makeAuthority({ folder, cluster: 'default', names, now: Date.now() });
    const noFiles = { tokenFile: undefined, tlsCert: undefined, tlsKey: undefined };
    await lab.startWithoutToken({
      ...credentialsOf(noFiles, { authority: { folder }, sharedToken: 'refused' }),
      etcd: { endpoints: [etcd().endpoint], timeoutSeconds: 20 },
      listen: `127.0.0.1:${String(port)}`,
    });
    return { lab, digest };
  };

  it('gives a node its certificate, and lets it in, also when the other one leads then', async () => {
    const port = await freePort();
    const { lab: leader, digest } = await add(port);
    await leader.controller?.opened;
    const { lab: other, digest: same } = await add(await freePort([port]));
    expect(same).to.equal(digest);
    const refused = await failure(other.ask('POST', '/v1/enrolment-tokens?by=test'));
    expect(refused.message).to.contain('cannot make a token: this controller stands by: ');
    const { text } = await leader.ask<NewTokenAnswer>(
      'POST',
      '/v1/enrolment-tokens?by=test&uses=2',
    );
    const enrolled = (node: string): Promise<Enrolled> =>
      enrol(
        {
          ...{ controller: `wss://${other.listen}`, token: text, caDigest: digest, node },
          ...{ cluster: 'default', stateDirectory: path.join(other.folder, node), replace: false },
        },
        Date.now(),
      );
    const connect = ({ node, nodeFile, caFile = '' }: Enrolled): void => {
      const identity = { certFile: nodeFile, keyFile: nodeFile };
      const agent = new MemoryAgent({ name: node });
      other.connectWith(agent, { url: `wss://${other.listen}`, caFile, identity });
    };
    connect(await enrolled('node-0'));
    const seen = (lab: Lab, withCertificate: number): Promise<void> =>
      eventually(async () => expect(await lab.status()).to.deep.include({ withCertificate }));
    await seen(leader, 1);
    await leader.stopController();
    await other.controller?.opened;
    connect(await enrolled('node-1'));
    await seen(other, 2);
    expect((await failure(enrolled('node-2'))).message).to.contain('used');
  });
});
