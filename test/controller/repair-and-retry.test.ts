/**
 * A real controller and a real agent: passing failures are tried again, a rejected revision only on
 * request.
 */
import { expect } from 'chai';
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { WebSocket } from 'ws';
import { systemClock } from '../../agent/adapters/system-clock/system-clock.ts';
import type { RunningAgent } from '../../agent/app/create-agent.ts';
import { AppError } from '../../runtime/errors.ts';
import { agentOn, statusWhen, type AgentOn } from '../support/agents/agent-on.ts';
import { eventually } from '../support/eventually.ts';
import { createMemoryDatastore, type MemoryDatastore } from '../support/twins/memory-datastore.ts';
import { MemoryAgent } from '../support/twins/memory-agent.ts';
import { configWith, Lab, token } from './running.ts';

describe('a controller with a real agent', () => {
  let lab: Lab;
  let agents: RunningAgent[];
  let datastore: MemoryDatastore;
  beforeEach(async () => {
    lab = await Lab.make();
    agents = [];
    datastore = createMemoryDatastore();
    await lab.start();
  });
  afterEach(async () => {
    await lab.close();
    await Promise.all(agents.map((agent) => agent.stop()));
  });

  const start = async (on: Partial<AgentOn> = {}): Promise<RunningAgent> => {
    const agent = agentOn({ folder: path.join(lab.folder, 'agent'), datastore, ...on });
    agents.push(agent);
    await agent.start();
    lab.connect(agent);
    await eventually(async () => {
      expect((await lab.node('node-0'))?.connected).to.equal(true);
    });
    return agent;
  };
  const pushState = async (): Promise<unknown> => (await lab.node('node-0'))?.push?.state;
  const confirmed = (number: number): Promise<void> =>
    eventually(async () => {
      const node = await lab.node('node-0');
      expect([node?.push?.state, node?.confirmed?.number]).to.deep.equal(['confirmed', number]);
    });

  it('brings a configuration to an agent whose disk was full, without a second request', async () => {
    let isFull = true;
    const claim = (): Promise<void> =>
      isFull
        ? Promise.reject(new AppError('disk-full', 'cannot lock: full', { retryable: true }))
        : Promise.resolve();
    await start({ claim });
    await lab.push(configWith(64_513));
    await eventually(async () => {
      const push = (await lab.node('node-0'))?.push;
      expect(push).to.include({ state: 'failed', code: 'disk-full', retrying: true });
    });
    isFull = false;
    await confirmed(1);
  });

  it('brings the newest revision when an older one waits for the disk of an agent', async () => {
    let isFull = true;
    const claim = (): Promise<void> =>
      isFull
        ? Promise.reject(new AppError('disk-full', 'cannot lock: full', { retryable: true }))
        : Promise.resolve();
    await start({ claim });
    await lab.push(configWith(64_513));
    await eventually(async () => expect(await pushState()).to.equal('failed'));
    isFull = false;
    await lab.push(configWith(64_514));
    await confirmed(2);
  });

  it('sends the text again to an agent whose stored text was damaged, and claims nothing before', async () => {
    const agent = await start();
    await lab.push(configWith(64_513), 60);
    await confirmed(1);
    await agent.stop();
    const folder = path.join(lab.folder, 'agent/revisions');
    const [name = ''] = await readdir(folder);
    const text = await readFile(path.join(folder, name), 'utf8');
    await writeFile(path.join(folder, name), text.replace('64513', '64519'));
    const next = await start();
    await statusWhen(next, ({ state, storage }) => state === 'in-force' && storage === undefined);
    await confirmed(1);
    expect(await readdir(folder))
      .to.include(name)
      .and.include(`${name}.corrupt-1`);
    expect(Reflect.get(Object(await next.readings.acceptedRevision()), 'text')).to.contain('64513');
  });

  it('asks for a text that is found damaged while the agent is connected', async () => {
    const settings = { node: { name: 'node-0' } };
    const agent = await start({ clock: systemClock, settings });
    await agent.facts.put({ addresses: ['10.0.0.2/24'] });
    await lab.push(configWith(64_513), 60);
    await confirmed(1);
    const folder = path.join(lab.folder, 'agent/revisions');
    const [name = ''] = await readdir(folder);
    const text = await readFile(path.join(folder, name), 'utf8');
    await writeFile(path.join(folder, name), text.replace('64513', '64519'));
    const noticed = statusWhen(agent, ({ message }) => message.includes('its stored text'));
    await agent.facts.put({ addresses: ['10.0.0.3/24'] });
    await noticed;
    await statusWhen(agent, ({ state }) => state === 'in-force');
    await confirmed(1);
    expect(Reflect.get(Object(await agent.readings.acceptedRevision()), 'text')).to.contain(
      '64513',
    );
  });

  it('asks for a text that a reader finds damaged', async () => {
    const agent = await start({ clock: systemClock });
    await lab.push(configWith(64_513), 60);
    await confirmed(1);
    const folder = path.join(lab.folder, 'agent/revisions');
    const [name = ''] = await readdir(folder);
    await rm(path.join(folder, name));
    expect(await agent.readings.acceptedRevision()).to.equal(undefined);
    // Without asking the agent for it, which would be another read.
    await eventually(async () => expect(await readdir(folder)).to.deep.equal([name]));
    expect(await readFile(path.join(folder, name), 'utf8')).to.contain('64513');
  });

  it('applies a rejected content again only when it is pushed with retry', async () => {
    let isBroken = true;
    datastore.meddle.write = (write) => {
      if (isBroken) throw new AppError('apply-failed', 'refused for good');
      write();
    };
    await start();
    const first = await lab.push(configWith(64_513), 60);
    expect(first.nodes?.[0]).to.include({ state: 'failed' });
    isBroken = false;
    expect(await lab.push(configWith(64_513), 1)).to.include({ result: 'already' });
    expect(await pushState()).to.equal('failed');
    const retried = await lab.ask<Awaited<ReturnType<Lab['push']>>>(
      'PUT',
      '/v1/config?by=test&wait=60&retry=true',
      configWith(64_513),
    );
    expect(retried).to.deep.include({ result: 'accepted', ended: 'all' });
    expect(retried.revision.number).to.equal(2);
    expect(retried.nodes?.[0]).to.include({ state: 'confirmed' });
  });

  const listening = async (
    capabilities: readonly string[],
  ): Promise<{ readonly socket: WebSocket; readonly configs: readonly unknown[] }> => {
    const socket = new WebSocket(`ws://${lab.listen}/v1/agents`, ['calico-agent.v1'], {
      headers: { authorization: `Bearer ${token}` },
    });
    const configs: unknown[] = [];
    socket.on('message', (data: Buffer) => {
      const message: unknown = JSON.parse(data.toString('utf8'));
      if (Reflect.get(Object(message), 'type') === 'config') configs.push(message);
    });
    await new Promise((resolve) => socket.once('open', resolve));
    socket.send(
      JSON.stringify({
        type: 'hello',
        formatVersion: 1,
        cluster: 'default',
        node: `node-${String(capabilities.length)}`,
        agentVersion: '0.1.0',
        capabilities,
        facts: { addresses: [`10.0.0.${String(20 + capabilities.length)}/24`] },
        revisions: { rejected: [] },
      }),
    );
    return { socket, configs };
  };

  it('sends the terms of a push only to agents that know them', async () => {
    for (const capabilities of [[], ['push-terms']]) {
      const { socket, configs } = await listening(capabilities);
      await lab.ask('PUT', '/v1/config?accept-loss=true&no-guard=true', configWith(64_513));
      await eventually(() => expect(configs).to.have.length.greaterThan(0));
      const got = ['acceptLoss', 'noGuard'].map((name) =>
        Reflect.get(Object(configs.at(-1)), name),
      );
      const expected = capabilities.length === 0 ? undefined : true;
      expect(got).to.deep.equal([expected, expected]);
      socket.terminate();
    }
  });

  it('gives the same content the next number with other terms, and keeps them over a restart', async () => {
    await lab.push(configWith(64_513));
    const push = (): Promise<Awaited<ReturnType<Lab['push']>>> =>
      lab.ask('PUT', '/v1/config?accept-loss=true', configWith(64_513));
    expect((await push()).revision.number).to.equal(2);
    expect(await push()).to.deep.include({ result: 'already' });
    await lab.stopController();
    await lab.start();
    const { socket, configs } = await listening(['push-terms']);
    await eventually(() => expect(configs).to.have.length(1));
    expect(configs[0]).to.include({ number: 2, acceptLoss: true });
    socket.terminate();
  });

  it('passes the terms to the agent', async () => {
    const agent = new MemoryAgent({ name: 'node-9', address: '10.0.0.99/24' });
    lab.connect(agent);
    await eventually(async () => expect((await lab.node('node-9'))?.connected).to.equal(true));
    await lab.ask('PUT', '/v1/config?no-guard=true&wait=60', configWith(64_513));
    expect(agent.received.at(-1)).to.include({ acceptLoss: false, noGuard: true });
  });

  it('sends retry only to agents that know it', async () => {
    for (const capabilities of [[], ['retry']]) {
      const { socket, configs } = await listening(capabilities);
      await lab.ask('PUT', '/v1/config?retry=true', configWith(64_513));
      await eventually(() => expect(configs).to.have.length.greaterThan(0));
      const expected = capabilities.length === 0 ? undefined : true;
      expect(Reflect.get(Object(configs.at(-1)), 'retry')).to.equal(expected);
      socket.terminate();
    }
  });
});
