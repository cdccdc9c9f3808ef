/** The hook program by itself, with stand-ins of all that it starts: what it asks, and what it does. */
import { expect } from 'chai';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { charmFiles, writeFolder } from '../../build/charm/charm-files.ts';
import { createUnit, type Unit } from '../support/juju/unit.ts';

describe('the hook program', function () {
  this.timeout(20_000);
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

  /** In place of what the machine has. */
  const program = (name: string, text: string): Promise<void> =>
    writeFile(path.join(folder, 'bin', name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  const state = (name: string, text = ''): Promise<void> =>
    writeFile(path.join(unit.state, name), text);
  const request = async (): Promise<Readonly<Record<string, unknown>>> =>
    JSON.parse(await readFile(path.join(unit.state, 'request'), 'utf8'));
  const relations = async (): Promise<unknown> => (await request())['relations'];

  it('tells a relation without units from none', async () => {
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

  it('does not take relations for gone where a tool fails', async () => {
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

  it('keeps warnings out of the output of an action, and adds them where it failed', async () => {
    await program('calico-agent', 'echo "a warning" >&2; echo "{}"');
    expect(await unit.action('plan', { format: 'json' })).to.include({ output: '{}\n' });
    await program('calico-agent', 'echo "the reason" >&2; echo "{}"; exit 1');
    const { output, failure } = await unit.action('plan');
    expect(output).to.equal('{}\nthe reason\n');
    expect(failure).to.equal('calico-agent plan failed: see the output');
  });
});
