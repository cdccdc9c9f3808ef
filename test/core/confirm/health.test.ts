import { expect } from 'chai';
import { baselineOf, type Baseline } from '../../../core/confirm/baseline.ts';
import { judgeHealth, type AfterChange } from '../../../core/confirm/health.ts';
import type { KernelRoute } from '../../../core/sessions/parse-kernel-routes.ts';
import type { SessionVerdict } from '../../../core/sessions/match-sessions.ts';
import type { BgpSession, ObservedDaemon } from '../../../core/sessions/session.ts';

function bird(sessions: readonly BgpSession[] = [], reconfigured = 1): ObservedDaemon {
  const status = {
    version: '1.6.8',
    routerId: '10.0.0.1',
    activity: 'running',
    isRecovering: false,
    reconfigured: { seconds: reconfigured, isDay: false },
  } as const;
  return { ok: true, at: '/run/bird.ctl', routes: 1, status, sessions };
}
const unreadable: ObservedDaemon = {
  ok: false,
  at: '/run/bird.ctl',
  fault: 'silent',
  why: 'no answer',
};

function session(neighbor: string, state: BgpSession['state'], remoteAs = 64512): BgpSession {
  return { name: `Node_${neighbor}`, neighbor, state, remoteAs, channels: [] };
}
function route(destination: string, kind: KernelRoute['kind'] = 'unicast'): KernelRoute {
  return { family: 4, destination, kind, nextHops: [] };
}
function before(
  sessions: readonly BgpSession[],
  routes: readonly KernelRoute[] = [],
  controller = false,
): Baseline {
  return baselineOf({ daemons: [bird(sessions)], routes: { ok: true, value: routes }, controller });
}
function verdict(parts: Partial<SessionVerdict> = {}, remoteAs = 64512): SessionVerdict {
  const neighbor = parts.neighbor ?? '10.0.0.2';
  return {
    neighbor,
    verdict: 'down',
    code: 'starting',
    why: 'it is starting',
    expected: { neighbor, family: 4, remoteAs, origin: 'configuration' },
    ...parts,
  };
}
function after(verdicts: readonly SessionVerdict[], more: Partial<AfterChange> = {}): AfterChange {
  return { verdicts, daemons: [bird()], appliedSeconds: 5, ...more };
}
const up = (neighbor: string): SessionVerdict => {
  const { code: _code, why: _why, ...rest } = verdict({ neighbor, verdict: 'established' });
  return rest;
};
const mesh = (parts: Partial<SessionVerdict>): SessionVerdict =>
  verdict({
    ...parts,
    expected: { neighbor: '10.0.0.2', family: 4, origin: 'mesh' },
    observed: session('10.0.0.2', 'Active'),
  });

describe('the health of a node after a change', () => {
  const rows: readonly [string, Baseline, AfterChange, string][] = [
    ['all sessions are Established', before([]), after([up('10.0.0.2')]), 'healthy'],
    ['a new session is not there yet', before([]), after([verdict()]), 'unhealthy'],
    [
      'a session is lost',
      before([session('10.0.0.2', 'Established')]),
      after([verdict()]),
      'unhealthy',
    ],
    [
      'it was down before as well',
      before([session('10.0.0.2', 'Active')]),
      after([verdict()]),
      'healthy',
    ],
    [
      'it was down before, and has another AS number now',
      before([session('10.0.0.2', 'Active', 65000)]),
      after([verdict()]),
      'unhealthy',
    ],
    ['BIRD could not be asked before', { controller: false }, after([up('10.0.0.2')]), 'healthy'],
    [
      'BIRD cannot be asked now: unknown is not down',
      before([session('10.0.0.2', 'Established')]),
      after([verdict({ verdict: 'unknown' })], { daemons: [unreadable] }),
      'healthy',
    ],
    [
      'the other side refuses the AS number',
      before([]),
      after([verdict({ code: 'our-as-differs' })]),
      'broken',
    ],
    [
      'it is Established with another AS number',
      before([]),
      after([verdict({ verdict: 'differs' })]),
      'broken',
    ],
    [
      'the other side refused it before as well',
      before([session('10.0.0.2', 'Idle')]),
      after([verdict({ code: 'their-as-differs' })]),
      'healthy',
    ],
    [
      'a session of the mesh is lost',
      before([session('10.0.0.2', 'Established')]),
      after([mesh({ code: 'refused' }), up('10.0.0.3')]),
      'unhealthy',
    ],
    [
      'a machine of the mesh is off, and others are not',
      before([session('10.0.0.2', 'Established')]),
      after([mesh({ code: 'hold-timer' }), up('10.0.0.3')]),
      'healthy',
    ],
    [
      'no machine of the mesh answers any more',
      before([session('10.0.0.2', 'Established')]),
      after([mesh({ code: 'hold-timer' })]),
      'unhealthy',
    ],
    [
      'a session that nothing asks for',
      before([]),
      after([verdict({ verdict: 'unexpected' })]),
      'healthy',
    ],
    [
      'BIRD has not taken a file since the change',
      before([]),
      after([verdict({ verdict: 'missing' })], { daemons: [bird([], 90)], appliedSeconds: 40 }),
      'broken',
    ],
    [
      'calico-node may still be at work on the file',
      before([]),
      after([verdict({ verdict: 'missing' })], { daemons: [bird([], 90)], appliedSeconds: 10 }),
      'unhealthy',
    ],
    [
      'a route to a block of pods is lost',
      before([], [route('192.168.1.0/26')]),
      after([], { routes: ['192.168.2.0/26'] }),
      'unhealthy',
    ],
    [
      'a larger network is routed now',
      before([], [route('192.168.1.0/26')]),
      after([], { routes: ['192.168.0.0/16'] }),
      'healthy',
    ],
    [
      'the block reaches nobody any more',
      before([], [route('192.168.1.0/26')]),
      after([], { routes: [], deserted: new Set(['192.168.1.0/26']) }),
      'healthy',
    ],
    [
      'the own block and an unreachable one are no routes',
      before([], [route('192.168.1.0/26', 'blackhole'), route('192.168.2.0/26', 'unreachable')]),
      after([], { routes: [] }),
      'healthy',
    ],
    ['the routes are not known now', before([], [route('192.168.1.0/26')]), after([]), 'healthy'],
    [
      'the datastore is out of reach',
      before([]),
      after([], { datastore: 'no answer' }),
      'unhealthy',
    ],
    ['the controller is away', before([], [], true), after([], { controller: false }), 'unhealthy'],
    ['it was away before', before([]), after([], { controller: false }), 'healthy'],
  ];
  for (const [title, baseline, now, state] of rows) {
    it(`${state}: ${title}`, () => {
      const health = judgeHealth(baseline, now);
      expect(health.state).to.equal(state);
      expect(health.reasons.length > 0).to.equal(state !== 'healthy');
    });
  }

  it('names lasting faults first', () => {
    const refused = verdict({ code: 'our-as-differs', why: 'it refuses' });
    const { reasons } = judgeHealth(
      before([]),
      after([verdict({ neighbor: '10.0.0.3' }), refused]),
    );
    expect(reasons).to.deep.equal([
      'the session to 10.0.0.2 is not as expected: it refuses',
      'the session to 10.0.0.3 is not as expected: it is starting',
    ]);
  });

  it('distinguishes a BIRD that does not answer from an absent one', () => {
    const unobserved = { controller: false };
    const readings = [
      judgeHealth(before([]), after([])),
      judgeHealth(before([]), after([], { daemons: [unreadable] })),
      judgeHealth(before([]), after([], { daemons: [] })),
      judgeHealth(unobserved, after([], { daemons: [] })),
    ];
    expect(readings.map(({ sessions }) => sessions)).to.deep.equal([
      'read',
      'unread',
      'unread',
      'none',
    ]);
  });

  it('has no earlier sessions when not every daemon answered', () => {
    const daemons = [bird([session('10.0.0.2', 'Established')]), unreadable];
    const routes = { ok: false, why: 'no ip' } as const;
    expect(baselineOf({ daemons, routes, controller: true })).to.deep.equal({ controller: true });
  });
});
