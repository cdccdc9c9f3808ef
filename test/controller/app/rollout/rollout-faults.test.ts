/** A rollout whose controller has a full disk, a damaged store, or a clock that jumps. */
import { expect } from 'chai';
import { mkdir, readFile, realpath, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { RolloutAnswer } from '../../../../controller/api/rollout-routes.ts';
import type { RolloutView } from '../../../../controller/app/rollout/rollout-view.ts';
import { runCli } from '../../../../controller/cli/run-cli.ts';
import { createUnixHttpClient } from '../../../../runtime/http/unix-client.ts';
import { eventually } from '../../../support/eventually.ts';
import { failure } from '../../../support/failure.ts';
import { failingDisk, type FailingDisk } from '../../../support/machine/failing-disk.ts';
import { MemoryAgent } from '../../../support/twins/memory-agent.ts';
import { configWith, Lab } from '../../running.ts';

const [before, after] = [configWith(64_512), configWith(64_513)];

describe('a rollout of a controller in trouble', function () {
  this.timeout(120_000);
  let lab: Lab;
  let state: string;
  let disk: FailingDisk;
  let agents: readonly MemoryAgent[];
  beforeEach(async () => {
    lab = await Lab.make();
    state = path.join(await realpath(lab.folder), 'state');
    await mkdir(state);
    disk = failingDisk(state);
    await lab.start();
    agents = ['0', '1'].map(
      (number) => new MemoryAgent({ name: `node-${number}`, address: `10.0.0.1${number}/24` }),
    );
    for (const agent of agents) lab.connect(agent);
    await eventually(async () => expect((await lab.status()).connected).to.equal(2));
    await lab.push(before, 60);
  });
  afterEach(async () => {
    disk.restore();
    await lab.close();
  });

  const begin = async (): Promise<void> => {
    const strategy = {
      apiVersion: 'calico-agent/v1',
      kind: 'RolloutStrategy',
      waves: [{ nodes: ['node-0'] }],
      settle: '0s',
    };
    const body = JSON.stringify({ text: after, mediaType: 'application/yaml', strategy });
    const client = createUnixHttpClient(lab.socket, { startHint: 'the test' });
    const mediaType = 'application/json';
    await client.request({ method: 'POST', path: '/v1/rollout?by=test', body, mediaType });
  };
  const view = async (): Promise<RolloutView | undefined> =>
    (await lab.ask<RolloutAnswer>('GET', '/v1/rollout')).rollout;
  const texts = (): readonly (string | undefined)[] => agents.map(({ accepted }) => accepted?.text);
  const controller = async (...argv: readonly string[]): Promise<readonly [number, string]> => {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const said = text(stderr);
    const status = await runCli(argv, {
      ...{ stdin, stdout, stderr, by: 'test' },
      serve: () => Promise.resolve(0),
      initTools: () => Promise.reject(new Error('not used')),
      storeTools: () => import('../../../../controller/store-tools.ts'),
    });
    stderr.end();
    return [status, await said];
  };

  it('gives nobody anything while the disk is full, says so, and goes on when there is room', async () => {
    const [canary] = agents;
    if (canary === undefined) throw new Error('no agent');
    canary.reaches = 'applied';
    await begin();
    await eventually(() => expect(canary.accepted?.text).to.equal(after));
    disk.failAfter(0, 'ENOSPC');
    canary.reach('confirmed');
    await eventually(async () => expect((await view())?.problem).to.contain('the disk is full'));
    const refused = await failure(lab.ask('POST', '/v1/rollout/pause?by=test'));
    expect(refused.message).to.contain('the disk is full');
    expect(texts()).to.deep.equal([after, before]);
    const { waves = [], paused } = (await view()) ?? {};
    expect([waves.map((one) => one.state), paused]).to.deep.equal([
      ['running', 'later'],
      undefined,
    ]);
    disk.mend();
    await eventually(async () => expect((await view())?.phase).to.equal('done'));
    expect(agents.map(({ accepted }) => accepted?.number)).to.deep.equal([3, 3]);
    expect((await view())?.problem).to.equal(undefined);
  });

  it('is not forgotten with a damaged store, which the command of the refusal mends from a backup', async () => {
    const backup = path.join(lab.folder, 'backup');
    await begin();
    await eventually(async () => expect((await view())?.phase).to.equal('done'));
    expect((await controller('store', 'backup', backup, '--socket', lab.socket))[0]).to.equal(0);
    await lab.stopController();
    const file = path.join(state, 'store.db');
    const content = await readFile(file);
    content.fill(0x5a, 4096, 8192);
    await writeFile(file, content);
    await lab.start();
    const { problem } = await lab.status();
    expect(problem).to.contain('it is damaged').and.to.contain('calico-controller store restore');
    for (const ask of [() => lab.push(before), () => lab.ask('GET', '/v1/rollout')])
      expect(await failure(ask())).to.include({ code: 'not-ready' });
    expect(await readFile(file)).to.deep.equal(content);
    await lab.stopController();
    // As the text says.
    for (const name of ['store.db', 'store.db-wal'])
      await rename(path.join(state, name), path.join(lab.folder, name)).catch(() => undefined);
    const config = path.join(lab.folder, 'controller.yaml');
    await writeFile(config, 'apiVersion: calico-agent/v1\nkind: ControllerConfig\n');
    const restore = ['restore', backup, '--state-directory', state, '--config', config];
    expect(await controller('store', ...restore)).to.deep.equal([0, '']);
    await lab.start();
    expect(await view()).to.include({ phase: 'done', newest: 3 });
    for (const agent of agents) lab.connect(agent);
    await eventually(async () => expect((await lab.status()).connected).to.equal(2));
    expect(texts()).to.deep.equal([after, after]);
    expect(agents.map(({ accepted }) => accepted?.number)).to.deep.equal([3, 3]);
    expect((await lab.push(before)).revision.number).to.equal(4);
  });
});
