/** A followed file with a strategy, over a fleet of agents in memory. */
import { expect } from 'chai';
import {
  createStartRollout,
  createTryStart,
} from '../../../../controller/app/push/start-rollout.ts';
import {
  followSource,
  type FollowedSource,
} from '../../../../controller/app/source/follow-source.ts';
import { createPushBySource } from '../../../../controller/app/source/push-by-source.ts';
import { createRolloutBySource } from '../../../../controller/app/source/rollout-by-source.ts';
import { plainStrategy } from '../../../../core/rollout/strategy.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import { inProcessChecker } from '../../../support/twins/in-process-checker.ts';
import { FleetOfAgents } from '../rollout/fleet-of-agents.ts';

const configOf = (asNumber: number): string => `global-as-number: ${String(asNumber)}\n`;
const one = configOf(64_513);
const two = configOf(64_514);
const three = configOf(64_515);

describe('a followed file with a strategy', () => {
  let fleet: FleetOfAgents;
  let source: FollowedSource;
  let text: string;
  let audited: string[];

  /** A controller begins to follow the file, as after a restart. */
  const follow = (): void => {
    const parts = {
      ...{ cluster: 'default', fleet: fleet.fleet, checker: inProcessChecker },
      ...{ store: fleet.fleetStore, rollouts: fleet.rollouts, logger: silentLogger },
      now: () => fleet.now(),
    };
    const waves = [{ name: 'canary', nodes: ['a'] }];
    const way = createRolloutBySource({
      ...{ file: '/srv/lab.yaml', strategyFile: '/etc/waves.yaml' },
      strategy: () => Promise.resolve({ ...plainStrategy, waves, settle: '0s' }),
      start: createStartRollout(parts),
      tryStart: createTryStart(parts),
    });
    const trail = {
      run: <T>({ action }: { readonly action: string }, work: () => Promise<T>): Promise<T> => {
        audited.push(action);
        return work();
      },
    };
    source = followSource({
      ...{ fleet: fleet.fleet, checker: inProcessChecker, pushes: true },
      ...{ logger: silentLogger, strategyFile: '/etc/waves.yaml', push: way.push },
      pushByItself: createPushBySource({ ...way, trail, name: 'rollout of the source' }),
      tree: {
        file: '/srv/lab.yaml',
        read: () => Promise.resolve({ mediaType: 'application/yaml', text }),
        commitOf: () => Promise.resolve(undefined),
        isPast: () => Promise.resolve(true),
      },
      elapsedMs: () => fleet.ms,
      rollout: () => fleet.rollouts.current()?.rollout,
      readRevision: (number) => fleet.fleetStore.readRevision(number),
    });
  };
  const restart = async (): Promise<void> => {
    await fleet.boot();
    follow();
    await fleet.turns(2);
  };
  const look = async (content = text): Promise<void> => {
    text = content;
    await source.look();
    await source.look();
  };
  const rollouts = async (): Promise<readonly string[]> =>
    (await fleet.fleetStore.rollouts.all())
      .filter(({ kind }) => kind === 'rollout')
      .map(({ revisions, state }) => `${String(revisions.target)} ${state.phase}`);

  beforeEach(async () => {
    audited = [];
    fleet = new FleetOfAgents(['a', 'b', 'c']);
    await fleet.boot();
    await fleet.pushText(one);
    await fleet.turns(2);
    text = one;
    follow();
    await look();
  });
  afterEach(async () => {
    await fleet.rollouts.stop();
    expect(fleet.faults).to.deep.equal([]);
  });

  it('comes to the canary first, once, also where the controller ends meanwhile', async () => {
    await look(two);
    fleet.answer();
    expect(fleet.numbers()).to.equal('a2 b1 c1');
    expect(source.view()).to.include({
      state: 'same',
      strategy: '/etc/waves.yaml',
      why: 'its rollout is running: calico-controller rollout status',
    });
    await restart();
    await look();
    await fleet.turns(20);
    await look();
    expect(source.view()).to.include({ state: 'same' }).and.not.to.have.property('why');
    expect(await rollouts()).to.deep.equal(['2 done']);
    expect(audited).to.deep.equal(['rollout of the source']);
  });

  it('waits with a later content for the end of a rollout, and follows it then', async () => {
    await look(two);
    await look(three);
    expect(source.view()).to.include({
      state: 'waiting',
      why: 'the rollout of revision 2 is running, and the file waits for its end: calico-controller rollout status',
    });
    await restart();
    await look();
    await fleet.turns(20);
    await look();
    await fleet.turns(20);
    expect(await rollouts()).to.deep.equal(['4 done', '2 done']);
    expect(fleet.agent('c').given.at(-1)?.text).to.equal(three);
    expect(audited).to.deep.equal(['rollout of the source', 'rollout of the source']);
  });

  it('does not begin again where its rollout went back, until it changes', async () => {
    fleet.agent('a').refuses = two;
    await look(two);
    await fleet.turns(20);
    const why =
      /^the rollout of revision 2 went back \(.+\), which made revision \d; change the file, or roll it out as it is with calico-controller source --yes --retry$/;
    for (const isAfterRestart of [false, true]) {
      if (isAfterRestart) await restart();
      await look();
      expect(source.view()).to.include({ state: 'proposed' });
      expect(source.view().why).to.match(why);
    }
    expect(await rollouts()).to.deep.equal(['2 aborted']);
    // Also after a restart, since which the controller has judged nothing.
    await restart();
    await look(three);
    await fleet.turns(20);
    expect((await rollouts())[0]).to.match(/ done$/);
    expect(fleet.agent('c').given.at(-1)?.text).to.equal(three);
  });

  it('waits for nodes that have not confirmed a push, and names them in the log once', async () => {
    fleet.agent('b').isSlow = true;
    await fleet.pushText(two);
    fleet.answer();
    await look(three);
    expect(source.view().state).to.equal('waiting');
    expect(source.view().why).to.match(
      /^cannot start the rollout of the source: connected nodes have not confirmed revision 2 yet .*calico-controller rollout start \/srv\/lab.yaml --strategy \/etc\/waves.yaml --supersede/,
    );
    fleet.ms += 60_000;
    await look();
    expect(audited).to.deep.equal(['rollout of the source']);
    expect(fleet.view()).to.include({ number: 2, kind: 'push' });
  });

  it('begins its rollout with the strategy for a person, too', async () => {
    text = two;
    const { waves } = await source.push('bob', false);
    expect(waves?.map(({ name, names }) => `${name}: ${names.join(' ')}`)).to.deep.equal([
      'canary: a',
      'rest: b c',
    ]);
    fleet.answer();
    expect(fleet.numbers()).to.equal('a2 b1 c1');
  });
});
