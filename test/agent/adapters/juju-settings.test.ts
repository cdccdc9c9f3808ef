import { expect } from 'chai';
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  createJujuSettingsFiles,
  type StartedSettings,
} from '../../../agent/adapters/state-directory/juju-settings-files.ts';
import type { RequestedSettings } from '../../../core/juju/requested-settings.ts';
import { failingDisk } from '../../support/machine/failing-disk.ts';
import { failure } from '../../support/failure.ts';

const asked = (driver: 'etcd' | 'kubernetes', ...files: readonly string[]): RequestedSettings => ({
  config: { apiVersion: 'calico-agent/v1', kind: 'AgentConfig', datastore: { driver } },
  files: files.map((name) => ({ name, text: `${name}\n` })),
});

describe('the store of the settings from Juju', () => {
  let state: string;
  beforeEach(async () => {
    state = await mkdtemp(path.join(tmpdir(), 'calico-agent-juju-'));
  });
  afterEach(() => rm(state, { recursive: true }));
  const names = (): Promise<string[]> => readdir(path.join(state, 'juju'));
  const started = async (): Promise<StartedSettings> => {
    const text = await readFile(path.join(state, 'juju/agent.json'), 'utf8');
    return { text, config: JSON.parse(text) };
  };

  it('asks for a restart until the process runs with the new settings', async () => {
    const settings = createJujuSettingsFiles(state, undefined);
    expect(await settings.put(asked('etcd', 'etcd-key-1'))).to.equal(true);
    expect(await settings.put(asked('etcd', 'etcd-key-1'))).to.equal(true);
    const next = createJujuSettingsFiles(state, await started());
    expect(await next.put(asked('etcd', 'etcd-key-1'))).to.equal(false);
  });

  it('keeps the settings in use until the new ones are in use, and then no secret too many', async () => {
    await createJujuSettingsFiles(state, undefined).put(asked('etcd', 'etcd-key-1'));
    const running = createJujuSettingsFiles(state, await started());
    await running.put(asked('kubernetes', 'token-2'));
    expect(await names()).to.have.members(['agent.json', 'etcd-key-1', 'token-2']);
    const next = createJujuSettingsFiles(state, await started());
    await next.put(asked('kubernetes', 'token-2'));
    expect(await names()).to.have.members(['agent.json', 'token-2']);
  });

  for (const [failing, reason] of [
    ['ENOSPC', 'the disk is full; free some space on it'],
    ['EROFS', 'the file system is read-only; mount it for writing again'],
    ['EIO', 'the disk reports an error; dmesg says more'],
  ] as const) {
    it(`names only existing files, whichever write fails: ${failing}`, async () => {
      const config = (name: string): RequestedSettings => ({
        config: {
          ...asked('etcd').config,
          datastore: { driver: 'etcd', keyFile: path.join(state, 'juju', name) },
        },
        files: [
          { name, text: name },
          { name: `other-${name}`, text: name },
        ],
      });
      await createJujuSettingsFiles(state, undefined).put(config('key-0'));
      const disk = failingDisk(state);
      try {
        for (let count = 0; ; count += 1) {
          const name = `key-${String(count + 1)}`;
          const settings = createJujuSettingsFiles(state, await started());
          disk.failAfter(count, failing);
          const error = await settings.put(config(name)).catch((thrown: unknown) => thrown);
          const { config: kept } = await started();
          const { keyFile } = { keyFile: '', ...kept.datastore };
          expect(await readFile(keyFile, 'utf8')).to.equal(path.basename(keyFile));
          if (!disk.hasFailed()) break;
          expect(error)
            .to.have.property('message')
            .that.matches(new RegExp(`cannot .*"${state}.*": ${reason}`));
          disk.mend();
          expect(await settings.put(config(name))).to.equal(true);
          expect((await started()).config).to.deep.equal(config(name).config);
        }
      } finally {
        disk.restore();
      }
    });
  }

  it('returns to the settings of the running process without a restart', async () => {
    await createJujuSettingsFiles(state, undefined).put(asked('etcd'));
    const running = createJujuSettingsFiles(state, await started());
    expect(await running.put(asked('kubernetes'))).to.equal(true);
    expect(await running.put(asked('etcd'))).to.equal(false);
  });

  it('keeps the files of settings that stay named without being sent again', async () => {
    const config: RequestedSettings['config'] = {
      ...asked('etcd').config,
      datastore: { driver: 'etcd', keyFile: path.join(state, 'juju/etcd-key-1') },
    };
    const files = [{ name: 'etcd-key-1', text: 'KEY' }];
    await createJujuSettingsFiles(state, undefined).put({ config, files });
    const next = createJujuSettingsFiles(state, await started());
    expect(next.known().config).to.deep.equal(config);
    expect(await next.put({ config, files: [] })).to.equal(false);
    expect(await names()).to.have.members(['agent.json', 'etcd-key-1']);
  });

  it('writes nothing that the next start would refuse', async () => {
    const settings = createJujuSettingsFiles(state, undefined);
    await settings.put(asked('etcd'));
    const before = await started();
    const { config } = asked('etcd');
    const unusable = { ...config, unitApplication: 'a'.repeat(130) };
    const error = await failure(settings.put({ config: unusable, files: [] }));
    expect(error).to.include({ code: 'invalid-settings' });
    const url = ['wss://10.0.0.1:7843', 'ws://10.0.0.2:7843'];
    const plain = { ...config, controller: { url, tokenFile: '/t' } };
    expect(await failure(settings.put({ config: plain, files: [] })))
      .to.have.property('message')
      .that.matches(/^the agent cannot run as Juju says: .*"ws:\/\/10\.0\.0\.2:7843"/);
    expect(await started()).to.deep.equal(before);
  });

  it('is readable for its owner alone', async () => {
    await createJujuSettingsFiles(state, undefined).put(asked('etcd', 'etcd-key-1'));
    expect((await stat(path.join(state, 'juju'))).mode & 0o777).to.equal(0o700);
    for (const name of await names()) {
      expect((await stat(path.join(state, 'juju', name))).mode & 0o777).to.equal(0o600);
    }
  });
});
