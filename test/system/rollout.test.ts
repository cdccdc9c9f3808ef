/**
 * Rollouts as people run them: the built controller with an authority of its own, built agents with
 * certificates that it gave them, and a real etcd as Calico's datastore.
 */
import { expect } from 'chai';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { NewTokenAnswer } from '../../controller/api/token-routes.ts';
import type { RolloutAnswer } from '../../controller/api/rollout-routes.ts';
import type { NodesAnswer, PushAnswer } from '../../controller/api/routes.ts';
import type { RolloutView } from '../../controller/app/rollout/rollout-view.ts';
import { createUnixHttpClient, type UnixHttpClient } from '../../runtime/http/unix-client.ts';
import {
  startStandInBird,
  theirAsNumber,
  type StandInBird,
} from '../support/lone-node/stand-in-bird.ts';
import { eventually } from '../support/eventually.ts';
import { needsEtcd, startEtcd, type RunningEtcd } from '../support/servers/etcd.ts';
import { freePort } from '../support/servers/free-port.ts';

const run = promisify(execFile);
const controllerProgram = path.resolve('dist/calico-controller.js');
const agentProgram = path.resolve('dist/calico-agent.js');
const resources = '/calico/resources/v3/projectcalico.org';
const nodes = ['node-0', 'node-1', 'node-2'] as const;
type NodeName = (typeof nodes)[number];
const waves = [
  { name: 'canary', nodes: ['node-0'] },
  { name: 'second', nodes: ['node-1'] },
];

/** A peer of each node is of the node's own share, and the global AS number is of the cluster's. */
function configOf(asNumber: number, ...peers: readonly number[]): string {
  return JSON.stringify({
    apiVersion: 'calico-agent/v1',
    kind: 'NetworkConfig',
    bgp: { asNumber, peering: 'per-node' },
    groups: peers.map((number, index) => ({
      name: `group-${String(index)}`,
      match: { nodes: [nodes[index]] },
      peers: [{ address: '10.0.0.9', asNumber: number }],
    })),
  });
}

describe('a rollout of real agents', function () {
  this.timeout(300_000);
  let folder: string;
  let etcd: RunningEtcd;
  let bird: StandInBird | undefined;
  let client: UnixHttpClient;
  const running = new Map<string, ChildProcess>();
  const at = (name: string): string => path.join(folder, name);

  const start = (name: string, ...args: readonly string[]): void => {
    const log = openSync(at(`${name}.log`), 'a');
    running.set(name, spawn(process.execPath, args, { stdio: ['ignore', log, log] }));
    closeSync(log);
  };
  const stop = async (name: string): Promise<void> => {
    const child = running.get(name);
    running.delete(name);
    if (child === undefined || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  };
  const startAgent = (node: NodeName): void =>
    start(node, agentProgram, 'run', '--config', at(`${node}.yaml`));
  const ask = async <T>(
    method: 'GET' | 'POST' | 'PUT',
    resource: string,
    sent: object = {},
  ): Promise<T> => {
    const { body } = await client.request({ method, path: resource, timeoutMs: 120_000, ...sent });
    const answer: T = JSON.parse(body);
    return answer;
  };
  const rolloutNow = async (): Promise<RolloutView | undefined> =>
    (await ask<RolloutAnswer>('GET', '/v1/rollout')).rollout;
  const until = async (isSo: (view: RolloutView | undefined) => boolean): Promise<RolloutView> => {
    let last: RolloutView | undefined;
    await eventually(
      async () => {
        last = await rolloutNow();
        expect(isSo(last), JSON.stringify(last)).to.equal(true);
      },
      120_000,
      50,
    );
    if (last === undefined) throw new Error('there is no rollout');
    return last;
  };
  const waitsAt = (step: string): Promise<RolloutView> =>
    until((view) => view?.waitsFor?.kind === 'approval' && view.step === step);
  const decide = (what: string): Promise<unknown> => ask('POST', `/v1/rollout/${what}?by=test`);
  const begin = (text: string, strategy: object): Promise<unknown> => {
    const head = { apiVersion: 'calico-agent/v1', kind: 'RolloutStrategy', settle: '0s' };
    const body = { text, mediaType: 'application/yaml', strategy: { ...head, ...strategy } };
    const sent = { mediaType: 'application/json', body: JSON.stringify(body) };
    return ask('POST', '/v1/rollout?by=test', sent);
  };
  /** What a node has written: files, or keys of etcd. */
  const written = async (node: NodeName): Promise<string> => {
    if (node === 'node-2') return etcd.etcdctl('get', '--prefix', `${resources}/bgp`);
    const state = at(`${node}-state/resources`);
    const names = (await readdir(state)).filter((name) => name.endsWith('.yaml'));
    return (await Promise.all(names.map((name) => readFile(path.join(state, name), 'utf8')))).join(
      '',
    );
  };
  /** The AS number of the peer of each node. */
  const peers = (): Promise<readonly (number | undefined)[]> =>
    Promise.all(nodes.map(async (node) => numberIn(await written(node), /asNumber\W+(65\d\d\d)/u)));
  const globalNumbers = (): Promise<readonly (number | undefined)[]> =>
    Promise.all(nodes.map(async (node) => numberIn(await written(node), /asNumber\W+(645\d\d)/u)));
  /** The numbers of the revisions that a node has accepted, in order. */
  const accepted = async (node: NodeName): Promise<readonly number[]> => {
    const log = await readFile(at(`${node}.log`), 'utf8');
    return [...log.matchAll(/configuration accepted .*revision=\S*#(\d+)/gu)].map(([, number]) =>
      Number(number),
    );
  };
  const stateOf = async (node: NodeName): Promise<string | undefined> => {
    const { nodes: views } = await ask<NodesAnswer>('GET', '/v1/nodes');
    const view = views.find(({ name }) => name === node);
    return view?.connected === true ? view.push?.state : 'away';
  };

  before(async function () {
    needsEtcd(this);
    folder = await mkdtemp(path.join(tmpdir(), 'calico-rollout-'));
    etcd = await startEtcd();
    client = createUnixHttpClient(at('controller.sock'), { startHint: 'the test' });
    await fillDatastore(etcd);
    const port = await freePort();
    const places = ['--state-directory', at('controller'), '--config', at('controller.yaml')];
    const init = ['init', '--name', '127.0.0.1', '--port', String(port), ...places];
    const { stdout } = await run(process.execPath, [controllerProgram, ...init]);
    const listen = ['--listen', `127.0.0.1:${String(port)}`, '--socket', at('controller.sock')];
    const debug = ['--log-level', 'debug'];
    start('controller', controllerProgram, 'serve', ...places, ...listen, ...debug);
    await eventually(() => ask('GET', '/v1/status'), 60_000, 50);
    const [digest = ''] = /sha256:[0-9a-f]{64}/u.exec(stdout) ?? [];
    const [, first = ''] = /^token +(\S+)$/mu.exec(stdout) ?? [];
    const { text } = await ask<NewTokenAnswer>('POST', '/v1/enrolment-tokens?by=test&uses=2');
    const url = `wss://127.0.0.1:${String(port)}`;
    await Promise.all(
      nodes.map(async (node, index) => {
        await writeFile(at(`${node}.yaml`), settingsOf(node, index));
        const token = index === 0 ? first : text;
        const trust = ['--ca-digest', digest, '--config', at(`${node}.yaml`)];
        const enroll = ['enroll', '--controller', url, '--token-file', '-', ...trust];
        const enrolling = run(process.execPath, [agentProgram, ...enroll]);
        enrolling.child.stdin?.end(`${token}\n`);
        const lines = (await enrolling).stdout;
        await appendFile(at(`${node}.yaml`), lines.slice(lines.indexOf('controller:')));
        startAgent(node);
      }),
    );
  });
  after(async () => {
    await Promise.all([...running.keys()].map(stop));
    await bird?.close();
    await etcd.stop();
    await rm(folder, { recursive: true });
  });
  const settingsOf = (node: NodeName, index: number): string =>
    [
      'apiVersion: calico-agent/v1',
      'kind: AgentConfig',
      `node: { name: ${node}, addresses: [10.0.0.${String(index + 2)}/24] }`,
      `stateDirectory: ${at(`${node}-state`)}`,
      `socket: ${at(`${node}.sock`)}`,
      `statusSocket: ${at(`${node}-status.sock`)}`,
      ...(node === 'node-2'
        ? [`datastore: { driver: etcd, endpoints: ['${etcd.endpoint}'] }`]
        : []),
      'bird: { sockets: [] }',
      'changes: { guard: never }',
      '',
    ].join('\n');

  it('brings each wave its own share, and the cluster its share at the end', async () => {
    await eventually(async () => {
      for (const node of nodes) expect(await stateOf(node)).to.not.equal('away');
    });
    const sent = { mediaType: 'application/yaml', body: configOf(64_512) };
    const { ended } = await ask<PushAnswer>('PUT', '/v1/config?by=test&wait=90', sent);
    expect(ended).to.equal('all');
    await begin(configOf(64_513, 65_101, 65_101, theirAsNumber), { waves, approval: 'each-wave' });
    await waitsAt('wave second');
    expect(await peers()).to.deep.equal([65_101, undefined, undefined]);
    await decide('approve');
    await waitsAt('wave rest');
    expect(await peers()).to.deep.equal([65_101, 65_101, undefined]);
    await decide('approve');
    await waitsAt('the cluster share');
    expect(await peers()).to.deep.equal([65_101, 65_101, theirAsNumber]);
    expect(await globalNumbers()).to.deep.equal([64_512, 64_512, 64_512]);
    await decide('approve');
    await until((view) => view?.phase === 'done');
    expect(await globalNumbers()).to.deep.equal([64_513, 64_513, 64_513]);
  });

  it('goes back in reverse, and a node that came in the middle got nothing of it', async () => {
    await stop('node-2');
    await eventually(async () => expect(await stateOf('node-2')).to.equal('away'));
    await begin(configOf(64_514, 65_102, 65_102, theirAsNumber), { waves, approval: 'each-wave' });
    await until((view) => view?.waves[0]?.confirmed === 1);
    startAgent('node-2');
    await eventually(async () => expect(await stateOf('node-2')).to.equal('later'));
    await waitsAt('wave second');
    await decide('approve');
    await waitsAt('wave rest');
    expect(await peers()).to.deep.equal([65_102, 65_102, theirAsNumber]);
    await decide('abort');
    await until((view) => view?.phase === 'aborted');
    expect(await peers()).to.deep.equal([65_101, 65_101, theirAsNumber]);
    expect(await globalNumbers()).to.deep.equal([64_513, 64_513, 64_513]);
    expect(await accepted('node-1')).to.deep.equal([1, 2, 3, 4, 5, 6]);
    expect(await accepted('node-2')).to.deep.equal([1, 2, 3, 6]);
    const log = await readFile(at('controller.log'), 'utf8');
    const answers = [
      ...log.matchAll(/debug: (sent|confirmed) .*node=(node-[01]) .*revision=5\b/gu),
    ];
    expect([
      ...new Set(answers.map(([, what, node]) => `${what ?? ''} ${node ?? ''}`)),
    ]).to.deep.equal(['sent node-1', 'confirmed node-1', 'sent node-0', 'confirmed node-0']);
  });

  it('goes back by itself when the health of a node takes the configuration back', async () => {
    // The other side keeps its AS number, so the session is not as the new configuration says.
    const session = { address: '10.0.0.9', asNumber: theirAsNumber, isOfNode: true };
    bird = await startStandInBird(at('bird.ctl'), () => Promise.resolve([session]));
    await stop('node-2');
    const known = await readFile(at('node-2.yaml'), 'utf8');
    const seeing = known
      .replace('sockets: []', `sockets: [${at('bird.ctl')}]`)
      .replace('guard: never', 'guard: never, confirmSeconds: { controller: 2 }');
    await writeFile(at('node-2.yaml'), seeing);
    startAgent('node-2');
    await eventually(async () => expect(await stateOf('node-2')).to.equal('confirmed'));
    const bad = configOf(64_515, 65_103, 65_103, theirAsNumber + 1);
    await begin(bad, { waves: [{ nodes: ['node-2'] }] });
    const { reason } = await until((view) => view?.phase === 'back' || view?.phase === 'aborted');
    expect(reason).to.match(/^1 node failed: node-2: rolled back: .*10\.0\.0\.9/u);
    for (const node of ['node-0', 'node-1'] as const) {
      expect(await accepted(node)).to.not.include(7);
    }
    await eventually(async () =>
      expect(await peers()).to.deep.equal([65_101, 65_101, theirAsNumber]),
    );
    expect(await globalNumbers()).to.deep.equal([64_513, 64_513, 64_513]);
  });
});

function numberIn(text: string, pattern: RegExp): number | undefined {
  const [, number] = pattern.exec(text) ?? [];
  return number === undefined ? undefined : Number(number);
}

async function fillDatastore(etcd: RunningEtcd): Promise<void> {
  const put = (kind: string, name: string, spec: object): Promise<void> =>
    etcd.put(`${resources}/${kind.toLowerCase()}s/${name}`, {
      ...{ kind, apiVersion: 'projectcalico.org/v3', metadata: { name }, spec },
    });
  await etcd.put(`${resources}/clusterinformations/default`, {
    kind: 'ClusterInformation',
    apiVersion: 'projectcalico.org/v3',
    metadata: { name: 'default' },
    spec: { datastoreReady: true },
  });
  await put('Node', 'node-2', { bgp: { ipv4Address: '10.0.0.4/24' } });
}
