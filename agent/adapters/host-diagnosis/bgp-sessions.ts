/** The checks of BIRD: its own status, its sessions, and its routes in the kernel. */
import { nameSome } from '../../../core/name-some.ts';
import { explainDown } from '../../../core/sessions/explain-down.ts';
import type { BgpSession, ObservedDaemon } from '../../../core/sessions/session.ts';
import type { Finding } from '../../ports/diagnosis.ts';
import type { HostRoutes } from '../../ports/host-routes.ts';
import type { SessionsSource } from '../../ports/sessions.ts';
import type { CalicoNode } from './calico-node.ts';

/** The parts of a machine by which its BGP is checked. */
export interface DiagnosedBgp {
  readonly sessions: SessionsSource;
  readonly routes: HostRoutes;
}

const check = 'BIRD socket';
const maxSessions = 5;
const logHint = "restart calico-node; its log shows BIRD's fault";

export async function diagnoseBgpSessions(
  { sessions, routes }: DiagnosedBgp,
  { birds }: CalicoNode,
): Promise<readonly Finding[]> {
  const daemons = await sessions.observe();
  const isRunning = (program: string): boolean => birds.some(({ name }) => name === program);
  const isThere = (program: string): boolean =>
    daemons.some(({ at }) => at.endsWith(`/${program}.ctl`));
  const absent = ['bird', 'bird6'].filter((program) => isRunning(program) && !isThere(program));
  return [
    ...absent.map(socketMissing),
    ...daemons.flatMap((daemon) => ofDaemon(daemon, isRunning(programOf(daemon)))),
    ...(daemons.some(({ ok }) => ok) ? await ofRoutes(routes) : []),
  ];
}

function programOf({ at }: ObservedDaemon): string {
  return at.endsWith('/bird6.ctl') ? 'bird6' : 'bird';
}

function checkOf(program: string): string {
  return program === 'bird6' ? `${check}, IPv6` : check;
}

function socketMissing(program: string): Finding {
  const message = `${program} runs, but ${program}.ctl is not in Calico's run folder (/var/run/calico; MicroK8s: /var/snap/microk8s/current/var/run/calico)`;
  const hint =
    "calico-node's run folder has to be that of the host: see its volumes; bird.sockets in agent.yaml names another place";
  return { check: checkOf(program), result: 'failed', message, hint };
}

function ofDaemon(daemon: ObservedDaemon, isRunning: boolean): readonly Finding[] {
  const own = checkOf(programOf(daemon));
  const { at } = daemon;
  if (daemon.ok) {
    const { status, sessions } = daemon;
    const standing = sessions.filter(({ state }) => state === 'Established').length;
    const message = `${at}: BIRD ${status.version}, ${standing} of ${sessions.length} sessions established`;
    return [
      { check: own, result: 'ok', message },
      ...ofRecovery(own, status.isRecovering),
      ...ofSessions(sessions, standing),
    ];
  }
  const message = `${at}: ${daemon.why}`;
  switch (daemon.fault) {
    case 'denied':
      return [{ check: own, result: 'warning', message, hint: 'run calico-agent doctor as root' }];
    case 'foreign': {
      const hint = 'if that is right, name the socket in agent.yaml: bird.sockets';
      return [{ check: own, result: 'warning', message, hint }];
    }
    case 'silent':
    case 'unreadable':
    case 'stale':
      // An old socket is no fault on a machine that needs no BIRD.
      return [{ check: own, result: isRunning ? 'failed' : 'warning', message, hint: logHint }];
  }
}

function ofRecovery(own: string, isRecovering: boolean): readonly Finding[] {
  if (!isRecovering) return [];
  const message =
    'BIRD has started and waits for all its sessions: until then, for at most 240 s, it gives no route to the kernel';
  const hint = 'a session that cannot come up makes it wait for the whole time: mend or remove it';
  return [{ check: own, result: 'warning', message, hint }];
}

function ofSessions(sessions: readonly BgpSession[], standing: number): readonly Finding[] {
  const down = sessions.filter(({ state }) => state !== 'Established');
  const shown = down.slice(0, maxSessions).map((session): Finding => {
    const others = sessions.filter(({ neighbor }) => neighbor === session.neighbor);
    const { why } = explainDown(session, { others });
    const whom = `${session.neighbor ?? session.name} AS ${session.remoteAs ?? 'unknown'}`;
    return {
      check: 'BGP session',
      result: standing === 0 ? 'failed' : 'warning',
      message: `${whom} is not established (${session.state}): ${why}`,
      hint: 'calico-agent peers says why this session is there',
    };
  });
  const more = down.length - shown.length;
  if (more === 0) return shown;
  const message = `${more} more session${more === 1 ? ' is' : 's are'} not established`;
  return [
    ...shown,
    { check: 'BGP session', result: 'warning', message, hint: 'calico-agent peers shows all' },
  ];
}

/** Checks BIRD's routes: established sessions do not prove that packets arrive. */
async function ofRoutes(routes: HostRoutes): Promise<readonly Finding[]> {
  const read = await routes.birdRoutes();
  const own = 'BIRD routes';
  if (!read.ok) {
    return [{ check: own, result: 'warning', message: read.why, hint: 'install iproute2' }];
  }
  const refused = read.value.filter(({ kind }) => kind === 'unreachable');
  const count = read.value.length;
  if (refused.length === 0) {
    const message = `the kernel has ${count} route${count === 1 ? '' : 's'} of BIRD`;
    return [{ check: own, result: 'ok', message }];
  }
  const names = nameSome(refused.map(({ destination }) => destination));
  const message = `${refused.length} of ${count} routes of BIRD are "unreachable", so packets are refused although the sessions are established: ${names}`;
  const hint =
    'BIRD cannot resolve a next hop by a route that it learned by BGP: give the node a default route, and do not let the router announce the subnets of the nodes';
  return [{ check: own, result: 'failed', message, hint }];
}
