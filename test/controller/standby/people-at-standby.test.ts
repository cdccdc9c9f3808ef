/** People whose commands reach a controller that stands by, over one etcd: its leader answers them. */
import { expect } from 'chai';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { NewTokenAnswer } from '../../../controller/api/people/access-routes.ts';
import { runCli } from '../../../controller/cli/run-cli.ts';
import type { ControllerSettings } from '../../../controller/settings.ts';
import { failure } from '../../support/failure.ts';
import { makeCertificate, type Certificate } from '../../support/servers/certificate.ts';
import { etcdOfSuite } from '../../support/servers/etcd.ts';
import { freePort } from '../../support/servers/free-port.ts';
import { configWith, Lab } from '../running.ts';

describe('people at a controller that stands by', function () {
  this.timeout(120_000);
  const etcd = etcdOfSuite();
  let labs: Lab[];
  let ports: number[];
  let server: Certificate;
  let person: Certificate;
  beforeEach(async () => {
    [labs, ports] = [[], []];
    const files = await Lab.make();
    labs.push(files);
    server = makeCertificate(files.folder, 'api', 'IP:127.0.0.1');
    person = makeCertificate(files.folder, 'ann', 'URI:calico-agent://default/person/ann');
  });
  afterEach(async () => {
    for (const lab of labs) await lab.close();
    await etcd().etcdctl('del', '--prefix', '/calico-controller/');
  });

  /** @param hasApi people reach it over the network */
  const add = async (hasApi = true): Promise<Lab> => {
    const lab = await Lab.make();
    labs.push(lab);
    const port = await freePort(ports);
    ports.push(port);
    const api: ControllerSettings['api'] = {
      listen: `127.0.0.1:${String(port)}`,
      tokens: true,
      tls: { ...server, clientCaFile: person.certFile, fromConfig: true },
    };
    await lab.start({
      etcd: { endpoints: [etcd().endpoint], timeoutSeconds: 20 },
      people: [{ name: 'ann', roles: ['read'] }],
      ...(hasApi && { api }),
    });
    return lab;
  };
  const opened = (lab: Lab): Promise<void> => lab.controller?.opened ?? Promise.reject(new Error());
  const urlOf = (lab: Lab): string => `https://${lab.controller?.apiListen ?? ''}`;
  const tokenFile = async (lab: Lab, name: string, role: string): Promise<string> => {
    const asked = `/v1/access/tokens?name=${name}&role=${role}&by=root`;
    const { text: token } = await lab.ask<NewTokenAnswer>('POST', asked);
    const file = path.join(lab.folder, `${name}.token`);
    await writeFile(file, token, { mode: 0o600 });
    return file;
  };
  const asPerson = (lab: Lab, ...args: readonly string[]): Promise<string> =>
    run(['--server', urlOf(lab), '--ca-file', server.certFile, ...args]);

  it('are answered by the leader, with their tokens, certificates and roles', async () => {
    const leader = await add();
    await opened(leader);
    const other = await add();
    const reader = ['--token-file', await tokenFile(leader, 'rita', 'read')];
    const applier = ['--token-file', await tokenFile(leader, 'paul', 'apply')];
    const network = path.join(leader.folder, 'network.yaml');
    await writeFile(network, configWith(64_513));

    expect(await asPerson(other, ...applier, 'push', network)).to.match(/^0 /);
    expect((await leader.status()).revision).to.include({ number: 1, by: 'paul' });
    expect(await asPerson(other, ...reader, 'status')).to.contain('revision   1 ');
    const certificate = ['--cert-file', person.certFile, '--key-file', person.keyFile];
    expect(await asPerson(other, ...certificate, 'status')).to.contain('revision   1 ');
    expect(await asPerson(other, ...reader, 'push', network)).to.contain(
      'cannot run "push": it needs the role apply, and "rita" has read',
    );
    expect(await asPerson(other, 'status')).to.contain('the request has no token');
  });

  it('read at its socket where the leader answers them', async () => {
    const leader = await add();
    await opened(leader);
    const other = await add();
    const where = `people reach that one at ${urlOf(leader)}`;
    expect((await other.status()).problem).to.contain(where);
    const refused = await failure(other.push(configWith(64_513)));
    expect(refused.message).to.contain(where);
    expect(await run(['nodes', '--socket', other.socket])).to.match(/^1 .*stands by: .*https:/);
  });

  it('are refused where the leader has no address for them', async () => {
    const leader = await add(false);
    await opened(leader);
    const other = await add();
    expect(await asPerson(other, 'status')).to.match(
      /^1 .*cannot let people in: this controller stands by: .* leads; it takes over when that one is gone\n$/,
    );
  });
});

/** @returns the exit status and what the command printed */
async function run(args: readonly string[]): Promise<string> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const printed = Promise.all([text(stdout), text(stderr)]);
  const status = await runCli(args, {
    ...{ stdin: Readable.from([]), stdout, stderr, by: 'alice@node-0' },
    serve: () => Promise.reject(new Error('not here')),
    initTools: () => Promise.reject(new Error('not here')),
    storeTools: () => Promise.reject(new Error('not here')),
  });
  stdout.end();
  stderr.end();
  return `${String(status)} ${(await printed).join('')}`;
}
