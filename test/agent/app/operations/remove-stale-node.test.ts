import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RunningAgent } from '../../../../agent/app/create-agent.ts';
import type { SurveyedCluster } from '../../../../core/survey/surveyed-cluster.ts';
import { agentOn } from '../../../support/agents/agent-on.ts';
import { failure } from '../../../support/failure.ts';
import { createMemoryDatastore } from '../../../support/twins/memory-datastore.ts';
import { createMemoryWriterLease } from '../../../support/twins/memory-writer-lease.ts';

describe('the removal of a stale node', () => {
  const node = { settings: { groupLabels: [] }, addresses: [], labels: {} };
  const peer = { kind: 'BGPPeer', metadata: { name: 'x' }, spec: { node: 'named' } };
  const surveyed: SurveyedCluster = {
    resources: [],
    nodes: [{ ...node, name: 'node-9', version: '17' }],
    documents: [peer],
    blocks: [
      { cidr: '10.1.0.0/26', node: 'node-9', addresses: 2 },
      { cidr: '10.1.1.0/26', node: 'left', addresses: 0 },
    ],
  };
  let folder: string;
  let agent: RunningAgent;
  let removed: (readonly [string, string | undefined])[];
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-stale-'));
    removed = [];
    const datastore = createMemoryDatastore();
    const lease = createMemoryWriterLease().connect('node-0');
    agent = agentOn({
      folder,
      datastore,
      connection: {
        datastore,
        writerLease: lease,
        survey: {
          survey: () => Promise.resolve(surveyed),
          removeNode: (...of) => Promise.resolve(void removed.push(of)),
        },
        diagnosis: { diagnose: () => Promise.resolve([]) },
      },
    });
    await agent.start();
  });
  afterEach(async () => {
    await agent.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const remove = (name: string, force: boolean): Promise<void> =>
    agent.operations.removeStaleNode(name, { force, living: ['node-0'] });

  it('needs force only when addresses are in use', async () => {
    expect(await failure(remove('node-9', false))).to.include({ code: 'datastore-conflict' });
    await remove('node-9', true);
    expect(removed).to.deep.equal([['node-9', '17']]);
  });

  it('goes on when only blocks are left, so that the node leaves the list', async () => {
    await remove('left', false);
    expect(removed).to.deep.equal([['left', undefined]]);
  });

  it('says what to delete when the node is only named', async () => {
    const error = await failure(remove('named', true));
    expect(error).to.include({ code: 'not-found' });
    expect(error.message).to.contain('BGPPeer/x');
    expect(removed).to.deep.equal([]);
  });
});
