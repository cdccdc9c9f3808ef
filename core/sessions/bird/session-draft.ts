/** One BGP protocol of `show protocols all`, while its details are read line by line. */
import type { Family } from '../../config/model.ts';
import { parseAddress, withoutZone } from '../../config/net/address.ts';
import { printable } from '../../printable.ts';
import {
  sessionStates,
  type Ago,
  type BgpSession,
  type RouteLimit,
  type SessionChannel,
  type SessionState,
} from '../session.ts';

export interface SessionDraft {
  readonly name: string;
  readonly since: Ago | undefined;
  /** BIRD 2 has one per address family; 1.6 has none, and the daemon's family is the session's. */
  channel: ChannelDraft | undefined;
  readonly channels: ChannelDraft[];
  readonly own: ChannelDraft;
  state?: SessionState;
  neighbor?: string;
  isRange?: boolean;
  port?: number;
  remoteAs?: number;
  localAs?: number;
  isInternal?: boolean;
  lastError?: string;
  message?: string;
  holdTimer?: { left: number; of: number };
  sourceAddress?: string;
  neighborId?: string;
  isRestarting?: true;
}

interface ChannelDraft {
  readonly name: string;
  routes?: NonNullable<SessionChannel['routes']>;
  readonly limits: RouteLimit[];
}

const maxText = 512;
const maxUnsigned = 4_294_967_295;
const channelLine = /^ {2}Channel (\S+)$/;
const detailLine = /^ +([A-Za-z][A-Za-z0-9 /-]*?): *(.*)$/;
const families: Readonly<Record<string, Family>> = { ipv4: 4, ipv6: 6 };

export function emptyDraft(name: string, since: Ago | undefined): SessionDraft {
  const own = { name: '', limits: [] };
  return { name: short(name), since, channel: undefined, channels: [], own };
}

/** @returns false: a known detail has an unknown value */
export function readDetail(draft: SessionDraft, line: string): boolean {
  const [, channel] = channelLine.exec(line) ?? [];
  if (channel !== undefined) {
    draft.channel = { name: channel, limits: [] };
    draft.channels.push(draft.channel);
    return true;
  }
  if (line.trim() === 'Neighbor graceful restart active') {
    draft.isRestarting = true;
    return true;
  }
  const [, key, value] = detailLine.exec(line) ?? [];
  if (key === undefined || value === undefined || !Object.hasOwn(details, key)) return true;
  return details[key]?.(draft, value.trim()) ?? true;
}

type ReadValue = (draft: SessionDraft, value: string) => boolean;

const details: Readonly<Record<string, ReadValue>> = {
  'BGP state': (draft, value) => {
    // A second one belongs to the next protocol, whose row was lost.
    if (draft.state !== undefined) return false;
    const state = sessionStates.find((known) => known === value);
    if (state !== undefined) draft.state = state;
    return state !== undefined;
  },
  'Neighbor address': (draft, value) => {
    if (draft.neighbor !== undefined) return false;
    const address = addressOf(value);
    if (address !== undefined) draft.neighbor = address;
    return address !== undefined;
  },
  'Neighbor range': (draft) => {
    draft.isRange = true;
    return true;
  },
  'Neighbor port': (draft, value) => isNumber(value, 65_535, (port) => (draft.port = port)),
  'Neighbor AS': (draft, value) => isNumber(value, maxUnsigned, (as) => (draft.remoteAs = as)),
  'Local AS': (draft, value) => isNumber(value, maxUnsigned, (as) => (draft.localAs = as)),
  'Neighbor ID': (draft, value) => {
    draft.neighborId = short(value);
    return true;
  },
  Session: (draft, value) => {
    draft.isInternal = value.startsWith('internal');
    return draft.isInternal || value.startsWith('external');
  },
  'Source address': (draft, value) => {
    const address = addressOf(value);
    if (address !== undefined) draft.sourceAddress = address;
    return address !== undefined;
  },
  'Hold timer': (draft, value) => {
    const [, left, of] = /^(\d+)(?:\.\d+)?\/(\d+)$/.exec(value) ?? [];
    if (left === undefined || of === undefined) return false;
    draft.holdTimer = { left: Number(left), of: Number(of) };
    return true;
  },
  'Last error': (draft, value) => {
    draft.lastError = short(value);
    return true;
  },
  Message: (draft, value) => {
    draft.message = short(value);
    return true;
  },
  Routes: (draft, value) => {
    const routes = routesOf(value);
    if (routes !== undefined) (draft.channel ?? draft.own).routes = routes;
    return routes !== undefined;
  },
  'Receive limit': (draft, value) => addLimit(draft, 'receive', value),
  'Import limit': (draft, value) => addLimit(draft, 'import', value),
  'Export limit': (draft, value) => addLimit(draft, 'export', value),
};

/** The session; undefined: it lacks a field that every session has. */
export function sessionOf(draft: SessionDraft): BgpSession | undefined {
  const { name, since, state, neighbor, isRange, remoteAs } = draft;
  if (state === undefined || remoteAs === undefined) return undefined;
  if (neighbor === undefined && isRange !== true) return undefined;
  const { port, lastError, message, holdTimer, sourceAddress, neighborId, isRestarting } = draft;
  // RFC 4271: both sides of an internal session have one AS number.
  const localAs = draft.localAs ?? (draft.isInternal === true ? remoteAs : undefined);
  return {
    name,
    state,
    remoteAs,
    channels: channelsOf(draft),
    ...(since !== undefined && { since }),
    ...(neighbor !== undefined && { neighbor }),
    ...(port !== undefined && { port }),
    ...(localAs !== undefined && { localAs }),
    ...(lastError !== undefined && { lastError }),
    ...(message !== undefined && { message }),
    ...(holdTimer !== undefined && { holdTimer }),
    ...(sourceAddress !== undefined && { sourceAddress }),
    ...(neighborId !== undefined && { neighborId }),
    ...(isRestarting === true && { isRestarting }),
  };
}

function channelsOf({ channels, own, neighbor }: SessionDraft): readonly SessionChannel[] {
  if (channels.length === 0) {
    const family = neighbor?.includes(':') === true ? 6 : 4;
    return [channelOf(family, own)];
  }
  return channels.flatMap((channel) => {
    const family = Object.hasOwn(families, channel.name) ? families[channel.name] : undefined;
    return family === undefined ? [] : [channelOf(family, channel)];
  });
}

function channelOf(family: Family, { routes, limits }: ChannelDraft): SessionChannel {
  return { family, limits, ...(routes !== undefined && { routes }) };
}

/** `2 imported, 1 filtered, 2 exported, 2 preferred`. */
function routesOf(value: string): SessionChannel['routes'] {
  const counts = new Map(
    value.split(', ').map((part) => {
      const [, count, name] = /^(\d{1,10}) ([a-z]+)$/.exec(part) ?? [];
      return [name, Number(count)] as const;
    }),
  );
  const [imported, exported] = [counts.get('imported'), counts.get('exported')];
  const [preferred, filtered] = [counts.get('preferred'), counts.get('filtered')];
  if (imported === undefined || exported === undefined || preferred === undefined) return undefined;
  return { imported, exported, preferred, ...(filtered !== undefined && { filtered }) };
}

function addLimit(draft: SessionDraft, kind: RouteLimit['kind'], value: string): boolean {
  const [, limit, hit] = /^(\d{1,10})( \[HIT\])?$/.exec(value) ?? [];
  if (limit === undefined) return false;
  (draft.channel ?? draft.own).limits.push({
    kind,
    limit: Number(limit),
    isHit: hit !== undefined,
  });
  return true;
}

/** The address, without the interface of a link-local neighbour (`fe80::1%eth0`). */
function addressOf(value: string): string | undefined {
  const parsed = parseAddress(withoutZone(value));
  return parsed.ok ? parsed.value.address : undefined;
}

function isNumber(value: string, most: number, take: (number: number) => void): boolean {
  const number = /^\d{1,10}$/.test(value) ? Number(value) : Infinity;
  if (number > most) return false;
  take(number);
  return true;
}

function short(text: string): string {
  const start = text.length > maxText ? `${text.slice(0, maxText)}…` : text;
  return printable(start);
}
