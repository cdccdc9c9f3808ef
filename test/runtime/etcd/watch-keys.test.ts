import { expect } from 'chai';
import { openEndpoint, type Endpoint } from '../../../runtime/etcd/endpoint.ts';
import type { SeenHistory } from '../../../runtime/etcd/history.ts';
import type { KeyEvent, KeyRange } from '../../../runtime/etcd/keys.ts';
import {
  watchKeys,
  type KeyWatchListener,
  type WatchClock,
} from '../../../runtime/etcd/watch-keys.ts';
import { startCuttingProxy, type CuttingProxy } from '../../support/servers/cutting-proxy.ts';
import { needsEtcd, startEtcd, type RunningEtcd } from '../../support/servers/etcd.ts';
import { eventually } from '../../support/eventually.ts';

const steadyMs = 10_000;

/** Timers that end when the test ends them. */
class HandClock implements WatchClock {
  readonly paused: number[] = [];
  #waiting: { readonly milliseconds: number; readonly run: () => void }[] = [];

  random(): number {
    return 0.5;
  }

  after(milliseconds: number, run: () => void): () => void {
    const timer = { milliseconds, run };
    this.#waiting.push(timer);
    return () => void (this.#waiting = this.#waiting.filter((one) => one !== timer));
  }

  /** Awaits the pause before the next stream, and ends it. */
  async endPause(): Promise<void> {
    const isPause = (milliseconds: number): boolean => milliseconds !== steadyMs;
    await eventually(() =>
      expect(this.#waiting.some(({ milliseconds }) => isPause(milliseconds))).to.equal(true),
    );
    const pause = this.#waiting.find(({ milliseconds }) => isPause(milliseconds));
    this.paused.push(pause?.milliseconds ?? 0);
    pause?.run();
  }

  becomeSteady(): void {
    for (const { milliseconds, run } of this.#waiting) if (milliseconds === steadyMs) run();
  }
}

class Heard implements KeyWatchListener {
  readonly told: string[] = [];

  changed(events: readonly KeyEvent[]): void {
    this.told.push(...events.map(({ type, key }) => `${type} ${key}`));
  }

  began(): void {
    this.told.push('began');
  }

  failing(reason: string): void {
    this.told.push(`failing: ${reason}`);
  }
}

describe('a watch of keys in etcd', () => {
  let etcd: RunningEtcd;
  let proxy: CuttingProxy;
  let endpoint: Endpoint;
  let opened: number;
  const password = 'secret';
  const ranges: readonly KeyRange[] = [{ prefix: '/a/' }, { prefix: '/b/' }];
  before(async function () {
    needsEtcd(this);
    etcd = await startEtcd();
    await etcd.etcdctl('user', 'add', 'root:root');
    await etcd.etcdctl('user', 'grant-role', 'root', 'root');
    await etcd.etcdctl('role', 'add', 'a');
    await etcd.etcdctl('role', 'grant-permission', '--prefix=true', 'a', 'readwrite', '/a/');
    await etcd.etcdctl('user', 'add', `ana:${password}`);
    await etcd.etcdctl('user', 'grant-role', 'ana', 'a');
  });
  after(async () => {
    await (etcd as RunningEtcd | undefined)?.stop();
  });
  beforeEach(async () => {
    opened = 0;
    proxy = await startCuttingProxy(etcd.port);
    const url = `http://127.0.0.1:${String(proxy.port)}`;
    const auth = { username: 'ana', password };
    endpoint = openEndpoint(url, { endpoints: [url], timeoutMs: 5000, auth });
  });
  afterEach(async () => {
    endpoint.close();
    await proxy.close();
  });

  const open = (first: KeyRange, seen: SeenHistory | undefined): ReturnType<Endpoint['open']> => {
    opened += 1;
    return endpoint.open(first, seen, Date.now() + 5000);
  };

  it('goes on when its listener throws, and reports that something may be missing', async () => {
    const heard = new Heard();
    let throws = 0;
    const watch = watchKeys(open, ranges, {
      began: () => heard.began(),
      failing: (reason) => heard.failing(reason),
      changed: (events) => {
        throws += 1;
        if (throws === 1) throw new TypeError('what is this?');
        heard.changed(events);
      },
    });
    await eventually(() => expect(heard.told).to.deep.equal(['began']));
    await etcd.put('/a/odd', 'x');
    await eventually(() => expect(heard.told).to.deep.equal(['began', 'began']));
    await etcd.put('/b/good', 'x');
    await eventually(() => expect(heard.told).to.deep.equal(['began', 'began', 'put /b/good']));
    watch.stop();
  });

  it('goes on even when began and failing throw', async () => {
    let began = 0;
    const watch = watchKeys(open, ranges, {
      began: () => {
        began += 1;
        if (began <= 3) throw new TypeError('not now');
      },
      failing: () => {
        throw new TypeError('not now either');
      },
      changed: () => undefined,
    });
    await eventually(() => expect(began).to.equal(4));
    watch.stop();
  }).timeout(30_000);

  it('reports no failure when it is cut once, and one when no stream lasts', async () => {
    const clock = new HandClock();
    const heard = new Heard();
    const watch = watchKeys(open, ranges, heard, clock);
    await eventually(() => expect(heard.told).to.deep.equal(['began']));
    for (const name of ['/a/1', '/b/2', '/a/3']) {
      proxy.cut();
      await clock.endPause();
      await etcd.put(name, 'x');
      await eventually(() => expect(heard.told).to.include(`put ${name}`));
    }
    expect(clock.paused).to.deep.equal([500, 1000, 2000]);
    const [failing = '', ...others] = heard.told.filter((one) => one.startsWith('failing'));
    expect(failing).not.to.equal('');
    expect(others).to.deep.equal([]);
    expect(heard.told.filter((one) => one === 'began')).to.have.length(1);
    clock.becomeSteady();
    expect(heard.told.at(-1)).to.equal('began');
    proxy.cut();
    await clock.endPause();
    expect(clock.paused.at(-1)).to.equal(250);
    watch.stop();
  });

  it('reports that etcd forbids one of its ranges, and asks ever more rarely', async () => {
    await etcd.etcdctl('auth', 'enable');
    try {
      const clock = new HandClock();
      const heard = new Heard();
      const watch = watchKeys(open, ranges, heard, clock);
      for (let turn = 1; turn <= 7; turn += 1) await clock.endPause();
      watch.stop();
      expect(clock.paused).to.deep.equal([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
      expect(opened).to.be.lessThan(9);
      expect(heard.told).to.have.length(1);
      expect(heard.told[0]).to.match(/^failing: the server has cancelled the watch/);
    } finally {
      await etcd.etcdctl('--user', 'root:root', 'auth', 'disable');
    }
  });
});
