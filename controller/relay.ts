/** What a controller of several does for agents that connect to it while another one leads. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { backoff } from '../core/protocol/backoff.ts';
import { isLoopback } from '../runtime/network/loopback.ts';
import { reasonOf } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log/logger.ts';
import type { FleetLead } from './app/store/lead-fleet.ts';
import type { AgentsRelay } from './channel/agents-door.ts';
import { parseListenAddress, type ListenAddress } from './channel/listen-address.ts';
import { agentsPortLimits } from './channel/port-limits.ts';
import {
  passToLeader,
  type LeaderAddress,
  type Passing,
  type PassingOptions,
} from './channel/relay/pass-to-leader.ts';
import { createLeaderProbe } from './channel/relay/probe-leader.ts';
import type { LeaderNotice } from './ports/store.ts';
import type { ApiAddress, ControllerSettings } from './settings.ts';

const keyBytes = 32;

/** What this controller tells the others while it leads. */
export function ownNotice({
  listen,
  advertise,
  api,
}: Pick<ControllerSettings, 'listen' | 'advertise'> & {
  readonly api?: ApiAddress;
}): LeaderNotice {
  const agents = advertise ?? reachable(listen);
  const people = api && peopleAt(api, agents, isOnLoopback(advertise ?? listen));
  return {
    holder: `the controller on ${hostname()} (process ${String(process.pid)}, ${listen})`,
    ...(agents !== undefined && { agents, relayKey: randomBytes(keyBytes).toString('base64') }),
    ...(people !== undefined && { people }),
  };
}

/**
 * Where the API listens at all addresses, it is at the host of the agents' address too. Where it
 * listens on loopback, people elsewhere cannot connect to it, unless agents use loopback as well:
 * then everything runs on one machine.
 * @param agents the address of their endpoint; undefined: nobody knows it
 * @returns undefined: nobody knows it, or nobody elsewhere can connect
 */
function peopleAt(
  { listen, advertise }: ApiAddress,
  agents: string | undefined,
  areAgentsLocal: boolean,
): string | undefined {
  if (advertise === undefined && isOnLoopback(listen) && !areAgentsLocal) return undefined;
  const own = advertise ?? reachable(listen);
  if (own !== undefined || agents === undefined) return own;
  const port = /:[1-9]\d*$/.exec(listen)?.[0];
  return port === undefined ? undefined : agents.replace(/:\d+$/, port);
}

/** @returns undefined: nobody can connect to all addresses, or to a port that is not known yet */
function reachable(listen: string): string | undefined {
  const { host, port } = parseListenAddress(listen, anyAddress);
  return port === 0 || isWildcard(host) ? undefined : listen;
}

/** @param address `HOST:PORT` or `[IPV6]:PORT` */
function isOnLoopback(address: string): boolean {
  return isLoopback(address.replace(/:\d+$/, '').replace(/^\[|\]$/g, ''));
}

function isWildcard(host: string): boolean {
  return /^(?:0(?:\.0){0,3}|[0:]+|::ffff:0\.0\.0\.0)$/i.test(host);
}

const anyAddress = { tls: true, plaintextBeyondLoopback: true };

/** The key of connections that the others pass on; undefined: they have no address for that. */
function relayKeyOf(notice: LeaderNotice | undefined): Buffer | undefined {
  return notice?.relayKey === undefined ? undefined : Buffer.from(notice.relayKey, 'base64');
}

interface AgentsEndpoint {
  readonly address: ListenAddress;
  /** Its certificate; absent: it has no TLS. */
  readonly tls?: unknown;
  readonly plaintextBeyondLoopback: boolean;
}

/** Injected, so that tests decide when the time is over. */
export interface RelayClock {
  /** Runs after this time; returns a function that cancels it. */
  after(milliseconds: number, run: () => void): () => void;
  /** At least 0, less than 1. */
  random(): number;
}

type FollowedLead = Pick<FleetLead, 'own' | 'leader' | 'watchLeader' | 'hindered'>;

interface RelayOptions extends AgentsEndpoint, Pick<PassingOptions, 'failed'> {
  readonly lead: FollowedLead;
  readonly clock: RelayClock;
}

const realClock: RelayClock = {
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};
/** Until it tries to listen again: another process may have the port for a moment, or for long. */
const retryLimits = { baseMs: 1000, capMs: 30_000 };

/** As a leader has them, for agents and for connections that have not shown who they are. */
const limits = {
  maxConnections: agentsPortLimits.maxAgents + agentsPortLimits.maxStrangers,
  maxPerAddress: agentsPortLimits.maxPerAddress,
  maxSilent: agentsPortLimits.maxStrangers,
  patienceMs: 10_000,
  // More than the longest request that a leader reads. A whole fleet begins with less than 2 KiB for each agent.
  maxEarlyBytes: 16 * 1024,
  maxEarlyBytesOfAll: 64 * 1024 * 1024,
};

/**
 * Listens from the moment on at which the leader and its address are known. Where it cannot listen,
 * it tries again, and says so with the reason why this controller waits.
 *
 * @param lead absent: this controller is the only one
 * @param failed called when a connection was ended because it cannot be passed on
 * @returns undefined: nobody passes agents on
 */
export function openRelay(
  endpoint: AgentsEndpoint,
  { lead, clock = realClock }: { readonly lead?: FollowedLead; readonly clock?: RelayClock },
  failed: PassingOptions['failed'],
  logger: Logger,
): AgentsRelay | undefined {
  if (lead === undefined) return undefined;
  const { address, tls, plaintextBeyondLoopback } = endpoint;
  return createRelay({ address, tls, plaintextBeyondLoopback, lead, failed, clock }, logger);
}

function createRelay(options: RelayOptions, logger: Logger): AgentsRelay {
  const { address, failed, lead, clock } = options;
  let passing: Passing | undefined;
  let isClosed = false;
  let closing: Promise<void> | undefined;
  let failures = 0;
  let callOff: () => void = () => undefined;
  const say = tellOnce(logger);
  const hindered = (reason: string | undefined): void =>
    lead.hindered(reason && `agents that connect here are not passed on: ${reason}`);
  const probe = createLeaderProbe({ after: clock.after, seen: hindered });
  const attempted = (reason: string | undefined, at: LeaderAddress): void => {
    hindered(reason);
    probe.attempted(at, reason);
  };
  const fail = (error: unknown): void => {
    const reason = reasonOf(error);
    say('error', `cannot pass agents on to the leader, and tries again: ${reason}`);
    hindered(reason);
    callOff = clock.after(backoff(failures, retryLimits, clock.random()), next);
    failures += 1;
  };
  const listen = async ({ text }: KnownLeader): Promise<void> => {
    try {
      passing ??= await passToLeader({ ...limits, address, failed, attempted });
      failures = 0;
      hindered(undefined);
      say('info', `agents that connect here are passed on to ${text}`);
    } catch (error) {
      fail(error);
    }
  };
  const follow = async (): Promise<void> => {
    callOff();
    const notice = isClosed ? undefined : lead.leader();
    const leader = notice === undefined ? undefined : addressOf(notice, options);
    if (typeof leader === 'object') await listen(leader);
    else {
      hindered(undefined);
      say('warn', leader);
    }
    passing?.follow(isClosed || typeof leader !== 'object' ? undefined : leader);
  };
  let work = Promise.resolve();
  function next(): void {
    if (isClosed) return;
    probe.stop();
    // The connections to the leader of before end at once, also while this one still begins to listen.
    passing?.follow(undefined);
    work = work.then(follow);
  }
  const unwatch = lead.watchLeader(next);
  next();
  const close = async (): Promise<void> => {
    isClosed = true;
    unwatch();
    await work;
    callOff();
    probe.stop();
    await passing?.close();
    passing = undefined;
  };
  return {
    address: () => passing?.address,
    key: relayKeyOf(lead.own),
    close: () => (closing ??= close()),
  };
}

type SayOnce = (level: 'info' | 'warn' | 'error', message: string | undefined) => void;

/** Says the same once until there is something else to say; undefined: there is nothing. */
function tellOnce(logger: Logger): SayOnce {
  let said: string | undefined;
  return (level, message) => {
    if (message !== undefined && message !== said) logger[level](message);
    said = message;
  };
}

interface KnownLeader extends LeaderAddress {
  /** As the leader names it. */
  readonly text: string;
}

/** @returns a text: why agents cannot be passed on to this leader */
function addressOf(
  { agents, ...notice }: LeaderNotice,
  { tls, plaintextBeyondLoopback }: RelayOptions,
): KnownLeader | string {
  const key = relayKeyOf(notice);
  if (agents === undefined || key?.length !== keyBytes) {
    return 'cannot pass agents on: the leader names no address for them; set advertise in its controller.yaml';
  }
  try {
    const { host, port } = parseListenAddress(agents, anyAddress);
    if (tls !== undefined || plaintextBeyondLoopback || isLoopback(host)) {
      return { host, port, key, text: agents };
    }
    return `cannot pass agents on to ${agents}: without TLS the token would be readable on the network`;
  } catch {
    return 'cannot pass agents on: the address that the leader names cannot be read';
  }
}
