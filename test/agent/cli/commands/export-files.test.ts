/** calico-agent export on real folders, as a person runs it. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { connectChosen } from '../../../../agent/compose.ts';
import { datastoreOfChoice } from '../../../../agent/datastores/choose-datastore.ts';
import { parseConfig } from '../../../../core/config/parse.ts';
import { run, type Ran } from '../run-command.ts';

const peer = {
  apiVersion: 'projectcalico.org/v3',
  kind: 'BGPPeer',
  metadata: { name: 'tor' },
  spec: { peerIP: '10.9.0.1', asNumber: 64512 },
};

describe('calico-agent export of a folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'export-files-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const file = (name: string, content: unknown): Promise<void> =>
    writeFile(
      path.join(folder, name),
      typeof content === 'string' ? content : JSON.stringify(content),
    );
  const exported = (where = folder): Promise<Ran> =>
    run(['export', '--directory', where], { connectDatastore: connectChosen });

  it('reads lists, Nodes, and the other kinds of Calico', async () => {
    const pools = [{ metadata: { name: 'a' }, spec: { cidr: '10.1.0.0/16' } }];
    await file('pools.json', {
      apiVersion: 'projectcalico.org/v3',
      kind: 'IPPoolList',
      items: pools,
    });
    await file('peers.yml', { apiVersion: 'v1', kind: 'List', items: [peer] });
    await file('node.yaml', {
      apiVersion: 'projectcalico.org/v3',
      kind: 'Node',
      metadata: { name: 'node-0' },
      spec: { bgp: { ipv4Address: '10.0.0.2/24', asNumber: 64600 } },
    });
    const { status, stdout, stderr } = await exported();
    expect([status, stderr]).to.deep.equal([0, '']);
    const parsed = parseConfig(stdout);
    if (!parsed.ok) throw new Error(stdout);
    const { bgp, pools: found, groups } = parsed.model;
    expect(bgp.peers.map(({ address }) => address)).to.deep.equal(['10.9.0.1']);
    expect(found?.map(({ name }) => name)).to.deep.equal(['a']);
    expect(groups.map(({ asNumber }) => asNumber?.value)).to.deep.equal([64600]);
  });

  it('reads several documents of a file in any form that tools print', async () => {
    const named = (name: string): object => ({
      ...peer,
      metadata: { name },
      spec: { peerIP: `10.9.0.${name}`, asNumber: '1.10' },
    });
    await file('a.json', ['1', '2'].map((name) => `${JSON.stringify(named(name))}\n`).join(''));
    await file('b.json', [named('3')]);
    await file('c.yaml', {
      apiVersion: 'v1',
      kind: 'List',
      items: [{ kind: 'List', items: null }],
    });
    await file('d.yaml', `---\n---\n${JSON.stringify(named('4'))}\n---\n`);
    const { status, stdout, stderr } = await exported();
    expect([status, stderr]).to.deep.equal([0, '']);
    const parsed = parseConfig(stdout);
    if (!parsed.ok) throw new Error(stdout);
    expect(
      parsed.model.bgp.peers.map(({ address, asNumber }) => `${address} ${String(asNumber)}`),
    ).to.deep.equal(['1', '2', '3', '4'].map((name) => `10.9.0.${name} 65546`));
  });

  it('names the documents that it does not read', async () => {
    await file('peer.yaml', peer);
    await file('peer.yaml.bak', peer);
    await file('20-node-a.sh', '#!/bin/sh\n');
    await file('deploy.yaml', { apiVersion: 'apps/v1', kind: 'Deployment', metadata: {} });
    await mkdir(path.join(folder, 'rack-1'));
    const { status, stderr } = await exported();
    expect(status).to.equal(0);
    const lines = stderr.split('\n').map((line) => line.slice(line.indexOf(': ') + 2));
    expect(lines).to.have.members([
      'note: not read: Deployment of apps/v1 (1 object in deploy.yaml) [export-not-read]',
      'warning: not read: folders in this folder (rack-1/) [export-not-read]',
      'export each of them by itself',
      'note: not read: files that end neither with .yaml, .yml nor .json (peer.yaml.bak) [export-not-read]',
      '',
    ]);
  });

  it('refuses a folder that does not exist, and a path that is not a folder', async () => {
    await file('peer.yaml', peer);
    expect(await exported(path.join(folder, 'nowhere'))).to.deep.include({
      status: 1,
      stdout: '',
      stderr: `calico-agent: cannot read the folder "${folder}/nowhere": no such file or folder\n`,
    });
    expect(await exported(path.join(folder, 'peer.yaml'))).to.deep.include({
      status: 2,
      stdout: '',
      stderr: `calico-agent: cannot read the folder "${folder}/peer.yaml": it is a file; name its folder\n`,
    });
  });

  it('prints nothing and fails when there is nothing to export', async () => {
    await file('notes.txt', 'nothing yet');
    const { status, stdout, stderr } = await exported();
    expect([status, stdout]).to.deep.equal([1, '']);
    expect(stderr).to.match(/error: there is nothing to export/);
  });
});

describe('export without a named datastore', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'export-choice-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const choice = async (datastore: string): Promise<string> => {
    const config = path.join(folder, 'agent.yaml');
    await writeFile(config, `apiVersion: calico-agent/v1\nkind: AgentConfig\n${datastore}`);
    return (await datastoreOfChoice({ config, asCalicoctl: true })).driver;
  };

  it("uses calicoctl's datastore, and never the empty files of the agent", async () => {
    expect(await choice('')).to.equal('auto');
    expect(await choice('datastore: {driver: etcd}\n')).to.equal('etcd');
    expect(await choice('datastore: {driver: files}\n')).to.equal('files');
  });

  it('is what the command asks for', async () => {
    const asked: unknown[] = [];
    await run(['export'], {
      connectDatastore: (options) => {
        asked.push(options);
        return Promise.reject(new Error('enough'));
      },
    });
    expect(asked).to.deep.equal([{ asCalicoctl: true }]);
  });
});
