import { expect } from 'chai';
import {
  createNodeObserver,
  type NodeObserver,
} from '../../../../agent/app/confirm/observe-node.ts';
import type { Baseline } from '../../../../core/confirm/baseline.ts';
import type { LeftBlock } from '../../../../core/observe/observed.ts';
import { birdDaemon } from '../../../support/samples/fleet-nodes.ts';
import { createManualClock, type ManualClock } from '../../../support/clocks/manual-clock.ts';
import { createMemoryBird, type MemoryBird } from '../../../support/twins/memory-bird.ts';

const before: Baseline = { controller: false, routes: ['192.168.1.0/26', '192.168.2.0/26'] };

describe('the routes of a node after a change', () => {
  let bird: MemoryBird;
  let clock: ManualClock;
  let blocks: LeftBlock[];
  let away: string[];
  let readings: number;
  let observer: NodeObserver;
  beforeEach(() => {
    bird = createMemoryBird();
    clock = createManualClock();
    blocks = [
      { cidr: '192.168.1.0/26', addresses: 1, node: 'node-1' },
      { cidr: '192.168.2.0/26', addresses: 1, node: 'node-2' },
    ];
    away = [];
    readings = 0;
    observer = createNodeObserver({
      sessions: {
        read: () => Promise.resolve({ at: '', daemons: [birdDaemon], verdicts: [] }),
      },
      routes: bird,
      datastore: {
        reachesCluster: true,
        blocks: () => {
          readings += 1;
          return Promise.resolve(blocks);
        },
      },
      controllerState: () => undefined,
      awayNodes: () => away,
      clock,
    });
  });
  const after = async (ms: number): Promise<string> => {
    clock.advance(ms);
    return observer.routes(before);
  };

  it('are back when each block has one again, also by a larger network', async () => {
    bird.routes = ['192.168.1.0/26'];
    expect(await after(0)).to.equal('missing');
    bird.routes = ['192.168.0.0/16'];
    expect(await after(0)).to.equal('back');
  });

  it('are unknown when they were unknown before, or are unknown now', async () => {
    expect(await observer.routes({ controller: false })).to.equal('unknown');
    bird.birdRoutes = () => Promise.resolve({ ok: false, why: 'no ip' });
    expect(await after(0)).to.equal('unknown');
  });

  it('are not missing for a block that was given back', async () => {
    bird.routes = ['192.168.1.0/26'];
    expect(await after(0)).to.equal('missing');
    blocks = blocks.slice(0, 1);
    expect(await after(5000)).to.equal('back');
  });

  it('are not missing for a block of a node that is away', async () => {
    bird.routes = ['192.168.1.0/26'];
    expect(await after(0)).to.equal('missing');
    away = ['node-1'];
    expect(await after(5000)).to.equal('missing');
    away = ['node-2'];
    expect(await after(1000)).to.equal('back');
  });

  it('cost the datastore nothing when they come back within two seconds', async () => {
    bird.routes = [];
    expect(await after(0)).to.equal('missing');
    expect(await after(2000)).to.equal('missing');
    bird.routes = before.routes ?? [];
    expect(await after(5000)).to.equal('back');
    bird.routes = [];
    expect(await after(1000)).to.equal('missing');
    expect(readings).to.equal(0);
  });
});
