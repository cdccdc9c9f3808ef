/** Finds BIRD's control sockets. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { systemCodeOf } from '../../../runtime/errors.ts';
import type { DaemonFault } from '../../../core/sessions/session.ts';

/**
 * Calico's own, which the charm, the manifest, the operator and K3s mount into calico-node from the
 * host; then MicroK8s'. The first folder with one of the sockets is used for all.
 */
const birdFolders = ['var/run/calico', 'var/snap/microk8s/current/var/run/calico'];
/** The socket of the IPv4 daemon, which in BIRD 2 is the only one, and that of the IPv6 daemon. */
const birdSockets = ['bird.ctl', 'bird6.ctl'];

export type FoundSocket =
  | { readonly ok: true; readonly at: string }
  | { readonly ok: false; readonly at: string; readonly fault: DaemonFault; readonly why: string };

/**
 * @param root the folder that has /var
 * @param named paths from agent.yaml; then only these are used, whoever owns them
 */
export async function findSockets(
  root: string,
  named: readonly string[] | undefined,
): Promise<readonly FoundSocket[]> {
  if (named !== undefined) return (await Promise.all(named.map(namedSocket))).flat();
  for (const folder of birdFolders) {
    const files = birdSockets.map((name) => path.join(root, folder, name));
    const found = (await Promise.all(files.map(usualSocket))).flat();
    if (found.length > 0) return found;
  }
  return [];
}

async function namedSocket(at: string): Promise<readonly FoundSocket[]> {
  try {
    const stats = await stat(at);
    if (stats.isSocket()) return [{ ok: true, at }];
    return [{ ok: false, at, fault: 'silent', why: 'it is not a socket' }];
  } catch (error) {
    return [cannotFind(at, error)];
  }
}

/** Any user may make a socket, so the agent does not believe one of another user. */
async function usualSocket(at: string): Promise<readonly FoundSocket[]> {
  try {
    const stats = await stat(at);
    if (!stats.isSocket()) return [];
    if (stats.uid === 0 || stats.uid === process.getuid?.()) return [{ ok: true, at }];
    const why = `it belongs to user ${String(stats.uid)} and not to root`;
    return [{ ok: false, at, fault: 'foreign', why }];
  } catch (error) {
    return systemCodeOf(error) === 'EACCES' ? [cannotFind(at, error)] : [];
  }
}

function cannotFind(at: string, error: unknown): FoundSocket {
  return systemCodeOf(error) === 'EACCES'
    ? { ok: false, at, fault: 'denied', why: 'this user may not open it' }
    : { ok: false, at, fault: 'silent', why: 'there is no such socket' };
}
