import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RunningAgent } from '../../../../agent/app/create-agent.ts';
import { statusOfAgent } from '../../../../core/juju/unit-status.ts';
import type { SurveyedNode } from '../../../../core/survey/surveyed-cluster.ts';
import { agentOn, inForce, localOffer, statusWhen } from '../../../support/agents/agent-on.ts';
import { createMemoryDatastore } from '../../../support/twins/memory-datastore.ts';
import { createMemoryWriterLease } from '../../../support/twins/memory-writer-lease.ts';

const config = JSON.stringify({
  'global-as-number': 64512,
  'subnet-as-numbers': { '10.0.0.0/24': 64601 },
  'global-bgp-peers': [{ address: '10.0.9.1', 'as-number': 64600 }],
});

describe('an agent without a Calico Node of its name', () => {
  let folder: string;
  let nodes: readonly SurveyedNode[];
  let agent: RunningAgent;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-missing-'));
    const datastore = createMemoryDatastore();
    const { observe } = datastore;
    const seen: typeof observe = async (node) => {
      const found = await observe(node);
      const exists = nodes.some(({ name }) => name === node);
      return { ...found, nodes: found.nodes.map((one) => ({ ...one, exists })) };
    };
    const lookedAt = { ...datastore, observe: seen };
    agent = agentOn({
      folder,
      datastore: lookedAt,
      connection: {
        datastore: lookedAt,
        writerLease: createMemoryWriterLease().connect('worker-02'),
        survey: {
          survey: async () => ({
            ...(await datastore.observe('')),
            nodes,
            documents: [],
            blocks: [],
          }),
          removeNode: () => Promise.resolve(),
        },
        diagnosis: { diagnose: () => Promise.resolve([]) },
      },
      settings: { node: { name: 'Worker-02', addresses: ['10.0.0.7/24'] } },
    });
    await agent.start();
  });
  afterEach(async () => {
    await agent.stop();
    await rm(folder, { recursive: true });
  });

  const node = (name: string, address: string): SurveyedNode => ({
    name,
    settings: { groupLabels: [] },
    addresses: [{ family: 4, address, prefixLength: 24 }],
    labels: {},
  });

  const rows: readonly [string, readonly SurveyedNode[], string][] = [
    [
      'asks for the one with its address',
      [node('worker-01', '10.0.0.6'), node('worker-02.example.com', '10.0.0.7')],
      'Calico has no Node "worker-02"; did you mean worker-02.example.com (10.0.0.7/24)? set node.name in agent.yaml',
    ],
    [
      'asks for the one with its host name, where no other has its address',
      [node('worker-01', '10.0.0.6'), node('worker-02.example.com', '10.9.0.7')],
      'did you mean worker-02.example.com (10.9.0.7/24)?',
    ],
    ['says how it comes where none is like it', [node('a', '10.0.0.6')], 'calico-node makes it'],
  ];
  for (const [what, there, expected] of rows) {
    it(`waits, ${what}, and informs the sources`, async () => {
      nodes = there;
      const outcome = await agent.offers.offer(localOffer(config));
      if (outcome.result === 'refused') throw new Error(outcome.message);
      const settled = await agent.offers.waitForRevision(
        outcome.revision,
        AbortSignal.timeout(5000),
      );
      expect(settled).to.include({ result: 'failed' });
      const status = agent.readings.status();
      expect(status.state).to.equal('waiting');
      expect(status.message).to.include(expected);
      expect(status.revisions.confirmed).to.equal(undefined);
      const planned = await agent.offers.plan(config);
      const told = planned.ok ? planned.plan.issues.map(({ message }) => message) : [];
      expect(told.join('\n')).to.include(expected);
      const unit = statusOfAgent(status);
      expect([unit.word, unit.message.includes(expected)]).to.deep.equal(['waiting', true]);
    });
  }

  it('goes on when the Node is there, and waits again when it is deleted', async () => {
    nodes = [];
    await agent.offers.offer(localOffer(config));
    await statusWhen(agent, ({ state }) => state === 'waiting');
    nodes = [node('worker-02', '10.0.0.7')];
    await agent.operations.correctDrift();
    await statusWhen(agent, inForce(1));
    nodes = [];
    await agent.operations.correctDrift();
    const status = await statusWhen(agent, ({ state }) => state === 'waiting');
    expect(status.revisions.inForce?.number).to.equal(1);
  });

  it('waits when only the mesh would give it sessions, also when its Node goes away', async () => {
    const mesh = JSON.stringify({ 'global-as-number': 64512, 'node-to-node-mesh': true });
    nodes = [node('worker-02', '10.0.0.7')];
    await agent.offers.offer(localOffer(mesh));
    await statusWhen(agent, inForce(1));
    nodes = [];
    await agent.facts.put({ labels: { rack: 'a' } });
    const { message } = await statusWhen(agent, ({ state }) => state === 'waiting');
    expect(message).to.include('Calico has no Node "worker-02"');
  });
});
