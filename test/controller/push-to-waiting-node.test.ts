/** A real controller, and a real agent that does not know yet which node it is. */
import { expect } from 'chai';
import path from 'node:path';
import type { RunningAgent } from '../../agent/app/create-agent.ts';
import type { NodeView } from '../../controller/app/nodes/node-view.ts';
import type { HostAddress } from '../../core/facts/addresses/host-address.ts';
import { agentOn } from '../support/agents/agent-on.ts';
import { eventually } from '../support/eventually.ts';
import { createMemoryDatastore } from '../support/twins/memory-datastore.ts';
import { Lab } from './running.ts';

const configOf = (asNumber: number): string =>
  JSON.stringify({
    'global-as-number': asNumber,
    'subnet-as-numbers': { '10.0.0.0/24': 64_601 },
    'global-bgp-peers': [{ address: '10.0.9.1', 'as-number': 64_600 }],
  });

const own: HostAddress = {
  family: 4,
  address: '10.0.0.7',
  prefixLength: 24,
  interface: 'eth0',
  defaultRoute: true,
};

describe('a push to an agent that waits', function () {
  this.timeout(60_000);
  let lab: Lab;
  let agent: RunningAgent;
  let host: readonly HostAddress[];
  let isThere: boolean;
  beforeEach(async () => {
    lab = await Lab.make();
    await lab.start();
    host = [own];
    isThere = true;
    const datastore = createMemoryDatastore();
    const { observe } = datastore;
    const seen: typeof observe = async (node) => {
      const found = await observe(node);
      return { ...found, nodes: found.nodes.map((one) => ({ ...one, exists: isThere })) };
    };
    agent = agentOn({
      folder: path.join(lab.folder, 'agent'),
      datastore: { ...datastore, observe: seen },
      settings: { node: { name: 'node-0' } },
      detected: () => ({ host }),
    });
    await agent.start();
    lab.connect(agent);
    await eventually(async () => expect((await lab.node('node-0'))?.connected).to.equal(true));
  });
  afterEach(async () => {
    await lab.close();
    await agent.stop();
  });

  /** Returns the state of the node once it is reported. */
  const pushed = async (asNumber: number): Promise<NodeView['push']> => {
    await lab.push(configOf(asNumber));
    await eventually(async () => {
      expect((await lab.node('node-0'))?.push?.state).to.equal('failed');
    });
    return (await lab.node('node-0'))?.push;
  };
  const confirmed = (number: number): Promise<void> =>
    eventually(async () => {
      // Like the watch of a datastore when something changes.
      await agent.operations.correctDrift();
      const node = await lab.node('node-0');
      expect([node?.push?.state, node?.confirmed?.number]).to.deep.equal(['confirmed', number]);
    });

  it('for its Node reports the retries with the reason, and is confirmed when the Node comes', async () => {
    isThere = false;
    const push = await pushed(64_512);
    expect(push).to.include({ code: 'node-unknown', retrying: true });
    expect(push?.message).to.include('Calico has no Node "node-0"');
    isThere = true;
    await confirmed(1);
  });

  it('for an address keeps the revision in force, and brings the newest one when the address is back', async () => {
    await lab.push(configOf(64_512));
    await confirmed(1);
    host = [];
    const push = await pushed(64_513);
    expect(push).to.include({ code: 'node-unknown', retrying: true });
    expect(push?.message).to.include('this node has no address: 10.0.0.7/24 is gone');
    const node = await lab.node('node-0');
    expect([node?.inForce?.number, node?.confirmed?.number]).to.deep.equal([1, 1]);
    host = [own];
    await confirmed(2);
  });
});
