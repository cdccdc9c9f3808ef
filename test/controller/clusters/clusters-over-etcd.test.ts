/** Two controllers of two clusters over one etcd: each cluster has a leader of its own. */
import { expect } from 'chai';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ClusterSettings } from '../../../controller/settings.ts';
import { eventually } from '../../support/eventually.ts';
import { failure } from '../../support/failure.ts';
import { etcdOfSuite } from '../../support/servers/etcd.ts';
import { freePort } from '../../support/servers/free-port.ts';
import { MemoryAgent } from '../../support/twins/memory-agent.ts';
import { Clusters } from './running-clusters.ts';

const names = ['east', 'west'] as const;
type Name = (typeof names)[number];

describe('two controllers of two clusters over etcd', function () {
  this.timeout(120_000);
  const etcd = etcdOfSuite();
  let labs: Clusters[];
  let taken: number[];
  beforeEach(() => {
    [labs, taken] = [[], []];
  });
  afterEach(async () => {
    for (const lab of labs) await lab.close();
  });

  /** It does not try again within the test. @param later a cluster whose token is not there yet */
  const add = async (later?: Name): Promise<Clusters> => {
    const lab = new Clusters(await mkdtemp(path.join(tmpdir(), 'calico-clusters-')));
    labs.push(lab);
    const clusters: ClusterSettings[] = [];
    for (const name of names) {
      const port = await freePort(taken);
      taken.push(port);
      const tokenFile = name === later ? lab.file(`${name}.token`) : await lab.token(name);
      const listen = `127.0.0.1:${String(port)}`;
      const store = { endpoints: [etcd().endpoint], timeoutSeconds: 20 };
      clusters.push(lab.settings(name, { listen, tokenFile, etcd: store }));
    }
    const never = { baseMs: 3_600_000, capMs: 3_600_000 };
    await lab.start(clusters, { timing: { again: never } });
    return lab;
  };
  const connect = (lab: Clusters, name: Name): MemoryAgent => {
    const agent = new MemoryAgent({ name: 'node-0' });
    const tokenFile = lab.file(`${name}.token`);
    lab.connect(agent, { url: `ws://${lab.listen(name)}`, cluster: name, tokenFile });
    return agent;
  };
  const shows = (lab: Clusters, name: Name, expected: object): Promise<void> =>
    eventually(async () => expect(await lab.view(name)).to.include(expected));

  it('serves each cluster where it is led, and takes its agents at both', async () => {
    const one = await add('west');
    await shows(one, 'east', { state: 'serving' });
    await shows(one, 'west', { state: 'failed' });
    const other = await add();
    await shows(other, 'east', { state: 'standby' });
    await shows(other, 'west', { state: 'serving' });
    await one.token('west');
    await one.controller?.reload();
    await shows(one, 'west', { state: 'standby' });

    // Each agent knows the controller only that stands by for its cluster.
    const [east, west] = [connect(other, 'east'), connect(one, 'west')];
    await shows(one, 'east', { state: 'serving', connected: 1 });
    await shows(other, 'west', { state: 'serving', connected: 1 });
    expect((await one.push('east', 64_513)).ended).to.equal('all');
    expect((await other.push('west', 64_514)).ended).to.equal('all');
    expect([east, west].map((agent) => agent.status().revisions.inForce?.lineage)).to.deep.equal([
      'controller:east',
      'controller:west',
    ]);
    expect((await failure(one.push('west', 64_515))).code).to.equal('not-ready');
    expect((await one.view('west'))?.problem).to.match(
      / leads; it takes over when that one is gone$/,
    );
    await other.controller?.stop();
    await shows(one, 'west', { state: 'serving', connected: 1, revision: 1 });
  });
});
