/**
 * The results of every decider, in this process or in one of its own, and its effect on the event
 * loop.
 */
import { expect } from 'chai';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import {
  createConfinedDecider,
  type ConfinedDecider,
} from '../../../../agent/adapters/decider/confined-decider.ts';
import { createInProcessDecider } from '../../../../agent/adapters/decider/in-process.ts';
import { largeJson } from '../../../../runtime/pacing/large-text.ts';
import type { Decider } from '../../../../agent/ports/decider.ts';
import type { Question } from '../../../../core/deciding/question.ts';
import type { Observed } from '../../../../core/observe/observed.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import { agentLimits } from '../../../../runtime/confined/usual-confinement.ts';
import { agentOn, localOffer } from '../../../support/agents/agent-on.ts';
import { createMemoryDatastore } from '../../../support/twins/memory-datastore.ts';

const limits = { cpuSeconds: 120, seconds: 240, heapMb: 256, residentMb: 700, resultMb: 64 };

function confined(changes: Partial<typeof limits> = {}): ConfinedDecider {
  return createConfinedDecider({
    program: {
      file: fileURLToPath(new URL('../../../../agent/decider.ts', import.meta.url)),
      flags: ['--import', import.meta.resolve('tsx')],
    },
    limits: { ...limits, ...changes },
    idleMs: 10_000,
    maxWaiting: 16,
    maxWaitMs: 240_000,
    logger: silentLogger,
  });
}

const reading = { unitApplication: undefined, roles: ['node'] } as const;
const facts = {
  name: 'node-0',
  units: ['calico/0'],
  addresses: [{ address: '10.0.0.2', prefixLength: 24, family: 4 }],
  labels: {},
} as const;
const nothing: Observed = {
  resources: [],
  nodes: [{ name: 'node-0', settings: { groupLabels: [] } }],
};

function manyPeers(groups: number): string {
  const peers = (group: number): string =>
    Array.from(
      { length: 1000 },
      (_one, n) => `  - {address: 10.${group + 1}.${n >> 8}.${n & 255}, asNumber: 65}\n`,
    ).join('');
  const all = Array.from(
    { length: groups },
    (_one, group) =>
      `- name: g${group}\n  match: {subnets: [10.0.0.0/24]}\n  peers:\n${peers(group)}`,
  );
  return `apiVersion: calico-agent/v1\nkind: NetworkConfig\nbgp:\n  asNumber: 64512\ngroups:\n${all.join('')}`;
}

for (const [name, make] of [
  ['in this process', createInProcessDecider],
  ['in a process of its own', confined],
] as const) {
  describe(`deciding ${name}`, function () {
    this.timeout(120_000);
    let decider: Decider;
    let question: Question;
    before(async () => {
      decider = make();
      const text = await readFile('examples/as-per-rack/config.yaml', 'utf8');
      question = { text, facts, reading };
    });
    after(() => decider.close());

    it('returns the result of a text for this node, and the changes that it needs', async () => {
      const decided = await decider.decide(question);
      if (!decided.ok) throw new Error('it was refused');
      expect(decided.digest).to.match(/^sha256:/);
      expect(decided.derived.resolution.asNumber?.value).to.be.a('number');
      const { desired } = decided.derived;
      const plan = await decider.plan({ desired, observed: nothing, previousProjects: [] });
      const changes = plan.steps.flatMap((step) => step.changes);
      expect(changes.length).to.be.at.least(desired.resources.length);
    });

    it('returns all issues of a refused text, with their places', async () => {
      const decided = await decider.decide({ ...question, text: 'global-as-number: x' });
      if (decided.ok) throw new Error('it was not refused');
      const error = decided.issues.find(({ severity }) => severity === 'error');
      expect(error).to.include({ line: 1 });
    });

    it('plans a large configuration like a small one', async () => {
      const decided = await decider.decide({ ...question, text: manyPeers(1) });
      if (!decided.ok) throw new Error('it was refused');
      const { desired } = decided.derived;
      const plan = await decider.plan({ desired, observed: nothing, previousProjects: [] });
      expect(plan.steps.flatMap((step) => step.changes).length).to.be.at.least(1000);
    });
  });
}

describe('the event loop of an agent', function () {
  this.timeout(300_000);
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-loop-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('goes on while texts of any size are checked and planned', async () => {
    const decider = confined();
    const agent = agentOn({ folder, datastore: createMemoryDatastore(), decider });
    await agent.start();
    const large = manyPeers(14);
    const delays = monitorEventLoopDelay({ resolution: 10 });
    delays.enable();
    const planned = await agent.offers.plan(large);
    await largeJson(planned);
    expect(planned.ok).to.equal(true);
    await Promise.all([
      agent.offers.check(manyPeers(25)),
      ...Array.from({ length: 6 }, (_one, n) => agent.offers.plan(`${manyPeers(1)}# ${n}\n`)),
    ]);
    delays.disable();
    // In one process this takes several seconds; the rest is for a busy machine.
    expect(delays.max / 1e6).to.be.lessThan(1000);
    await agent.stop();
  });

  it('lets an agent keep its revision when a text is too much', async () => {
    const decider = confined({ heapMb: 48 });
    const agent = agentOn({ folder, datastore: createMemoryDatastore(), decider });
    await agent.start();
    const refused = await agent.offers
      .offer(localOffer(manyPeers(14)))
      .catch((error: unknown) => error);
    if (!(refused instanceof AppError)) throw new Error('it was accepted');
    expect(refused.code).to.equal('limit-reached');
    expect(refused.message).to.match(/^cannot check the configuration: it needs more than 48 MB/);
    const next = await agent.offers.offer(localOffer('global-as-number: 64512'));
    expect(next.result).to.equal('accepted');
    await agent.stop();
  });
});

describe('YAML in a process of its own', function () {
  this.timeout(120_000);
  let decider: ConfinedDecider;
  before(() => {
    decider = confined();
  });
  after(() => decider.close());

  it('reads back what it writes', async () => {
    const resource = {
      apiVersion: 'projectcalico.org/v3',
      kind: 'BGPPeer',
      metadata: { name: 'p' },
      spec: { peerIP: '10.0.0.1', asNumber: 64512 },
    } as const;
    const text = await decider.texts.writeDocument(resource, 'calicoctl');
    expect(await decider.texts.readDocuments(text)).to.deep.equal({
      ok: true,
      documents: [resource],
    });
  });

  it('reads back an object of any kind that it writes', async () => {
    const object = { kind: 'IPAddressPool', metadata: { name: 'yes' }, spec: { a: ['012'] } };
    const text = await decider.texts.writeObject(object);
    expect(await decider.texts.readDocuments(text)).to.deep.equal({
      ok: true,
      documents: [object],
    });
  });

  it('names the line in which a text is broken', async () => {
    const read = await decider.texts.readDocuments('a: 1\nb: {\n');
    expect(read).to.have.property('ok', false);
    expect(read)
      .to.have.property('reason')
      .that.matches(/^line \d+: /);
  });
});

/** Twenty-five peers in a group, as in a fleet with a rule per node. */
const fleets = {
  native: (peers: number): string =>
    `apiVersion: calico-agent/v1\nkind: NetworkConfig\nbgp: {asNumber: 1}\ngroups:\n${Array.from(
      { length: peers / 25 },
      (_one, group) =>
        `- {name: g${group}, match: {units: [${group}]}, peers: [${fleetPeers(group, 'asNumber')}]}\n`,
    ).join('')}`,
  charm: (peers: number): string =>
    `global-as-number: 1\nunit-bgp-peers: |\n${Array.from(
      { length: peers / 25 },
      (_one, group) => ` ${group}: [${fleetPeers(group, 'as-number')}]\n`,
    ).join('')}`,
};

function fleetPeers(group: number, asNumber: string): string {
  return Array.from(
    { length: 25 },
    (_one, n) => `{address: 10.${group >> 8}.${group & 255}.${n}, ${asNumber}: 65}`,
  ).join(', ');
}

describe('the largest configurations', function () {
  this.timeout(240_000);

  for (const [dialect, text] of Object.entries(fleets)) {
    it(`fit into the agent's heap: 25,000 peers, ${dialect}`, async () => {
      const decider = confined({ heapMb: agentLimits.heapMb });
      try {
        const decided = await decider.decide({ text: text(25_000), facts, reading });
        expect(decided.ok).to.equal(true);
      } finally {
        await decider.close();
      }
    });
  }
});
