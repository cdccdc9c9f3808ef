/** Explains why BIRD does not have an expected session, or why that is unknown. */
import type { Family } from '../config/model.ts';
import { durationText } from './duration-text.ts';
import type { ObservedDaemon } from './session.ts';

/** The longest time until calico-node has written a change and BIRD has read it. */
const renderSeconds = 30;

/** How far a configuration has come on its way to BIRD. */
export interface Application {
  /** Seconds since the agent wrote it for this node; absent: not yet. */
  readonly appliedSeconds?: number;
  /** False: the configuration is only written to files. */
  readonly reachesCluster: boolean;
  readonly daemons: readonly ObservedDaemon[];
}

export function whyMissing({ appliedSeconds, reachesCluster, daemons }: Application): string {
  if (!reachesCluster) return 'the configuration is written as files, and Calico does not have it';
  if (appliedSeconds === undefined) return 'the configuration is not applied yet';
  if (appliedSeconds < renderSeconds) {
    return `applied ${appliedSeconds} s ago, and not in BIRD yet`;
  }
  const taken = daemons.flatMap((daemon) =>
    daemon.ok && daemon.status.reconfigured !== undefined
      ? [daemon.status.reconfigured.seconds]
      : [],
  );
  const isOlder = taken.every((seconds) => seconds > appliedSeconds);
  const since = `applied, but not in BIRD for ${durationText(appliedSeconds)}`;
  return isOlder
    ? `${since}: BIRD keeps its old configuration; see calico-node's log`
    : `${since}, although BIRD has taken a configuration since; see calico-node's log`;
}

function unknownText({ at, by, why }: Extract<ObservedDaemon, { ok: false }>): string {
  return by === undefined ? `BIRD cannot be asked at ${at}: ${why}` : `${at}: ${why}`;
}

function familyBySocket({ at }: ObservedDaemon): Family {
  return at.endsWith('bird6.ctl') ? 6 : 4;
}

/** Undefined: the daemon that would have the session was asked. */
export function whyUnknown(family: Family, daemons: readonly ObservedDaemon[]): string | undefined {
  const sixth = daemons.filter((daemon) => (daemon.family ?? familyBySocket(daemon)) === 6);
  const fourth = daemons.filter((daemon) => !sixth.includes(daemon));
  const asked = family === 6 && sixth.length > 0 ? sixth : fourth;
  const [first] = asked;
  if (first === undefined) return 'there is no BIRD on this machine';
  const failed = asked.find(({ ok }) => !ok);
  if (failed !== undefined && !failed.ok) return unknownText(failed);
  const isOld = first.ok && !first.status.version.startsWith('2.');
  return family === 6 && sixth.length === 0 && isOld
    ? 'there is no BIRD for IPv6 on this machine'
    : undefined;
}
