/** What a rollout goes back to, and is compared with: what the nodes have, and not what was pushed last. */
import { expect } from 'chai';
import { viewNodes } from '../../../../controller/app/fleet/fleet-view.ts';
import { heldContent } from '../../../../controller/app/rollout/held-content.ts';
import { createPreview } from '../../../../controller/app/preview/preview.ts';
import type { FleetPreview } from '../../../../schemas/generated/fleet-preview.ts';
import { inProcessChecker } from '../../../support/twins/in-process-checker.ts';
import { FleetOfAgents } from './fleet-of-agents.ts';

const textOf = (as: number): string => `global-as-number: ${String(as)}\n`;
const [f, g, g2, h] = [textOf(64_600), textOf(64_700), textOf(64_750), textOf(64_800)];
/** Another AS number than f, and the same as h. */
const next = `${h}ignore-loose-rpf: true\n`;
const names = ['a', 'b', 'c', 'd'];
const waves = [{ name: 'canary', nodes: ['a'] }];

describe('what the nodes have before a rollout', () => {
  let fleet: FleetOfAgents;

  beforeEach(async () => {
    fleet = new FleetOfAgents(names);
    await fleet.boot();
    await pushed(f);
  });
  afterEach(async () => {
    await fleet.rollouts.stop();
    expect(fleet.faults).to.deep.equal([]);
  });

  async function pushed(text: string): Promise<void> {
    await fleet.pushText(text);
    await fleet.turns(1);
  }

  /** It is pushed, and these nodes roll it back by themselves. */
  async function rolledBackBy(text: string, nodes: readonly string[] = names): Promise<void> {
    for (const name of nodes) fleet.agent(name).rollsBack = text;
    await pushed(text);
    for (const name of nodes) fleet.agent(name).rollsBack = undefined;
  }

  async function restart(): Promise<void> {
    await fleet.fleetStore.saveNodes(fleet.fleet.stored());
    await fleet.fleetStore.saveAnswers(fleet.fleet.answers(names));
    await fleet.boot();
  }

  /** The texts that the nodes have at the end, after it is taken back. */
  async function aborted(): Promise<string> {
    await fleet.rollouts.ask({ type: 'abort', by: 'eva' });
    await fleet.turns(10);
    expect(fleet.view().phase).to.equal('aborted');
    return texts();
  }

  function texts(): string {
    return fleet.agents
      .map(({ given, number }) => given.findLast((one) => one.number === number)?.text)
      .map((text = 'nothing') => text.replace('global-as-number: ', '').trim())
      .join(' ');
  }

  const preview = (text: string, base?: number): Promise<FleetPreview> =>
    createPreview({
      fleet: fleet.fleet,
      rollouts: fleet.rollouts,
      store: fleet.fleetStore,
      checker: inProcessChecker,
      now: () => fleet.now(),
    })({ text, ...(base !== undefined && { base }) });

  const cases: Readonly<Record<string, () => Promise<void>>> = {
    'one that all nodes rolled back': () => rolledBackBy(g),
    'one that all nodes refused': async () => {
      for (const agent of fleet.agents) agent.refuses = g;
      await pushed(g);
    },
    'several that all nodes rolled back': async () => {
      await rolledBackBy(g);
      await rolledBackBy(g2);
    },
    'the same one again, which all nodes rolled back twice': async () => {
      for (const agent of fleet.agents) agent.rollsBack = g;
      await pushed(g);
      await fleet.push({ mediaType: 'application/yaml', text: g, by: 'test', retry: true });
      await fleet.turns(1);
    },
    'one that all nodes rolled back, and a restart': async () => {
      await rolledBackBy(g);
      await restart();
    },
    'one that no node has confirmed': async () => {
      for (const agent of fleet.agents) agent.isSlow = true;
      await pushed(g);
      for (const agent of fleet.agents) agent.isSlow = false;
    },
    'one that a person rolled back': async () => {
      await pushed(g);
      await fleet.decide.rollBack('eva');
      await fleet.turns(1);
    },
    'one that a person took back': async () => {
      await pushed(g);
      await aborted();
    },
    'one that all connected nodes rolled back, while one was away': async () => {
      fleet.disconnect(fleet.agent('d'));
      await rolledBackBy(g, ['a', 'b', 'c']);
      fleet.connect(fleet.agent('d'));
    },
  };
  for (const [what, come] of Object.entries(cases)) {
    it(`is what came before ${what}`, async () => {
      await come();
      await fleet.pushText(h, true);
      await fleet.turns(2);
      expect(texts()).to.equal('64800 64800 64800 64800');
      expect(await aborted()).to.equal('64600 64600 64600 64600');
    });
  }

  it('is what came before where a wave goes back by itself, and no other node gets what was refused', async () => {
    await rolledBackBy(g);
    fleet.agent('a').refuses = h;
    await fleet.start(h, { waves }, { supersede: true });
    await fleet.turns(10);
    expect(fleet.view()).to.include({ phase: 'aborted', base: 1 });
    expect(texts()).to.equal('64600 64600 64600 64600');
    for (const { given } of fleet.agents)
      expect(given.filter(({ text }) => text === g).length).to.equal(1);
  });

  it('is of each node another one where some did not take the last one', async () => {
    await rolledBackBy(g, ['c']);
    expect(texts()).to.equal('64700 64700 64600 64700');
    await fleet.start(h, { waves }, { supersede: true });
    await fleet.turns(10);
    expect(texts()).to.equal('64800 64800 64800 64800');
    expect(fleet.view()).to.not.have.property('base');
    expect(await aborted()).to.equal('64700 64700 64600 64700');
  });

  describe('of ten nodes', () => {
    const ten = [...'abcdefghij'];

    beforeEach(async () => {
      await fleet.rollouts.stop();
      fleet = new FleetOfAgents(ten);
      await fleet.boot();
      await pushed(f);
    });

    it('is what nine have, and the tenth one gets it again', async () => {
      await rolledBackBy(h, ['c']);
      const { barrier } = await fleet.start(next, { waves }, { supersede: true });
      // The cluster-wide resources are those of the nine.
      expect(barrier).to.equal(undefined);
      await fleet.turns(10);
      expect(fleet.view()).to.include({ base: 2 });
      expect(await aborted()).to.equal(ten.map(() => '64800').join(' '));
    });

    it('is not what one has that refused the last one, while the others are applying it', async () => {
      await rolledBackBy(g, ['c']);
      for (const agent of fleet.agents) agent.isSlow = agent.name !== 'c';
      fleet.agent('c').refuses = h;
      await pushed(h);
      for (const agent of fleet.agents) agent.isSlow = false;
      fleet.agent('a').refuses = next;
      await fleet.start(next, { waves }, { supersede: true });
      await fleet.turns(10);
      expect(fleet.view()).to.include({ phase: 'aborted', base: 2 });
      expect(texts()).to.equal(ten.map(() => '64700').join(' '));
    });

    it('is not what the only connected one has, while most others are away', async () => {
      await rolledBackBy(g, ['c']);
      await rolledBackBy(h, ten);
      const others = fleet.agents.filter(({ name }) => name !== 'c');
      for (const agent of others) fleet.disconnect(agent);
      await fleet.start(next, { waves: [{ name: 'canary', nodes: ['c'] }] }, { supersede: true });
      expect(fleet.view()).to.include({ base: 2 });
      for (const agent of others) fleet.connect(agent);
      await fleet.turns(1);
      expect(await aborted()).to.equal(ten.map(() => '64700').join(' '));
    });

    it('is of each its own while the only connected one has another than the many that are away', async () => {
      await rolledBackBy(g, ['c', 'd', 'e']);
      await rolledBackBy(h, ten);
      for (const agent of fleet.agents) if (agent.name !== 'c') fleet.disconnect(agent);
      await fleet.pushText(next);
      expect(fleet.view()).to.not.have.property('base');
    });

    it('is of each another one where two did not take the last one', async () => {
      await rolledBackBy(h, ['c', 'd']);
      const { barrier } = await fleet.start(next, { waves }, { supersede: true });
      expect(barrier).to.contain('AS numbers change');
      await fleet.turns(10);
      expect(fleet.view()).to.not.have.property('base');
    });
  });

  it('is what the others have where a node has nothing, because it takes nothing', async () => {
    const broken = fleet.agent('d');
    fleet.disconnect(broken);
    broken.history.splice(0);
    broken.accepted = undefined;
    broken.refuses = f;
    fleet.connect(broken);
    await fleet.turns(1);
    broken.refuses = g;
    await pushed(g);
    broken.refuses = undefined;
    await fleet.pushText(h);
    await fleet.turns(1);
    expect(await aborted()).to.equal('64700 64700 64700 64700');
  });

  it('is unread where the newest revision is lost, and not nothing', async () => {
    const { fleetStore: store, rollouts } = fleet;
    const lost = { revision: () => undefined, lastNumber: () => 57, records: () => [] };
    const held = await heldContent({ fleet: lost, store, rollouts });
    expect(held).to.deep.include({ contents: [], isUnread: true });
  });

  it('is the last one where nodes that are away missed it', async () => {
    fleet.disconnect(fleet.agent('d'));
    await pushed(g);
    await fleet.pushText(h);
    fleet.connect(fleet.agent('d'));
    await fleet.turns(1);
    expect(await aborted()).to.equal('64700 64700 64700 64700');
  });

  it('counts what nodes confirmed before they went away', async () => {
    await pushed(g);
    for (const name of ['b', 'c', 'd']) fleet.disconnect(fleet.agent(name));
    await fleet.pushText(h);
    await fleet.turns(1);
    for (const name of ['b', 'c', 'd']) fleet.connect(fleet.agent(name));
    await fleet.turns(1);
    expect(await aborted()).to.equal('64700 64700 64700 64700');
  });

  it('is what a preview and a barrier compare with, and not what all nodes rolled back', async () => {
    await rolledBackBy(h);
    const { base, needsStep } = await preview(next);
    expect(base).to.include({ number: 1 });
    expect(base).to.not.have.property('lacking');
    expect(needsStep.map(({ kind }) => kind)).to.include('as-numbers');
    expect((await preview(next, 2)).base).to.deep.include({ lacking: { nodes: 4, of: 4 } });
    const { barrier } = await fleet.start(next, { waves }, { supersede: true });
    expect(barrier).to.contain('AS numbers change');
  });

  it('has a barrier also for the nodes that have another content, and a preview counts these', async () => {
    await rolledBackBy(h, ['c']);
    const { base, needsStep } = await preview(next);
    expect(base).to.deep.include({ number: 2, lacking: { nodes: 1, of: 4 } });
    expect(needsStep.map(({ kind }) => kind)).to.not.include('as-numbers');
    const { barrier } = await fleet.start(next, { waves }, { supersede: true });
    expect(barrier).to.contain('AS numbers change');
  });

  it('shows nodes that a person told to roll back, and that have nothing else', async () => {
    const late = fleet.agent('d');
    late.history.splice(0);
    await pushed(g);
    await fleet.decide.rollBack('eva');
    await fleet.turns(1);
    expect(texts()).to.equal('64600 64600 64600 64700');
    const { waves: seen, failures } = fleet.view();
    expect(seen[0]).to.include({ confirmed: 3, failed: 1 });
    expect(failures.map(({ node }) => node)).to.deep.equal(['d']);
    expect(failures[0]?.why).to.contain('it did not roll the revision back');
    const pushes = viewNodes(fleet.fleet, fleet.now()).map(({ push }) => push?.state);
    expect(pushes).to.deep.equal(['rolled-back', 'rolled-back', 'rolled-back', 'failed']);
  });

  it('does not wait for a node that confirmed it while it was away, and does not roll it back', async () => {
    const late = fleet.agent('d');
    late.isSlow = true;
    await pushed(g);
    fleet.disconnect(late);
    const { accepted: ref } = late;
    if (ref !== undefined) late.history.splice(0, 1, { ref, isLater: false });
    await fleet.decide.rollBack('eva');
    fleet.connect(late);
    await fleet.turns(1);
    expect(fleet.view()).to.include({ phase: 'done' });
    expect(fleet.view().failures.map(({ node }) => node)).to.deep.equal(['d']);
    const pushes = viewNodes(fleet.fleet, fleet.now()).map(({ push }) => push?.state);
    expect(pushes).to.deep.equal(['rolled-back', 'rolled-back', 'rolled-back', 'failed']);
  });

  it('has a barrier also after a person rolled the last one back', async () => {
    await pushed(h);
    await fleet.decide.rollBack('eva');
    await fleet.turns(1);
    expect((await preview(next)).base)
      .to.include({ number: 1 })
      .and.not.to.have.property('lacking');
    expect((await fleet.start(next, { waves })).barrier).to.contain('AS numbers change');
  });
});
