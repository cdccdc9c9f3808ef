import { expect } from 'chai';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileFleetStore } from '../../../controller/adapters/file-store/file-fleet-store.ts';
import type { FleetStore } from '../../../controller/ports/fleet-store.ts';
import { digestOf } from '../../../core/revision/digest.ts';
import type { Revision } from '../../../core/revision/revision.ts';
import { silentLogger } from '../../../runtime/log/logger.ts';
import type { StoredNode } from '../../../schemas/generated/controller-state.ts';
import { inProcessChecker } from '../../support/twins/in-process-checker.ts';

function revisionOf(number: number): Revision {
  return {
    formatVersion: 1,
    lineage: 'controller:default',
    number,
    digest: digestOf({ a: number }),
    mediaType: 'application/yaml',
    text: `a: ${String(number)}\n`,
    acceptedAt: '2026-01-01T00:00:00Z',
    source: 'controller',
    by: 'test',
  };
}

const node: StoredNode = {
  name: 'Node-0',
  facts: { addresses: ['10.0.0.2/24', 'fd00::2/64'], labels: {} },
  agentVersion: '0.1.0',
  lastSeenAt: '2026-01-01T00:00:00Z',
};

describe('the fleet in a folder', () => {
  let folder: string;
  const open = (): FleetStore =>
    fileFleetStore(folder, {
      cluster: 'default',
      logger: silentLogger,
      digestOfText: inProcessChecker.digest,
    });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-fleet-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('is empty when nothing was stored', async () => {
    expect(await open().load()).to.deep.equal({ nodes: [], lastNumber: 0 });
  });

  it('has the newest revision and the nodes after a restart', async () => {
    const store = open();
    await store.load();
    for (const number of [9, 10, 11]) await store.addRevision(revisionOf(number));
    await store.saveNodes([node]);
    expect(await open().load()).to.deep.equal({
      revision: revisionOf(11),
      lastNumber: 11,
      nodes: [node],
    });
  });

  for (const [what, from, to] of [
    ['of which one digit was flipped', 'a: 11', 'a: 71'],
    ['of another number', '"number":11', '"number":12'],
    ['of another lineage', 'controller:default', 'controller:other'],
  ] as const) {
    it(`gives nobody a revision ${what}, and says what to do`, async () => {
      const store = open();
      await store.load();
      for (const number of [10, 11]) await store.addRevision(revisionOf(number));
      const file = path.join(folder, 'revisions/11.json');
      await writeFile(file, (await readFile(file, 'utf8')).replace(from, to));
      const { revision, lastNumber, problem } = await open().load();
      expect(revision).to.equal(undefined);
      expect(lastNumber).to.equal(11);
      expect(problem).to.contain('push the configuration again');
      expect(await readdir(path.join(folder, 'revisions'))).to.include('11.json.corrupt-1');
    });
  }

  it('keeps the newest fifty revisions', async () => {
    const store = open();
    await store.load();
    for (let number = 1; number <= 53; number += 1) await store.addRevision(revisionOf(number));
    const names = await readdir(path.join(folder, 'revisions'));
    expect(names).to.have.length(50).and.to.include('53.json').and.not.to.include('3.json');
  });

  it('has stored a revision also where the old ones cannot be removed', async () => {
    const store = open();
    await store.load();
    for (let number = 2; number <= 51; number += 1) await store.addRevision(revisionOf(number));
    await mkdir(path.join(folder, 'revisions', '1.json'));
    await store.addRevision(revisionOf(52));
    expect(await readdir(path.join(folder, 'revisions'))).to.include('52.json');
  });

  it('stores a revision also when the old ones cannot be removed', async () => {
    const store = open();
    await store.load();
    await store.saveNodes([node]);
    const odd = { ...node, name: 'bad name' };
    const error = await store.saveNodes([odd]).catch((reason: unknown) => reason);
    expect(String(error)).to.contain('it could not be read again');
    expect((await open().load()).nodes).to.deep.equal([node]);
  });

  it('does not use the number of a corrupt file again', async () => {
    const store = open();
    await store.load();
    await store.addRevision(revisionOf(1));
    await writeFile(path.join(folder, 'revisions', '2.json'), '{"formatVersion":1');
    const lost = { nodes: [], lastNumber: 2 };
    expect(await open().load()).to.deep.include(lost);
    expect(await open().load()).to.deep.include(lost);
  });

  it('does not read files of a newer version', async () => {
    await writeFile(path.join(folder, 'fleet.json'), '{"formatVersion":2}');
    const error = await open()
      .load()
      .catch((reason: unknown) => reason);
    expect(String(error)).to.contain('format version 2');
  });

  it('starts with no nodes when their file is corrupt: they come back by themselves', async () => {
    await writeFile(path.join(folder, 'fleet.json'), '{"formatVersion":1,"nodes":7}');
    const { nodesProblem, ...found } = await open().load();
    expect(found).to.deep.equal({ nodes: [], lastNumber: 0 });
    expect(nodesProblem).to.match(/damaged, and was set aside as ".*fleet\.json\.corrupt-1"/);
    expect(await readdir(folder)).to.include('fleet.json.corrupt-1');
  });
});
