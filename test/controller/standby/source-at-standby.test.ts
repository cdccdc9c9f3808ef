/** Two controllers over one etcd follow the same file, where a configuration needs approvals. */
import { expect } from 'chai';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ProposalsAnswer } from '../../../controller/api/people/proposal-routes.ts';
import type { SourceAnswer } from '../../../controller/api/source-routes.ts';
import { eventually } from '../../support/eventually.ts';
import { etcdOfSuite } from '../../support/servers/etcd.ts';
import { configWith, Lab } from '../running.ts';

describe('controllers over etcd that propose a followed file', function () {
  this.timeout(120_000);
  const etcd = etcdOfSuite();
  let labs: Lab[];
  let folder: string;
  beforeEach(async () => {
    labs = [];
    folder = await mkdtemp(path.join(tmpdir(), 'calico-followed-'));
  });
  afterEach(async () => {
    for (const lab of labs) await lab.close();
    await rm(folder, { recursive: true });
    await etcd().etcdctl('del', '--prefix', '/calico-controller/');
  });

  const add = async (): Promise<Lab> => {
    const lab = await Lab.make();
    labs.push(lab);
    await lab.start({
      etcd: { endpoints: [etcd().endpoint], timeoutSeconds: 20 },
      source: { folder, pattern: 'lab.yaml', pushes: false },
      approvals: { required: 1, byAnother: true },
      timing: { sourceMs: 50 },
    });
    return lab;
  };
  const proposals = async (lab: Lab): Promise<readonly unknown[]> =>
    (await lab.ask<ProposalsAnswer>('GET', '/v1/proposals')).proposals.map(({ id, state, by }) => ({
      id,
      state,
      by,
    }));
  const waitsIn = (lab: Lab, id: number): Promise<void> =>
    eventually(async () => {
      const { state, why } = await lab.ask<SourceAnswer>('GET', '/v1/source');
      expect(state).to.equal('proposed');
      expect(why).to.equal(
        `proposal ${String(id)} waits for approval: calico-controller proposal ${String(id)}`,
      );
    });

  it('propose it once, also after the leader was lost, and the next content in its place', async () => {
    const leader = await add();
    await leader.controller?.opened;
    const other = await add();
    const file = path.join(folder, 'lab.yaml');
    const by = `source ${file}`;
    await writeFile(file, configWith(64_513));
    await waitsIn(leader, 1);
    await endLead();
    await other.controller?.opened;
    await waitsIn(other, 1);
    expect(await proposals(other)).to.deep.equal([{ id: 1, state: 'open', by }]);
    await writeFile(file, configWith(64_514));
    await waitsIn(other, 2);
    expect(await proposals(other)).to.deep.equal([
      { id: 1, state: 'withdrawn', by },
      { id: 2, state: 'open', by },
    ]);
  });

  /** As where it was killed: its lease ends. */
  const endLead = async (): Promise<void> => {
    const key = '/calico-controller/default/leader/fleet';
    const fields = await etcd().etcdctl('get', '-w', 'fields', key);
    const id = BigInt(/"Lease" : (\d+)/u.exec(fields)?.[1] ?? '0');
    await etcd().etcdctl('lease', 'revoke', id.toString(16));
  };
});
