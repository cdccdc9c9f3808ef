/** A real controller and real WebSockets on loopback; the agents are in memory. */
import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { WebSocket } from 'ws';
import { AppError } from '../../runtime/errors.ts';
import { eventually } from '../support/eventually.ts';
import { MemoryAgent } from '../support/twins/memory-agent.ts';
import { configWith, Lab, token } from './running.ts';

describe('a controller with its agents', () => {
  let lab: Lab;
  beforeEach(async () => {
    lab = await Lab.make();
  });
  afterEach(async () => {
    await lab.close();
  });

  const joined = (count: number): Promise<void> =>
    eventually(async () => {
      expect((await lab.status()).connected).to.equal(count);
    });

  it('brings a configuration to every agent, and learns the result', async () => {
    await lab.start();
    const agents = ['0', '1'].map(
      (n) => new MemoryAgent({ name: `node-${n}`, address: `10.0.0.1${n}/24` }),
    );
    for (const agent of agents) lab.connect(agent);
    await joined(2);
    const answer = await lab.push(configWith(64_513), 60);
    expect(answer).to.deep.include({ result: 'accepted', ended: 'all' });
    expect(answer.revision).to.include({ lineage: 'controller:default', number: 1 });
    expect(answer.nodes).to.deep.equal([
      { name: 'node-0', state: 'confirmed' },
      { name: 'node-1', state: 'confirmed' },
    ]);
    expect(agents[0]?.received).to.have.length(1);
    expect(agents[0]?.received[0]).to.deep.include({
      source: 'controller',
      text: configWith(64_513),
      mediaType: 'application/yaml',
      by: 'test',
    });
    await eventually(async () => {
      const node = await lab.node('node-0');
      expect(node).to.deep.include({ connected: true, state: 'in-force' });
      expect(node?.confirmed).to.deep.equal(answer.revision);
    });
  });

  it('brings the newest configuration to an agent that connects later', async () => {
    await lab.start();
    await lab.push(configWith(64_513));
    await lab.push(configWith(64_514));
    const agent = new MemoryAgent({ name: 'node-0' });
    lab.connect(agent);
    await eventually(async () => {
      expect((await lab.status()).push).to.deep.equal({ confirmed: 1 });
    });
    expect(agent.received.map(({ number, text }) => [number, text])).to.deep.equal([
      [2, configWith(64_514)],
    ]);
  });

  it('gives the same content no new number', async () => {
    await lab.start();
    const first = await lab.push(configWith(64_513));
    const second = await lab.push(`# the same\n${configWith(64_513)}`, 1);
    expect(second).to.include({ result: 'already', ended: 'nobody' });
    expect(second.revision).to.deep.equal(first.revision);
  });

  it('names the nodes that refused, with their reasons', async () => {
    await lab.start();
    lab.connect(new MemoryAgent({ name: 'node-0' }));
    lab.connect(
      new MemoryAgent({ name: 'node-1', address: '10.0.0.3/24', refuses: 'source-not-permitted' }),
    );
    await joined(2);
    const { nodes, ended } = await lab.push(configWith(64_513), 60);
    expect(ended).to.equal('all');
    expect(nodes?.[1]).to.include({
      state: 'failed',
      code: 'source-not-permitted',
      message: 'not here',
    });
  });

  it('says that a failed node tries again, and takes the failure back', async () => {
    await lab.start();
    const agent = new MemoryAgent({ name: 'node-0', reaches: 'accepted' });
    lab.connect(agent);
    await joined(1);
    // A node that tries again may still succeed, so the push waits to its end.
    const pushed = lab.push(configWith(64_513), 5);
    await eventually(() => expect(agent.received).to.have.length(1));
    agent.fail('datastore-failed', true);
    expect((await pushed).nodes?.[0]).to.include({ state: 'failed', retrying: true });
    agent.reach('confirmed');
    await eventually(async () => {
      expect((await lab.node('node-0'))?.push).to.deep.equal({ state: 'confirmed' });
    });
  });

  it('stops waiting when the time has passed, or a newer configuration comes', async () => {
    await lab.start();
    lab.connect(new MemoryAgent({ name: 'node-0', reaches: 'applied' }));
    await joined(1);
    const first = lab.push(configWith(64_513), 60);
    await eventually(async () => {
      expect((await lab.node('node-0'))?.push).to.deep.equal({ state: 'applied' });
    });
    const second = await lab.push(configWith(64_514), 0);
    expect(second.ended).to.equal('time-over');
    expect((await first).ended).to.equal('superseded');
  });

  it('refuses a configuration with errors, and sends nothing', async () => {
    await lab.start();
    const agent = new MemoryAgent({ name: 'node-0' });
    lab.connect(agent);
    await joined(1);
    const refused = await lab.push('global-as-number: 0\n').catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(AppError);
    expect(refused).to.include({ code: 'invalid-config' });
    if (refused instanceof AppError) {
      expect(refused.issues.find(({ severity }) => severity === 'error')).to.include({
        severity: 'error',
        line: 1,
        pointer: '/global-as-number',
      });
    }
    expect((await lab.status()).revision).to.equal(undefined);
    expect(agent.received).to.deep.equal([]);
    await lab.stopController();
    await lab.start();
    expect((await lab.status()).revision).to.equal(undefined);
  });

  it('checks without pushing', async () => {
    await lab.start();
    const { issues } = await lab.ask<{ issues: { severity: string }[] }>(
      'POST',
      '/v1/check',
      'global-as-number: 0\n',
    );
    expect(issues.map(({ severity }) => severity)).to.include('error');
    expect((await lab.status()).revision).to.equal(undefined);
  });

  it('keeps revisions and nodes over a restart, and sends no text that the agent has', async () => {
    await lab.start();
    const { listen } = lab;
    const agent = new MemoryAgent({ name: 'node-0' });
    lab.connect(agent);
    const leaving = lab.connect(new MemoryAgent({ name: 'node-1' }));
    await joined(2);
    const { revision } = await lab.push(configWith(64_513), 60);
    await leaving.stop();
    await lab.stopController();
    await lab.start({ listen });
    // This one does not come back; the other one may be connected already.
    expect(await lab.node('node-1')).to.include({ name: 'node-1', connected: false });
    await eventually(async () => {
      const push = { state: 'confirmed' };
      expect(await lab.node('node-0')).to.deep.include({ connected: true, push });
    });
    expect((await lab.status()).revision).to.deep.include(revision);
    expect(agent.askedForItsOwn).to.equal(1);
    expect((await lab.push(configWith(64_514))).revision.number).to.equal(2);
  });

  it('sends the text again to an agent that lost it', async () => {
    await lab.start();
    const agent = new MemoryAgent({ name: 'node-0' });
    await lab.push(configWith(64_513));
    lab.connect(agent);
    await eventually(() => expect(agent.received).to.have.length(1));
    agent.forget();
    const { listen } = lab;
    await lab.stopController();
    await lab.start({ listen });
    await eventually(async () => {
      const push = { state: 'confirmed' };
      expect(await lab.node('node-0')).to.deep.include({ connected: true, push });
    });
    expect(agent.received).to.have.length(2);
  });

  it('checks a push against absent nodes, and against changed facts', async () => {
    await lab.start({ timing: { keepMs: 1 } });
    const agent = new MemoryAgent({ name: 'node-0', address: '10.0.0.2/24' });
    const channel = lab.connect(agent);
    await joined(1);
    const text = "subnet-as-numbers: {10.0.9.0/24: 64513}\nunit-as-numbers: {'7': 64514}\n";
    const warned = async (): Promise<string> => {
      const { issues } = await lab.ask<{ issues: { code: string }[] }>('POST', '/v1/check', text);
      return issues.map(({ code }) => code).join(' ');
    };
    expect(await warned()).to.contain('unit');
    agent.move('10.0.9.2/24');
    await eventually(async () => {
      const file = await readFile(path.join(lab.folder, 'state', 'store.db'), 'latin1');
      expect(file).to.contain('10.0.9.2/24');
    });
    await channel.stop();
    await joined(0);
    expect(await warned()).to.contain('unit');
  });

  it('replaces the older connection of the same node by the newer one', async () => {
    await lab.start();
    const [older, newer] = [
      new MemoryAgent({ name: 'node-0' }),
      new MemoryAgent({ name: 'node-0' }),
    ];
    const first = lab.connect(older, { reconnect: { baseSeconds: 60, capSeconds: 60 } });
    await joined(1);
    lab.connect(newer);
    await eventually(() => expect(first.state().message).to.contain('took the place of this one'));
    expect((await lab.node('node-0'))?.replaced).to.include({ count: 1, by: '127.0.0.1' });
    await lab.push(configWith(64_513), 60);
    expect([older.received.length, newer.received.length]).to.deep.equal([0, 1]);
  });

  it('refuses agents of another cluster, and tells them', async () => {
    await lab.start();
    const channel = lab.connect(new MemoryAgent({ name: 'node-0' }), { cluster: 'other' });
    await eventually(() =>
      expect(channel.state().message).to.contain('serves cluster "default", not "other"'),
    );
    expect(await lab.node('node-0')).to.equal(undefined);
  });

  it('does not use the state of another cluster', async () => {
    await lab.start();
    await lab.stopController();
    const error = await lab.start({ cluster: 'other' }).catch((reason: unknown) => reason);
    expect(String(error)).to.contain('it belongs to the cluster "default", not "other"');
  });

  describe('with an agent that does not read', () => {
    let deaf: WebSocket;
    let hearing: MemoryAgent;
    let heard: number[];

    async function go(slowMs: number): Promise<void> {
      await lab.start({ timing: { slowMs, tickMs: 20 } });
      hearing = new MemoryAgent({ name: 'node-1' });
      lab.connect(hearing);
      deaf = knock();
      heard = [];
      deaf.on('message', (data: Buffer) => {
        const message: { number: number } = JSON.parse(data.toString('utf8'));
        heard.push(message.number);
      });
      await new Promise((resolve) => deaf.once('open', resolve));
      deaf.send(JSON.stringify(deafHello));
      await joined(2);
      deaf.pause();
    }

    /**
     * More than the kernel and the controller hold for one agent. The other agent takes each of
     * them.
     */
    async function pushMuch(): Promise<void> {
      const padding = '# '.padEnd(900_000, 'x');
      for (let number = 1; number <= 20; number += 1) {
        await lab.push(`${configWith(64_512 + number)}${padding}\n`);
        await eventually(() => expect(hearing.received.at(-1)?.number).to.equal(number));
      }
    }

    afterEach(() => {
      deaf.terminate();
    });

    it('hangs up on it after a while, and serves the others meanwhile', async () => {
      await go(300);
      await pushMuch();
      await joined(1);
      expect((await lab.node('node-1'))?.connected).to.equal(true);
    });

    it('sends it only the newest once it reads again, and reads no more of it meanwhile', async () => {
      await go(60_000);
      await pushMuch();
      deaf.send(JSON.stringify({ ...deafHello, facts: { units: ['calico/7'] } }));
      await lab.push(configWith(64_600), 1);
      expect((await lab.node('deaf'))?.units).to.deep.equal([]);
      deaf.resume();
      await eventually(() => expect(heard.at(-1)).to.equal(21));
      expect(heard.length).to.be.below(15);
      await eventually(async () => {
        expect((await lab.node('deaf'))?.units).to.deep.equal(['calico/7']);
      });
    });
  });

  function knock(): WebSocket {
    return new WebSocket(`ws://${lab.listen}/v1/agents`, ['calico-agent.v1'], {
      headers: { authorization: `Bearer ${token}` },
    });
  }

  const deafHello = {
    type: 'hello',
    formatVersion: 1,
    cluster: 'default',
    node: 'deaf',
    agentVersion: '0.1.0',
    capabilities: [],
    facts: {},
    revisions: { rejected: [] },
  };

  const lies: readonly [behaviour: string, messages: readonly string[], code: number][] = [
    ['sends what is not JSON', ['{'], 4400],
    ['sends no hello first', ['{"type":"ping","id":1}'], 4400],
    ['breaks the schema', ['{"type":"hello"}'], 4400],
    [
      'acknowledges what was never sent',
      [
        JSON.stringify(deafHello),
        JSON.stringify({
          type: 'ack',
          lineage: 'controller:default',
          number: 9,
          digest: `sha256:${'0'.repeat(64)}`,
          stage: 'confirmed',
        }),
      ],
      4400,
    ],
    [
      'reports a status of its own making',
      [JSON.stringify(deafHello), '{"type":"status","changed":{"state":[[[]]]}}'],
      4400,
    ],
    [
      'has facts that cannot be',
      [JSON.stringify({ ...deafHello, facts: { addresses: ['10.0.0.300/24'] } })],
      4400,
    ],
    [
      'reports a status of 4,000 levels',
      [
        JSON.stringify(deafHello),
        `{"type":"status","changed":{"lxd":${'[['.repeat(2000)}${']]'.repeat(2000)}}}`,
      ],
      4400,
    ],
    ['sends more than 2 MiB', [`"${'x'.repeat(2 * 1024 * 1024)}"`], 1009],
  ];
  for (const [behaviour, messages, code] of lies) {
    it(`hangs up on an agent that ${behaviour}, and goes on`, async () => {
      await lab.start();
      const liar = knock();
      await new Promise((resolve) => liar.once('open', resolve));
      const closed = new Promise<number>((resolve) => liar.once('close', resolve));
      liar.on('error', () => undefined);
      for (const message of messages) liar.send(message);
      expect(await closed).to.equal(code);
      lab.connect(new MemoryAgent({ name: 'node-0' }));
      await joined(1);
    });
  }

  it('hangs up on a silent agent', async () => {
    await lab.start({ timing: { helloMs: 30, tickMs: 10 } });
    const mute = knock();
    const [code] = await new Promise<[number, Buffer]>((resolve) =>
      mute.once('close', (...why) => resolve(why)),
    );
    expect(code).to.equal(4408);
  });
});
