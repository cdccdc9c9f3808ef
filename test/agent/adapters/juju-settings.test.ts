import { expect } from 'chai';
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createJujuSettingsFiles } from '../../../agent/adapters/state-directory/juju-settings-files.ts';
import type { RequestedSettings } from '../../../core/juju/requested-settings.ts';

const asked = (driver: 'etcd' | 'kubernetes', ...files: readonly string[]): RequestedSettings => ({
  config: { apiVersion: 'calico-agent/v1', kind: 'AgentConfig', datastore: { driver } },
  files: files.map((name) => ({ name, text: `${name}\n` })),
});

describe('what Juju says of how the agent runs', () => {
  let state: string;
  beforeEach(async () => {
    state = await mkdtemp(path.join(tmpdir(), 'calico-agent-juju-'));
  });
  afterEach(() => rm(state, { recursive: true }));
  const names = (): Promise<string[]> => readdir(path.join(state, 'juju'));
  const said = (): Promise<string> => readFile(path.join(state, 'juju/agent.json'), 'utf8');

  it('asks for a start as long as the process runs with other settings, also when asked again', async () => {
    const settings = createJujuSettingsFiles(state, undefined);
    expect(await settings.put(asked('etcd', 'etcd-key-1'))).to.equal(true);
    expect(await settings.put(asked('etcd', 'etcd-key-1'))).to.equal(true);
    const next = createJujuSettingsFiles(state, await said());
    expect(await next.put(asked('etcd', 'etcd-key-1'))).to.equal(false);
  });

  it('keeps what is in use until the new settings are, and then no secret too many', async () => {
    await createJujuSettingsFiles(state, undefined).put(asked('etcd', 'etcd-key-1'));
    const running = createJujuSettingsFiles(state, await said());
    await running.put(asked('kubernetes', 'token-2'));
    expect(await names()).to.have.members(['agent.json', 'etcd-key-1', 'token-2']);
    const next = createJujuSettingsFiles(state, await said());
    await next.put(asked('kubernetes', 'token-2'));
    expect(await names()).to.have.members(['agent.json', 'token-2']);
  });

  it('goes back without a start to what the process was started with', async () => {
    await createJujuSettingsFiles(state, undefined).put(asked('etcd'));
    const running = createJujuSettingsFiles(state, await said());
    expect(await running.put(asked('kubernetes'))).to.equal(true);
    expect(await running.put(asked('etcd'))).to.equal(false);
  });

  it('is for its owner alone', async () => {
    await createJujuSettingsFiles(state, undefined).put(asked('etcd', 'etcd-key-1'));
    expect((await stat(path.join(state, 'juju'))).mode & 0o777).to.equal(0o700);
    for (const name of await names()) {
      expect((await stat(path.join(state, 'juju', name))).mode & 0o777).to.equal(0o600);
    }
  });
});
