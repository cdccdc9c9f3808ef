import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { createCalicoFiles } from '../../../agent/adapters/calico-files/driver.ts';
import type { CalicoDatastore } from '../../../agent/ports/datastore/calico-datastore.ts';
import type { Change } from '../../../core/plan/plan.ts';
import { AppError } from '../../../runtime/errors.ts';
import { describeCalicoDatastore } from '../ports/calico-datastore.contract.ts';

const revision = { lineage: 'local:node-0', number: 1, digest: `sha256:${'0'.repeat(64)}` };

describe('the files driver', () => {
  let root: string;
  let folder: string;
  let datastore: CalicoDatastore;
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'calico-agent-resources-'));
    folder = path.join(root, 'resources');
    ({ datastore } = createCalicoFiles({ folder, tool: 'calicoctl' }));
  });
  afterEach(() => rm(root, { recursive: true }));

  for (const tool of ['calicoctl', 'kubectl', 'kubectl-v3'] as const) {
    describe(`for ${tool}`, () => {
      describeCalicoDatastore(() => Promise.resolve(createCalicoFiles({ folder, tool }).datastore));
    });
  }

  const apply = (...changes: Change[]): Promise<void> =>
    datastore.apply({ title: 't', why: 'w', gates: [], changes }, revision);
  const write = (name: string, text: string): Promise<void> =>
    writeFile(path.join(folder, name), text);
  const failure = async (promise: Promise<unknown>): Promise<AppError> => {
    const error: unknown = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error instanceof AppError) return error;
    throw new Error(`no AppError: ${String(error)}`);
  };

  it('reads and writes YAML only through the given parser and printer', async () => {
    const asked: string[] = [];
    const elsewhere = createCalicoFiles(
      { folder, tool: 'calicoctl' },
      {
        texts: {
          readDocuments: (text) => {
            asked.push(text);
            return Promise.resolve({ ok: false, reason: 'line 3: no' });
          },
          writeDocument: ({ kind }) => Promise.resolve(`written as ${kind}`),
          writeObject: () => Promise.reject(new Error('there is no object')),
        },
      },
    ).datastore;
    const resource = {
      apiVersion: 'projectcalico.org/v3',
      kind: 'BGPPeer',
      metadata: { name: 'p' },
      spec: { peerIP: '10.0.0.1', asNumber: 64512 },
    } as const;
    const change: Change = { action: 'create', resource, scope: { kind: 'cluster' }, fields: [] };
    await elsewhere.apply({ title: 't', why: 'w', gates: [], changes: [change] }, revision);
    const { message } = await failure(elsewhere.observe('node-0'));
    expect(asked).to.deep.equal(['written as BGPPeer']);
    expect(message).to.match(/^cannot read ".*": line 3: no; mend it or move it away$/);
  });

  it('says that nothing reaches a cluster, and how to apply the files', () => {
    expect(datastore.reachesCluster).to.equal(false);
    expect(datastore.message).to.equal(
      `written to files, not applied to a cluster: first run ${folder}/20-node-*.sh, then calicoctl apply -f ${folder}`,
    );
    const kubectl = createCalicoFiles({ folder, tool: 'kubectl-v3' }).datastore;
    expect(kubectl.message).to.match(/, then kubectl apply -f \S+$/);
  });

  it('writes one document per resource, in the form of the tool that applies it', async () => {
    const kubectl = createCalicoFiles({ folder, tool: 'kubectl' }).datastore;
    await kubectl.apply(
      { title: 't', why: 'w', gates: [], changes: [createPeer('rack-0')] },
      revision,
    );
    expect(await readdir(folder)).to.deep.equal(['30-bgppeer-rack-0.yaml']);
    const document: unknown = parse(
      await readFile(path.join(folder, '30-bgppeer-rack-0.yaml'), 'utf8'),
    );
    expect(document).to.deep.include({ apiVersion: 'crd.projectcalico.org/v1', kind: 'BGPPeer' });
  });

  it('names the files in the safe order, in which a tool applies the folder', async () => {
    await apply(createConfiguration(), createPeer('a'), createPool('z'));
    await apply(patchNode({ asNumber: 65001, groupLabels: [] }));
    const names = (await readdir(folder)).filter((name) => !name.startsWith('.'));
    expect(names.toSorted()).to.deep.equal([
      '10-ippool-z.yaml',
      '20-node-node-0.sh',
      '30-bgppeer-a.yaml',
      '50-bgpconfiguration-default.yaml',
    ]);
  });

  it('says in a BGPConfiguration for calicoctl how to keep its other fields, and reads it back', async () => {
    await apply(createConfiguration());
    const file = path.join(folder, '50-bgpconfiguration-default.yaml');
    const text = await readFile(file, 'utf8');
    expect(text).to.contain(
      `#   calicoctl patch bgpconfiguration default -p '{"spec":{"nodeToNodeMeshEnabled":false}}'\n`,
    );
    expect((await datastore.observe('node-0')).resources).to.have.length(1);
  });

  it('removes from a node only the values that it gave before, however often it writes', async () => {
    const script = path.join(folder, '20-node-node-0.sh');
    const commands = async (): Promise<string> =>
      (await readFile(script, 'utf8')).split('\n').slice(3).join('\n');
    const none = { asNumber: null, routeReflectorClusterID: null, groupLabels: [] };
    await apply(patchNode(none));
    expect(await commands()).to.equal('');
    await apply(patchNode({ ...none, asNumber: 65001 }));
    for (let times = 0; times < 2; times += 1) {
      await apply(patchNode(none));
      expect(await commands()).to.equal(
        `calicoctl patch node node-0 -p '{"spec":{"bgp":{"asNumber":null}}}'\n`,
      );
    }
  });

  it('writes the changes of a node into a script that runs, and that no apply -f picks up', async () => {
    await apply(patchNode({ asNumber: 65001, groupLabels: ['calico-agent/group.old'] }));
    await apply(patchNode({ asNumber: null, groupLabels: ['calico-agent/group.new'] }));
    const script = path.join(folder, '20-node-node-0.sh');
    expect((await stat(script)).mode & 0o111).to.not.equal(0);
    const text = await readFile(script, 'utf8');
    expect(text).to.contain('group.new').and.to.contain('group.old');
    expect(spawnSync('sh', ['-n', script]).status).to.equal(0);
    const names = await readdir(folder, { recursive: true });
    expect(names.filter((name) => /\.(ya?ml|json)$/.test(name))).to.deep.equal([]);
  });

  it("leaves a person's own files alone, and reports their pools and peers as not ours", async () => {
    await apply(createPeer('ours'));
    const text = [
      'apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: {name: theirs}\nspec: {cidr: 10.1.0.0/16}\n',
      'apiVersion: projectcalico.org/v3\nkind: BGPFilter\nmetadata: {name: other}\nspec: {}\n',
      'apiVersion: v1\nkind: ConfigMap\n',
      'apiVersion: projectcalico.org/v3\nkind: BGPPeer\nmetadata: {name: by-selector}\nspec: {peerSelector: "all()"}\n',
    ].join('---\n');
    await write('mine.yml', text);
    await write('notes.txt', 'not: [a document');
    const { resources } = await datastore.observe('node-0');
    const owners = resources.map(({ resource, owner }) => [
      resource.metadata.name,
      owner !== undefined,
    ]);
    expect(owners).to.deep.equal([
      ['ours', true],
      ['theirs', false],
    ]);
    expect(await readFile(path.join(folder, 'mine.yml'), 'utf8')).to.equal(text);
  });

  it('keeps the additions of a person in our documents', async () => {
    await apply(createPeer('rack-0'));
    const file = path.join(folder, '30-bgppeer-rack-0.yaml');
    await write('30-bgppeer-rack-0.yaml', `${await readFile(file, 'utf8')}  keepaliveTime: 10s\n`);
    await datastore.observe('node-0');
    await apply(createPeer('rack-0', 65099));
    const document: unknown = parse(await readFile(file, 'utf8'));
    expect(document)
      .to.have.property('spec')
      .that.includes({ asNumber: 65099, keepaliveTime: '10s' });
  });

  it('deletes a document that has a file of its own, and reports one that has not', async () => {
    await apply(createPeer('ours'));
    const pool =
      'apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: {name: NAME}\nspec: {cidr: 10.1.0.0/16}\n';
    await write('alone.yaml', pool.replace('NAME', 'alone'));
    await write('two.yaml', `${pool.replace('NAME', 'one')}---\n${pool.replace('NAME', 'two')}`);
    await datastore.observe('node-0');
    await apply(deletePool('alone'));
    expect(await readdir(folder)).to.not.include('alone.yaml');
    const error = await failure(apply(deletePool('two')));
    expect(error).to.include({ code: 'datastore-failed', retryable: true });
    expect(error.message).to.contain('two.yaml');
  });

  const hostile: readonly [string, string][] = [
    ['broken YAML', 'a: [b'],
    ['an alias bomb', aliasBomb()],
    [
      'a resource without a name',
      'apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: {}\nspec: {cidr: 10.0.0.0/8}\n',
    ],
    [
      'a field of another type',
      'apiVersion: projectcalico.org/v3\nkind: BGPPeer\nmetadata: {name: a}\nspec: {peerIP: 7, asNumber: 1}\n',
    ],
    ['more than 1 MiB', `# ${'x'.repeat(1024 * 1024)}\n`],
  ];
  for (const [what, text] of hostile) {
    it(`names the unreadable file, and goes on when it is mended: ${what}`, async () => {
      await apply(createPeer('ours'));
      await write('hostile.yaml', text);
      const error = await failure(datastore.observe('node-0'));
      expect(error).to.include({ code: 'datastore-failed', retryable: true });
      expect(error.message).to.contain('hostile.yaml');
      await rm(path.join(folder, 'hostile.yaml'));
      expect((await datastore.observe('node-0')).resources).to.have.length(1);
    });
  }

  it('names the unreadable file with the state of a node', async () => {
    await apply(patchNode({ groupLabels: [] }));
    await write('.calico-agent/node-node-0', '{"formatVersion":1,"settings":{"asNumber":"x"}}');
    expect((await failure(datastore.observe('node-0'))).message).to.contain(
      '.calico-agent/node-node-0',
    );
  });

  it("notices a change that leaves the file's size and time as they were", async () => {
    await apply(createPeer('rack-0', 65001));
    await datastore.observe('node-0');
    const file = path.join(folder, '30-bgppeer-rack-0.yaml');
    const { utimes } = await import('node:fs/promises');
    const { atime, mtime } = await stat(file);
    await writeFile(file, (await readFile(file, 'utf8')).replace('65001', '65002'));
    await utimes(file, atime, mtime);
    const [found] = (await datastore.observe('node-0')).resources;
    expect(found?.resource.spec).to.include({ asNumber: 65002 });
  });
});

function createPeer(name: string, asNumber = 65001): Change {
  return {
    action: 'create',
    scope: { kind: 'cluster' },
    resource: {
      apiVersion: 'projectcalico.org/v3',
      kind: 'BGPPeer',
      metadata: { name },
      spec: { peerIP: '10.0.0.1', asNumber },
    },
    fields: [],
  };
}

function createConfiguration(): Change {
  return {
    action: 'create',
    scope: { kind: 'cluster' },
    resource: {
      apiVersion: 'projectcalico.org/v3',
      kind: 'BGPConfiguration',
      metadata: { name: 'default' },
      spec: { nodeToNodeMeshEnabled: false },
    },
    fields: [],
  };
}

function createPool(name: string): Change {
  return {
    action: 'create',
    scope: { kind: 'cluster' },
    resource: {
      apiVersion: 'projectcalico.org/v3',
      kind: 'IPPool',
      metadata: { name },
      spec: { cidr: '10.1.0.0/16', ipipMode: 'Never', vxlanMode: 'Never', natOutgoing: false },
    },
    fields: [],
  };
}

function deletePool(name: string): Change {
  return {
    action: 'delete',
    scope: { kind: 'cluster' },
    kind: 'IPPool',
    name,
    why: 'a test',
    before: {
      apiVersion: 'projectcalico.org/v3',
      kind: 'IPPool',
      metadata: { name },
      spec: { cidr: '10.1.0.0/16', ipipMode: 'Never', vxlanMode: 'Never', natOutgoing: false },
    },
  };
}

function patchNode(after: Extract<Change, { action: 'patch-node' }>['after']): Change {
  return { action: 'patch-node', node: 'node-0', before: { groupLabels: [] }, after, fields: [] };
}

function aliasBomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 12; level += 1) {
    const alias = `*a${String(level - 1)}`;
    lines.push(
      `a${String(level)}: &a${String(level)} [${Array.from({ length: 9 }, () => alias).join(', ')}]`,
    );
  }
  return `${lines.join('\n')}\n`;
}
