/** A BIRD whose sessions a test sets, and the routes that it gave to the kernel. */
import type { HostRoutes } from '../../../agent/ports/host-routes.ts';
import type { SessionsSource } from '../../../agent/ports/sessions.ts';
import type { BgpSession, ObservedDaemon } from '../../../core/sessions/session.ts';

export interface MemoryBird extends SessionsSource, HostRoutes {
  /** Each session by its neighbour; the AS number of the other side is 65000. */
  sessions: Record<string, Partial<BgpSession>>;
  routes: readonly string[];
  /** False: there is no BIRD on this machine. */
  isThere: boolean;
  /** False: it does not answer. */
  answers: boolean;
}

export function createMemoryBird(): MemoryBird {
  const bird: MemoryBird = {
    sessions: {},
    routes: [],
    isThere: true,
    answers: true,
    observe: () => Promise.resolve(bird.isThere ? [daemonOf(bird)] : []),
    birdRoutes: () =>
      Promise.resolve({
        ok: true,
        value: bird.routes.map((destination) => ({
          family: 4,
          destination,
          kind: 'unicast',
          nextHops: [],
        })),
      }),
  };
  return bird;
}

function daemonOf({ answers, sessions }: MemoryBird): ObservedDaemon {
  const at = '/var/run/calico/bird.ctl';
  if (!answers) return { ok: false, at, fault: 'silent', why: 'BIRD does not answer' };
  return {
    ok: true,
    at,
    routes: 1,
    status: { version: '1.6.8', routerId: '10.0.0.2', activity: 'running', isRecovering: false },
    sessions: Object.entries(sessions).map(([neighbor, parts]) => ({
      name: `Global_${neighbor.replaceAll('.', '_')}`,
      neighbor,
      state: 'Established',
      remoteAs: 65000,
      channels: [],
      ...parts,
    })),
  };
}
