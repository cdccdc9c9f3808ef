import { expect } from 'chai';
import { setImmediate } from 'node:timers/promises';
import { createSessionsObserver } from '../../../../agent/app/sessions/observe-sessions.ts';
import type { ObservedDaemon } from '../../../../core/sessions/session.ts';
import { createManualClock, type ManualClock } from '../../../support/clocks/manual-clock.ts';

const reason = { rule: 'global', place: { pointer: '' } };

/** @param state absent: it has no session */
function bird(state?: 'Established' | 'Idle'): ObservedDaemon {
  return {
    ok: true,
    at: '/run/bird.ctl',
    routes: 1,
    status: { version: '1.6.8', routerId: '10.0.0.1', activity: 'running', isRecovering: false },
    sessions:
      state === undefined
        ? []
        : [{ name: 'Global_10_0_0_2', neighbor: '10.0.0.2', state, remoteAs: 64512, channels: [] }],
  };
}

function observer(isApplied = true, hasConfig = true) {
  const clock = createManualClock();
  const log = {
    asked: 0,
    fresh: 0,
    changes: 0,
    breaks: false,
    failures: [] as string[],
    daemons: [bird('Established')] as readonly ObservedDaemon[],
  };
  const sessions = createSessionsObserver({
    clock,
    source: {
      observe: (_signal, need) => {
        log.asked += 1;
        if (need === 'fresh') log.fresh += 1;
        if (log.breaks) return Promise.reject(new Error('broken'));
        return Promise.resolve(log.daemons);
      },
    },
    expecting: () =>
      hasConfig
        ? {
            resolution: {
              node: 'node-0',
              groups: [],
              peers: [{ address: '10.0.0.2', family: 4, asNumber: 64512, reasons: [reason] }],
              issues: [],
            },
            addresses: [],
            mesh: false,
            reachesCluster: true,
            isApplied,
          }
        : undefined,
    changed: () => {
      log.changes += 1;
    },
    failed: (why) => void log.failures.push(why),
  });
  return { clock, log, sessions };
}

/** The reading is over, and the next one has its timer. */
async function isRead({ waiting }: Pick<ManualClock, 'waiting'>): Promise<void> {
  while (waiting().length === 0) await setImmediate();
}

describe('observing sessions', () => {
  it('reports changes, and nothing else', async () => {
    const { clock, log, sessions } = observer();
    sessions.follow();
    await isRead(clock);
    expect(sessions.count()).to.deep.equal({
      expected: 1,
      established: 1,
      unexpected: 0,
      unknown: 0,
    });
    expect(log.changes).to.equal(1);
    clock.advance(10_000);
    await isRead(clock);
    expect([log.asked, log.changes]).to.deep.equal([2, 1]);
    log.daemons = [bird('Idle')];
    clock.advance(10_000);
    await isRead(clock);
    expect(sessions.count()).to.deep.include({
      established: 0,
      worst: '10.0.0.2: it is starting (Idle)',
    });
    expect(log.changes).to.equal(2);
    sessions.stop();
    expect(clock.waiting()).to.deep.equal([]);
  });

  it('asks BIRD once for all simultaneous callers', async () => {
    const { clock, log, sessions } = observer();
    await Promise.all([sessions.read(), sessions.read()]);
    await sessions.read();
    expect(log.asked).to.equal(1);
    clock.advance(1000);
    await sessions.read();
    expect(log.asked).to.equal(2);
  });

  it('goes on after a reading that breaks off', async () => {
    const { clock, log, sessions } = observer();
    log.breaks = true;
    sessions.follow();
    await isRead(clock);
    expect([log.failures, clock.waiting()]).to.deep.equal([['broken'], [10_000]]);
    log.breaks = false;
    clock.advance(10_000);
    await isRead(clock);
    expect(sessions.count()).to.include({ established: 1 });
    sessions.stop();
    expect(clock.waiting()).to.deep.equal([]);
  });

  it('counts nothing without BIRD, and rarely searches for one', async () => {
    const { clock, log, sessions } = observer();
    log.daemons = [];
    sessions.follow();
    await isRead(clock);
    expect(sessions.count()).to.equal(undefined);
    expect(clock.waiting()).to.deep.equal([60_000]);
    expect((await sessions.read()).verdicts[0]).to.include({ verdict: 'unknown' });
    expect(log.changes).to.equal(0);
    sessions.stop();
  });

  it("rarely reads calico-node's report, and needs a fresh one while somebody waits alone", async () => {
    const { clock, log, sessions } = observer();
    log.daemons = [{ ...bird('Established'), by: 'calico-node' }];
    sessions.follow();
    await isRead(clock);
    expect(clock.waiting()).to.deep.equal([60_000]);
    expect([log.asked, log.fresh]).to.deep.equal([1, 0]);
    await sessions.read();
    expect([log.asked, log.fresh]).to.deep.equal([2, 1]);
    sessions.stop();
  });

  it('counts nothing without a configuration', async () => {
    const { sessions } = observer(true, false);
    expect((await sessions.read()).verdicts).to.deep.equal([]);
    expect(sessions.count()).to.equal(undefined);
  });

  it('measures how long an applied session is missing in BIRD, by a clock that never jumps', async () => {
    const { clock, log, sessions } = observer();
    log.daemons = [bird()];
    expect((await sessions.read()).verdicts[0]?.why).to.equal(
      'applied 0 s ago, and not in BIRD yet',
    );
    clock.advance(45_000);
    expect((await sessions.read()).verdicts[0]?.why).to.contain('not in BIRD for 45 s');
  });

  it('does not measure before the configuration is applied', async () => {
    const { log, sessions } = observer(false);
    log.daemons = [bird()];
    expect((await sessions.read()).verdicts[0]?.why).to.equal(
      'the configuration is not applied yet',
    );
  });

  it('starts no other round once it is stopped', async () => {
    const { clock, sessions } = observer();
    sessions.follow();
    sessions.stop();
    await setImmediate();
    expect(clock.waiting()).to.deep.equal([]);
  });
});
