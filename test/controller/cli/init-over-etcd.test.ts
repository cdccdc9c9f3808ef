/** calico-controller init where the store is in etcd, and this controller has used one before. */
import { expect } from 'chai';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runCli } from '../../../controller/cli/run-cli.ts';
import * as initTools from '../../../controller/init-tools.ts';
import { storeNoteOf } from '../../../controller/stores.ts';
import { etcdOfSuite } from '../../support/servers/etcd.ts';
import { eventually } from '../../support/eventually.ts';
import { Lab } from '../running.ts';

describe('calico-controller init over etcd', function () {
  this.timeout(120_000);
  const etcd = etcdOfSuite();
  let folder: string;
  let state: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-controller-init-'));
    state = path.join(folder, 'state');
    await mkdir(state);
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
    await etcd().etcdctl('del', '--prefix', '/calico-controller/');
  });

  const init = async (): Promise<string> => {
    const config = path.join(folder, 'controller.yaml');
    const store = { engine: 'etcd', endpoints: [etcd().endpoint] };
    const settings = { apiVersion: 'calico-agent/v1', kind: 'ControllerConfig', store };
    await writeFile(config, JSON.stringify(settings));
    const output = new PassThrough();
    const options = ['--name', '127.0.0.1', '--state-directory', state, '--config', config];
    const [said] = await Promise.all([
      text(output),
      runCli(['init', ...options], {
        ...{ stdin: Readable.from([]), stdout: output, stderr: output, by: 'ann@node-0' },
        serve: () => Promise.resolve(0),
        initTools: () => Promise.resolve(initTools),
        storeTools: () => Promise.reject(new Error('not here')),
      }).finally(() => output.end()),
    ]);
    return said;
  };
  const keys = (): Promise<readonly string[]> => etcd().keys('/calico-controller/');

  it('makes no token in an empty store beside the note of a known one, and says so', async () => {
    await storeNoteOf(state).write({ cluster: 'default', place: 'etcd at home', revision: 7 });
    expect(await init())
      .to.contain('no token was made: cannot use etcd below "/calico-controller/default/": ')
      .and.contain('the cluster "default" with revision 7 in etcd at home before. Stop all')
      .and.match(/\nStart or restart the controller, and make one with: .* token create\n$/);
    // The key of the leader may outlive its process.
    await eventually(async () => expect(await keys()).to.deep.equal([]));
    await rm(storeNoteOf(state).file);
    await rm(path.join(state, 'authority'), { recursive: true });
    expect(await init()).to.contain('calico-agent enroll --controller wss://127.0.0.1:7843 ');
    expect(await keys()).to.include('/calico-controller/default/controller/identity');
  });

  it('names the controller that leads, which makes the token', async () => {
    const lab = await Lab.make();
    try {
      await lab.start({ etcd: { endpoints: [etcd().endpoint], timeoutSeconds: 20 } });
      await lab.controller?.opened;
      expect(await init()).to.match(
        /\nno token was made: .+ leads; .+\nOn the machine of that controller make one with: calico-controller token create\n$/,
      );
    } finally {
      await lab.close();
    }
  });
});
