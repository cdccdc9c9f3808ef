/** Two clusters in one controller: each has its own of everything, and a fault of one is no fault of the other. */
import { expect } from 'chai';
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WebSocket } from 'ws';
import { subprotocol } from '../../../core/protocol/messages.ts';
import type { OpenHost } from '../../../controller/adapters/embedded-store/database-host.ts';
import { hostHere } from '../../../controller/adapters/embedded-store/host-here.ts';
import type { NewTokenAnswer } from '../../../controller/api/people/access-routes.ts';
import type { ClustersAnswer } from '../../../controller/api/clusters/shared-routes.ts';
import type { ControllerStatus, NodesAnswer } from '../../../controller/api/routes.ts';
import { createHttpsClient } from '../../../runtime/http/remote/https-client.ts';
import { silentLogger } from '../../../runtime/log/logger.ts';
import { eventually } from '../../support/eventually.ts';
import { failure } from '../../support/failure.ts';
import {
  makeAuthority,
  makeCertificate,
  makeSignedCertificate,
  type Certificate,
} from '../../support/servers/certificate.ts';
import { MemoryAgent } from '../../support/twins/memory-agent.ts';
import { Clusters } from './running-clusters.ts';

describe('a controller of two clusters', function () {
  this.timeout(120_000);
  let lab: Clusters;

  beforeEach(async () => {
    lab = new Clusters(await mkdtemp(path.join(tmpdir(), 'calico-clusters-')));
  });
  afterEach(() => lab.close());

  /** Two clusters with a token each, and a node of the same name in each. */
  const startTwo = async (): Promise<Readonly<Record<'east' | 'west', MemoryAgent>>> => {
    const [eastToken, westToken] = [await lab.token('east'), await lab.token('west')];
    await lab.start([
      lab.settings('east', { tokenFile: eastToken }),
      lab.settings('west', { tokenFile: westToken }),
    ]);
    const east = new MemoryAgent({ name: 'node-0', address: '10.0.0.1/24' });
    const west = new MemoryAgent({ name: 'node-0', address: '10.9.0.1/24' });
    const urlOf = (name: string): string => `ws://${lab.listen(name)}`;
    lab.connect(east, { url: urlOf('east'), cluster: 'east', tokenFile: eastToken });
    lab.connect(west, { url: urlOf('west'), cluster: 'west', tokenFile: westToken });
    await eventually(async () => {
      expect(await lab.view('east')).to.include({ state: 'serving', connected: 1 });
      expect(await lab.view('west')).to.include({ state: 'serving', connected: 1 });
    });
    return { east, west };
  };

  it('keeps their nodes, revisions, tokens and actions apart', async () => {
    const { east, west } = await startTwo();
    const { revision, ended } = await lab.push('east', 64_513);
    expect([revision.lineage, ended]).to.deep.equal(['controller:east', 'all']);
    expect(east.status().revisions.inForce?.number).to.equal(1);
    expect(west.status().revisions.inForce).to.equal(undefined);
    expect(await lab.view('east')).to.include({ revision: 1, known: 1 });
    expect(await lab.view('west')).to.not.have.property('revision');
    const { nodes, lineage } = await lab.get<NodesAnswer>('/clusters/west/v1/nodes');
    expect([lineage, nodes.length]).to.deep.equal(['controller:west', 1]);
    expect((await lab.push('west', 64_514)).revision.number).to.equal(1);
    const tokens = '/v1/access/tokens?name=ann&role=read&by=root';
    await lab.request({ method: 'POST', path: `/clusters/east${tokens}` });
    const ofWest = await lab.get<object>('/clusters/west/v1/access/tokens');
    expect(ofWest).to.deep.equal({ tokens: [] });
    const actions = JSON.stringify(await lab.get('/clusters/west/v1/audit'));
    expect(actions).to.not.contain('ann');
    const metrics = (await lab.request({ method: 'GET', path: '/metrics?target=all' })).split('\n');
    expect(metrics).to.include.members([
      'calico_controller_revision{cluster="east"} 1',
      'calico_controller_revision{cluster="west"} 1',
      'calico_controller_push_nodes{cluster="east",state="confirmed"} 1',
    ]);
    expect(metrics.filter((line) => line.startsWith('process_cpu_seconds_total '))).to.have.length(
      1,
    );
  });

  it('asks which cluster is meant, and names them', async () => {
    await startTwo();
    const bare = await failure(lab.get('/v1/status'));
    expect(bare.code).to.equal('cluster-missing');
    expect(bare.message).to.equal(
      'this controller serves several clusters: east, west; name one: --cluster NAME, or /clusters/NAME/v1/status',
    );
    const wrong = await failure(lab.get('/clusters/wset/v1/status'));
    expect(wrong.code).to.equal('not-found');
    expect(wrong.message).to.equal(
      'cannot find the cluster "wset" (did you mean "west"?); the clusters are: east, west',
    );
    expect((await failure(lab.get('/v1/no-such'))).code).to.equal('not-found');
    expect((await failure(lab.get('/clusters/west/v1/no-such'))).code).to.equal('not-found');
    expect(await lab.get('/v1/health')).to.deep.equal({ status: 'ok' });
    expect(await lab.get<ControllerStatus>('/clusters/west/v1/status')).to.include({
      cluster: 'west',
    });
  });

  it('serves the other one where one cannot be served, says so, and tries again', async () => {
    const tokenFile = await lab.token('east');
    const logged: string[] = [];
    const note = (message: string, fields?: object): void =>
      void logged.push(`${message} ${JSON.stringify(fields ?? {})}`);
    const logger = { debug: note, info: note, warn: note, error: note };
    const missing = lab.file('west.token');
    const clusters = [
      lab.settings('east', { tokenFile }),
      lab.settings('west', { tokenFile: missing }),
    ];
    await lab.start(
      clusters,
      { timing: { again: { baseMs: 3_600_000, capMs: 3_600_000 } } },
      logger,
    );
    const view = await lab.view('west');
    expect(view).to.include({ name: 'west', state: 'failed' });
    expect(view?.problem).to.contain(missing);
    const refused = await failure(lab.get('/clusters/west/v1/status'));
    expect(refused.code).to.equal('not-ready');
    expect(refused.message).to.contain('cannot use the cluster "west": it is not served now: ');
    expect(await lab.get<object>('/clusters/east/v1/nodes')).to.deep.include({ nodes: [] });
    expect((await lab.request({ method: 'GET', path: '/metrics' })).split('\n')).to.include.members(
      [
        'calico_controller_state_problem{cluster="east"} 0',
        'calico_controller_state_problem{cluster="west"} 1',
        'calico_controller_leads{cluster="west"} 0',
      ],
    );
    expect(logged.join('\n')).to.match(/cannot serve this cluster, and tries again: .*"west"/);
    await lab.token('west');
    await lab.controller?.reload();
    expect(await lab.view('west')).to.include({ state: 'serving', known: 0 });
  });

  it('says what the start of one waits for, while its store hangs', async () => {
    let goOn: () => void = () => undefined;
    const hanging = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const openHost: OpenHost = (file) => {
      const host = hostHere(file);
      if (!file.startsWith(lab.file('west'))) return host;
      return { ...host, isThere: () => hanging.then(() => host.isThere()) };
    };
    const [one, other] = [
      lab.settings('east', { tokenFile: await lab.token('east') }),
      lab.settings('west', { tokenFile: await lab.token('west') }),
    ];
    await lab.start([one, other], { timing: { startMs: 1 } }, silentLogger, openHost);
    const place = `the state directory "${lab.file('west')}"`;
    await eventually(async () => {
      const view = await lab.view('west');
      expect(view?.state).to.equal('starting');
      expect(view?.problem)
        .to.match(/^has waited \d+ s for /)
        .and.contain(place);
    });
    const { message } = await failure(lab.get('/clusters/west/v1/status'));
    expect(message)
      .to.match(/it is starting, and has waited \d+ s for /)
      .and.contain(place);
    goOn();
    await eventually(async () =>
      expect(await lab.view('west'))
        .to.include({ state: 'serving' })
        .and.not.have.property('problem'),
    );
  });

  it('does not take a store that cannot be read for an empty one', async () => {
    const etcd = { endpoints: ['http://127.0.0.1:9'], timeoutSeconds: 0.2 };
    await lab.start([
      lab.settings('east', { tokenFile: await lab.token('east') }),
      lab.settings('west', { tokenFile: await lab.token('west'), etcd }),
    ]);
    await eventually(async () => expect(await lab.view('west')).to.include({ state: 'unknown' }));
    expect(await lab.view('west')).to.not.have.any.keys('known', 'connected');
    expect((await lab.view('west'))?.problem).to.contain('cannot use etcd');
    expect(await lab.get<object>('/clusters/east/v1/nodes')).to.deep.include({ nodes: [] });
  });

  it('refuses one token for both', async () => {
    await lab.start([
      lab.settings('east', { tokenFile: await lab.token('east', 'the-same-token-for-both') }),
      lab.settings('west', { tokenFile: await lab.token('west', 'the-same-token-for-both') }),
    ]);
    const problems = [await lab.view('east'), await lab.view('west')].map((one) => one?.problem);
    expect(problems.filter((one) => one !== undefined)).to.have.length(1);
    expect(problems.join('')).to.contain('has the same token');
  });

  describe('whose nodes have certificates of the same authority', () => {
    let authority: Certificate;
    let server: Certificate;

    beforeEach(async () => {
      authority = makeAuthority(lab.folder, 'agents');
      server = makeCertificate(lab.folder, 'server', 'IP:127.0.0.1');
      const tls = { ...server, clientCaFile: authority.certFile };
      const token = await lab.token('west');
      await lab.start([
        lab.settings('east', { tls }),
        lab.settings('west', { tls, tokenFile: token }),
      ]);
    });

    const signed = (name: string, uri: string): Certificate =>
      makeSignedCertificate(lab.folder, name, uri, authority);
    /** The answer to an upgrade: its status, and the fault of the certificate. */
    const knock = async (
      cluster: string,
      { certFile, keyFile }: Certificate,
    ): Promise<readonly unknown[]> => {
      const socket = new WebSocket(`wss://${lab.listen(cluster)}/v1/agents`, subprotocol, {
        cert: await readFile(certFile),
        key: await readFile(keyFile),
        ca: await readFile(server.certFile),
        headers: { authorization: 'Bearer the-token-of-west-only' },
      });
      const answered = await Promise.race([
        once(socket, 'open').then(() => ['open']),
        once(socket, 'unexpected-response').then(([, { statusCode, headers }]) => [
          statusCode,
          headers['calico-agent-certificate'],
        ]),
      ]);
      socket.on('error', () => undefined);
      socket.terminate();
      return answered;
    };

    it('lets a node into its own cluster only, whatever its name and its other secrets', async () => {
      const ofEast = signed('node-0', 'URI:calico-agent://east/node/node-0');
      expect(await knock('east', ofEast)).to.deep.equal(['open']);
      expect(await knock('west', ofEast)).to.deep.equal([403, 'other-cluster']);
      const ofNone = signed('node-1', 'DNS:node-1');
      expect(await knock('east', ofNone)).to.deep.equal([403, 'no-cluster']);
      expect(await knock('west', ofNone)).to.deep.equal([403, 'no-cluster']);
      const files = { caFile: server.certFile, identity: ofEast };
      for (const cluster of ['west', 'east']) {
        const url = `wss://${lab.listen(cluster)}`;
        lab.connect(new MemoryAgent({ name: 'node-0' }), { url, cluster, ...files });
      }
      await eventually(async () => expect(await lab.view('east')).to.include({ connected: 1 }));
      expect(await lab.view('west')).to.include({ known: 0, connected: 0 });
    });
  });

  it('lets people see and change the clusters in which they have a role', async () => {
    const server = makeCertificate(lab.folder, 'api', 'IP:127.0.0.1');
    await lab.start(
      [
        lab.settings('east', { tokenFile: await lab.token('east') }),
        lab.settings('west', { tokenFile: await lab.token('west') }),
      ],
      { api: { listen: '127.0.0.1:0', tokens: true, tls: { ...server, fromConfig: true } } },
    );
    const made: NewTokenAnswer = JSON.parse(
      await lab.request({
        method: 'POST',
        path: '/clusters/east/v1/access/tokens?name=ann&role=read&by=root',
      }),
    );
    const tokenFile = lab.file('ann.token');
    await writeFile(tokenFile, made.text, { mode: 0o600 });
    const url = `https://${lab.controller?.apiListen ?? ''}`;
    const client = createHttpsClient({ url, caFile: server.certFile, tokenFile });
    const get = async (resource: string): Promise<string> =>
      (await client.request({ method: 'GET', path: resource })).body;
    const { clusters }: ClustersAnswer = JSON.parse(await get('/v1/clusters'));
    expect(clusters.map(({ name }) => name)).to.deep.equal(['east']);
    expect(JSON.parse(await get('/clusters/east/v1/status'))).to.include({ cluster: 'east' });
    expect((await failure(get('/clusters/west/v1/status'))).code).to.equal('unauthorized');
    const missing = await failure(get('/v1/status'));
    expect(missing.message).to.contain(
      'several clusters; you have a role in "east"; name one: --cluster east, or /clusters/east/v1/status',
    );
    const metrics = await get('/metrics');
    expect(metrics).to.contain('cluster="east"').and.not.contain('cluster="west"');
    const stranger = createHttpsClient({ url, caFile: server.certFile });
    for (const resource of ['/v1/clusters', '/v1/status', '/clusters/west/v1/status', '/metrics']) {
      const refused = await failure(stranger.request({ method: 'GET', path: resource }));
      expect([resource, refused.code]).to.deep.equal([resource, 'unauthorized']);
      expect(refused.message).to.not.contain('west');
    }
  });
});
