/** What a controller of several does for agents that connect to it while another one leads. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { isLoopback } from '../runtime/network/loopback.ts';
import { reasonOf } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log/logger.ts';
import type { FleetLead } from './app/store/lead-fleet.ts';
import type { AgentsRelay } from './channel/agents-door.ts';
import { parseListenAddress, type ListenAddress } from './channel/listen-address.ts';
import {
  passToLeader,
  type LeaderAddress,
  type Passing,
  type PassingOptions,
} from './channel/relay/pass-to-leader.ts';
import type { LeaderNotice } from './ports/store.ts';
import type { ControllerSettings } from './settings.ts';

const keyBytes = 32;

/** What this controller tells the others while it leads. */
export function ownNotice({
  listen,
  advertise,
}: Pick<ControllerSettings, 'listen' | 'advertise'>): LeaderNotice {
  const agents = advertise ?? reachable(listen);
  return {
    holder: `the controller on ${hostname()} (process ${String(process.pid)}, ${listen})`,
    ...(agents !== undefined && { agents, relayKey: randomBytes(keyBytes).toString('base64') }),
  };
}

/** @returns undefined: nobody can connect to all addresses, or to a port that is not known yet */
function reachable(listen: string): string | undefined {
  const { host, port } = parseListenAddress(listen, anyAddress);
  return port === 0 || isWildcard(host) ? undefined : listen;
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

interface RelayOptions extends AgentsEndpoint, Pick<PassingOptions, 'failed'> {
  readonly lead: FleetLead;
}

/** As a leader has them, for agents and for connections that have not shown who they are. */
const limits = {
  maxConnections: 22_000,
  maxPerAddress: 6000,
  maxSilent: 2000,
  patienceMs: 10_000,
};

/**
 * Listens from the moment on at which the leader and its address are known.
 * @param lead absent: this controller is the only one
 * @param failed called when a connection was ended because it cannot be passed on
 * @returns undefined: nobody passes agents on
 */
export function openRelay(
  endpoint: AgentsEndpoint,
  { lead }: { readonly lead?: FleetLead },
  failed: PassingOptions['failed'],
  logger: Logger,
): AgentsRelay | undefined {
  if (lead === undefined) return undefined;
  const { address, tls, plaintextBeyondLoopback } = endpoint;
  return createRelay({ address, tls, plaintextBeyondLoopback, lead, failed }, logger);
}

function createRelay(options: RelayOptions, logger: Logger): AgentsRelay {
  const { lead } = options;
  let passing: Passing | undefined;
  let isClosed = false;
  let closing: Promise<void> | undefined;
  const follow = async (): Promise<void> => {
    const leader = isClosed ? undefined : addressOf(lead.leader(), options, logger);
    if (leader !== undefined && passing === undefined) passing = await open(options, logger);
    passing?.follow(isClosed ? undefined : leader);
  };
  let work = Promise.resolve();
  const next = (): void => {
    // The connections to the leader of before end at once, also while this one still begins to listen.
    passing?.follow(undefined);
    work = work.then(follow);
  };
  const unwatch = lead.watchLeader(next);
  next();
  const close = async (): Promise<void> => {
    isClosed = true;
    unwatch();
    await work;
    await passing?.close();
    passing = undefined;
  };
  return {
    address: () => passing?.address,
    key: relayKeyOf(lead.own),
    close: () => (closing ??= close()),
  };
}

async function open(options: RelayOptions, logger: Logger): Promise<Passing | undefined> {
  const { address, failed } = options;
  try {
    return await passToLeader({ ...limits, address, failed });
  } catch (error) {
    logger.error(`cannot pass agents on to the leader: ${reasonOf(error)}`);
    return undefined;
  }
}

/** @returns undefined: agents cannot be passed on to this leader */
function addressOf(
  notice: LeaderNotice | undefined,
  { tls, plaintextBeyondLoopback }: RelayOptions,
  logger: Logger,
): LeaderAddress | undefined {
  if (notice === undefined) return undefined;
  const { agents } = notice;
  const key = relayKeyOf(notice);
  if (agents === undefined || key?.length !== keyBytes) {
    logger.warn(
      'cannot pass agents on: the leader names no address for them; set advertise in its controller.yaml',
    );
    return undefined;
  }
  try {
    const { host, port } = parseListenAddress(agents, anyAddress);
    if (tls !== undefined || plaintextBeyondLoopback || isLoopback(host)) {
      logger.info(`agents that connect here are passed on to ${agents}`);
      return { host, port, key };
    }
    logger.warn(
      `cannot pass agents on to ${agents}: without TLS the token would be readable on the network`,
    );
  } catch {
    logger.warn('cannot pass agents on: the address that the leader names cannot be read');
  }
  return undefined;
}
