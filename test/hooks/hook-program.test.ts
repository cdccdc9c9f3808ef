/**
 * The hook program by itself, with stand-ins of all programs that it starts: its requests and its
 * actions.
 */
import { expect } from 'chai';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { charmFiles, writeFolder } from '../../build/charm/charm-files.ts';
import { createUnit, type Unit } from '../support/juju/unit.ts';

describe('the hook program', function () {
  this.timeout(60_000);
  let folder: string;
  let unit: Unit;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-hook-'));
    const deb = path.join(folder, 'calico-agent_0.1.0_amd64.deb');
    await writeFile(deb, '');
    const charm = path.join(folder, 'charm');
    await writeFolder(charm, await charmFiles([deb]));
    unit = await createUnit({ folder, name: 'calico-agent/12', charm, program: '', agent: {} });
    await program('curl', 'cat >"$JUJU_STATE/request"; printf "status active fine\\n200"');
    await program('sleep', '');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const calls = (): Promise<string> => unit.recorded('calls');
  const fails = (name: string): Promise<boolean> =>
    unit.hook(name).then(
      () => false,
      () => true,
    );
  const unitFolder = (name: string): string => path.join(folder, 'agents', name, 'charm');
  /** In place of the machine's settings. */
  const program = (name: string, text: string): Promise<void> =>
    writeFile(path.join(folder, 'bin', name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  const state = (name: string, text = ''): Promise<void> =>
    writeFile(path.join(unit.state, name), text);
  const request = async (): Promise<Readonly<Record<string, unknown>>> =>
    JSON.parse(await readFile(path.join(unit.state, 'request'), 'utf8'));
  const relations = async (): Promise<unknown> => (await request())['relations'];

  it('distinguishes a relation without units from none', async () => {
    await unit.hook('update-status');
    expect(await relations()).to.deep.equal([]);
    await unit.relate('etcd:3', {});
    await unit.hook('update-status');
    const empty = { name: 'etcd', id: 'etcd:3', unit: null, data: null };
    expect(await relations()).to.deep.equal([empty]);
    await unit.relate('etcd:3', { 'etcd/0': { version: '3.4.22' } });
    await unit.hook('update-status');
    const said = { ...empty, unit: 'etcd/0', data: { version: '3.4.22' } };
    expect(await relations()).to.deep.equal([said]);
  });

  it('does not count relations as gone when a tool fails', async () => {
    await unit.relate('etcd:3', { 'etcd/0': { version: '3.4.22' } });
    for (const tool of ['relation-ids', 'relation-list', 'relation-get']) {
      await state(`${tool}.fails`);
      await unit.hook('update-status');
      expect(await relations(), tool).to.equal(null);
      await rm(path.join(unit.state, `${tool}.fails`));
    }
    await state('relation-list.fails');
    await unit.hook('etcd-relation-broken', { JUJU_RELATION_ID: 'etcd:3' });
    const ended = { name: 'etcd', id: 'etcd:3', unit: null, data: null };
    expect(await relations()).to.deep.equal([ended]);
  });

  it('keeps warnings out of the output of an action, and adds them when it failed', async () => {
    await program('calico-agent', 'echo "a warning" >&2; echo "{}"');
    expect(await unit.action('plan', { format: 'json' })).to.include({ output: '{}\n' });
    await program('calico-agent', 'echo "the reason" >&2; echo "{}"; exit 1');
    const { output, failure } = await unit.action('plan');
    expect(output).to.equal('{}\nthe reason\n');
    expect(failure).to.equal('calico-agent plan failed: see the output');
  });

  it('installs the package in any hook when the agent is missing, and before it needs curl', async () => {
    await rm(path.join(folder, 'bin/curl'));
    await rm(path.join(folder, 'bin/calico-agent'));
    const without = { PATH: await pathWithout('curl') };
    expect(await unit.hook('config-changed', without)).to.match(
      /^blocked this charm has no package/,
    );
    expect(await calls()).to.match(/dpkg .*--install \S+calico-agent_0\.1\.0_amd64\.deb/);
    await program('calico-agent', '');
    expect(await unit.hook('install', without)).to.equal(
      'blocked the program curl is missing: apt-get install curl',
    );
    expect((await calls()).split('--install')).to.have.length(3);
  });
  /** Only processes of the stand-ins and the hook program itself, without that one. */
  const pathWithout = async (left: string): Promise<string> => {
    const bin = path.join(folder, 'few');
    await mkdir(bin);
    for (const name of ['sh', 'cat', 'ls', 'rm', 'mktemp', 'sort', 'tail'].filter(
      (one) => one !== left,
    ))
      await symlink(`/bin/${name}`, path.join(bin, name));
    return [path.join(folder, 'bin'), path.resolve('test/support/juju-tools'), bin].join(':');
  };

  it('keeps a newer agent than its own, without an error', async () => {
    await state('installed', '0.10.0');
    expect(await unit.hook('upgrade-charm')).to.match(
      /^blocked calico-agent 0\.10\.0 on this machine is newer than the charm's 0\.1\.0: /,
    );
    expect(await calls()).not.to.contain('--install');
    for (const version of ['0.0.9', '0.1.0', '']) {
      await state('installed', version);
      expect(await unit.hook('upgrade-charm'), version).to.equal('active fine');
    }
  });

  it("removes the agent for good, retries when it could not, and keeps a person's files", async () => {
    await state('dpkg.fails');
    expect(await fails('remove')).to.equal(true);
    expect(await unit.recorded('status-unit')).to.match(/^blocked cannot remove the agent/);
    expect((await calls()).split('dpkg --purge calico-agent')).to.have.length(6);
    expect(await calls()).to.contain('systemctl disable --now calico-agent.service');
    await rm(path.join(unit.state, 'dpkg.fails'));
    await unit.hook('remove');
    expect(await calls()).to.match(
      /systemctl stop calico-agent.service calico-agent.socket calico-agent-status.socket\ndpkg --purge calico-agent\n$/,
    );
    await mkdir(path.join(folder, 'etc'));
    await writeFile(path.join(folder, 'etc/agent.yaml'), '');
    await unit.hook('remove');
    expect(await calls()).to.match(/dpkg --remove calico-agent\n$/);
  });

  it('lets one unit, the first, own the agent of a machine, and the last one remove it', async () => {
    for (const other of ['unit-calico-agent-12', 'unit-calico-agent-extra-1', 'unit-calico-0'])
      await mkdir(unitFolder(other), { recursive: true });
    expect(await unit.hook('update-status')).to.equal('active fine');
    await mkdir(unitFolder('unit-calico-agent-100'), { recursive: true });
    expect(await unit.hook('update-status')).to.equal('active fine');
    await mkdir(unitFolder('unit-calico-agent-9'), { recursive: true });
    const refused = 'unit calico-agent/9 on this machine has the agent already';
    expect(await unit.hook('install')).to.match(new RegExp(`^blocked ${refused}: `));
    expect((await unit.action('apply')).failure).to.contain(refused);
    await unit.hook('stop');
    await unit.hook('remove');
    expect(await calls()).not.to.match(/dpkg|systemctl/);
    for (const other of ['unit-calico-agent-9', 'unit-calico-agent-100'])
      await writeFile(path.join(unitFolder(other), '.calico-agent-removed'), '');
    await unit.hook('remove');
    expect(await calls()).to.contain('dpkg --purge calico-agent\n');
  });

  it('waits for a running agent, and asks for a person when none runs', async () => {
    await program('curl', 'printf "\\n000"; exit 7');
    expect(await unit.hook('update-status')).to.match(/^blocked the agent does not run: /);
    await state('agent.pid', String(process.pid));
    expect(await unit.hook('update-status')).to.match(/^waiting the agent does not answer: /);
  });
});
