/**
 * Lets people in over the network: who they are, by a token or a client certificate; how often; and
 * whether their roles allow the route.
 */
import type { IncomingMessage } from 'node:http';
import { nameSome } from '../../../core/name-some.ts';
import { printable } from '../../../core/printable.ts';
import { AppError } from '../../../runtime/errors.ts';
import { RefusedRequest } from '../../../runtime/http/refused-request.ts';
import type { Client, Route, RouteRole } from '../../../runtime/http/route.ts';
import type { Gate } from '../../../runtime/http/server.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import { limitRepeats } from '../../../runtime/pacing/repeat-limit.ts';
import type { ApiTokens, ExpiredToken } from '../../app/access/api-tokens.ts';
import { isSamePerson, type KnownPerson } from '../../app/access/person.ts';
import { createRates, rateKeyOf, type RateLimit } from '../../app/access/rates.ts';
import { mayUse, roleOf, rolesFor } from '../../app/access/roles.ts';
import type { AuditTrail } from '../../app/audit/audit-trail.ts';
import type { ControllerCounters } from '../../app/metrics/controller-counters.ts';
import { commandOf, isAction } from './command-rules.ts';

/** Who may use the routes of a cluster. */
export interface Logins {
  /** Absent: no token is accepted. */
  readonly tokens?: Pick<ApiTokens, 'personWith'>;
  /** The names of other people who may do what needs this role. */
  readonly peopleWith: (role: RouteRole) => readonly string[];
  /** The person of the connection's certificate, or why it names nobody; undefined: it has none. */
  readonly certified: (socket: unknown) => KnownPerson | string | undefined;
  /** @throws AppError not-ready while the tokens are not known */
  readonly ready: () => void;
  readonly counters: Pick<ControllerCounters, 'refused'>;
  /** Called for an action that the roles of a person do not allow. */
  readonly denied?: AuditTrail['denied'];
}

export interface GateSurroundings {
  /** Called when a connection has shown who it is. */
  readonly admitted: (socket: IncomingMessage['socket']) => void;
  /** Milliseconds of a clock that never jumps. */
  readonly elapsedMs: () => number;
  readonly logger: Pick<Logger, 'warn'>;
  readonly limits?: GateLimits;
}

export type GateDeps = Logins & GateSurroundings;

export interface GateLimits {
  readonly ofPerson: RateLimit;
  /** Failed logins of an address; after them the answer does not even say that it failed. */
  readonly failures: RateLimit;
}

const usualGateLimits: GateLimits = {
  ofPerson: { burst: 100, perSecond: 20 },
  failures: { burst: 10, perSecond: 0.2 },
};

/** The gate of one cluster's routes. */
export function createGate({
  tokens,
  peopleWith,
  certified,
  ready,
  counters,
  denied,
  ...surroundings
}: GateDeps): Gate {
  const hasTokens = tokens !== undefined;
  const logins = { certified, ...(hasTokens && { tokens }) };
  const login = (message: IncomingMessage): Known => {
    ready();
    return { person: personOf(message, logins) };
  };
  return gateOf(login, {
    ...{ ...surroundings, counters, hasTokens, peopleWith },
    ...(denied !== undefined && { denied }),
  });
}

/** What is known of the sender of a request. */
export interface Known {
  /** A text: why nobody is let in. Undefined: the request shows nothing. */
  readonly person: KnownPerson | string | undefined;
  /** The clusters in which the person has a role; absent: it is a route of one cluster. */
  readonly clusters?: readonly string[];
}

/** @param login throws AppError not-ready while it cannot be known */
export function gateOf(
  login: (message: IncomingMessage) => Known,
  {
    admitted,
    elapsedMs,
    logger,
    limits = usualGateLimits,
    counters,
    hasTokens,
    peopleWith,
    denied,
  }: GateSurroundings &
    Pick<Logins, 'counters' | 'denied'> &
    Partial<Pick<Logins, 'peopleWith'>> & { readonly hasTokens: boolean },
): Gate {
  const persons = createRates(limits.ofPerson);
  const failures = createRates(limits.failures);
  const due = limitRepeats();
  const warn = (text: string, fields: Readonly<Record<string, string>>): void => {
    const count = due(`${text} ${Object.values(fields).join(' ')}`, elapsedMs());
    if (count !== undefined) logger.warn(text, { ...fields, ...(count > 1 && { count }) });
  };
  const refuse = (address: string, why: string, needsToken = hasTokens): RefusedRequest => {
    const wait = failures.take(rateKeyOf(address), elapsedMs());
    warn('refused a person', { address, why });
    counters.refused(wait > 0 ? 'too-many-logins' : 'login');
    if (wait > 0) return tooMany('too many failed logins from this address', wait);
    return unauthorized(why, needsToken);
  };
  return (route, message, asked): Client => {
    const address = addressOf(message);
    const { person, clusters } = login(message);
    // Only those who fail count for their address: others there, behind the same NAT, may go on.
    if (person === undefined) throw refuse(address, 'the request has no token and no certificate');
    if (typeof person === 'string') {
      // Without a token the refusal is about the certificate, which a token does not mend.
      const hadToken = message.headers.authorization !== undefined;
      throw refuse(address, person, hasTokens && hadToken);
    }
    const { name, roles, how, issuedBy } = person;
    admitted(message.socket);
    // A request counts once, when it comes in.
    const personWait = asked === 'again' ? 0 : persons.take(name.toLowerCase(), elapsedMs());
    if (personWait > 0) {
      counters.refused('too-many-requests');
      throw tooMany(`too many requests of "${name}"`, personWait);
    }
    const needed = roleOf(route);
    const client = {
      ...{ name, how, address },
      ...(issuedBy !== undefined && { issuedBy }),
      ...(clusters !== undefined && { clusters }),
    };
    if (mayUse(roles, needed)) return client;
    counters.refused('role');
    warn('refused a request for want of a role', { name, how, address, needed });
    const others = peopleWith?.(needed).filter((one) => !isSamePerson(one, name));
    const why = deniedText(route, { name, roles, how }, needed, others);
    if (isAction(route)) {
      const action = `${route.method} ${route.path}`;
      denied?.({ by: name, how, from: address, action, details: {} }, `access-denied: ${why}`);
    }
    throw new AppError('access-denied', why);
  };
}

/** The person whom the request's token or certificate names. */
export function personOf(
  { headers: { authorization }, socket }: IncomingMessage,
  { tokens, certified }: Pick<Logins, 'tokens' | 'certified'>,
): Known['person'] {
  return authorization === undefined ? certified(socket) : tokenPerson(authorization, tokens);
}

function tokenPerson(authorization: string, tokens: Logins['tokens']): KnownPerson | string {
  if (tokens === undefined) return 'tokens are not accepted (api.tokens: false)';
  const given = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  if (given === undefined) return 'the header Authorization has another form than "Bearer TOKEN"';
  const person = tokens.personWith(given);
  if (person === 'unknown') return 'the token is not known, or was revoked';
  return 'expired' in person ? expiredText(person) : person;
}

function expiredText({ expired: { id, name, roles, expiresAt } }: ExpiredToken): string {
  return `the token ${id} of "${name}" (${roles.join(', ')}) has expired at ${expiresAt}`;
}

function deniedText(
  route: Route,
  { name, roles, how }: KnownPerson,
  needed: RouteRole,
  others: readonly string[] | undefined,
): string {
  const what = `cannot run "${commandOf(route)}"`;
  if (needed === 'socket') {
    return `${what}: only root and the group of the controller's socket may, on its machine`;
  }
  const role = needed === 'check' ? 'propose, approve or apply' : rolesFor(needed).join(' or ');
  const give =
    how === 'certificate' ? 'people in controller.yaml gives it' : giveText(name, needed);
  return `${what}: it needs the role ${role}, and "${printable(name)}" has ${roles.join(', ')} (${how})${othersText(others)}; ${give}`;
}

/** @param others undefined: it is not known who has the role */
function othersText(others: readonly string[] | undefined): string {
  if (others === undefined) return '';
  return others.length === 0 ? '; nobody else has it' : `; these have it: ${nameSome(others)}`;
}

function giveText(name: string, needed: RouteRole): string {
  const role = needed === 'check' ? 'propose' : needed;
  return `a token with it is made on the controller's machine: calico-controller access create ${name} --roles ${role}`;
}

function unauthorized(why: string, hasTokens: boolean): RefusedRequest {
  const hint = hasTokens ? '; calico-controller access create makes a token' : '';
  return new RefusedRequest('unauthorized', `cannot let you in: ${printable(why)}${hint}`, {
    headers: { 'www-authenticate': 'Bearer realm="calico-controller"' },
  });
}

function tooMany(why: string, seconds: number): RefusedRequest {
  const after = String(Math.ceil(seconds));
  return new RefusedRequest('too-many-requests', `${why}; try again in ${after} s`, {
    retryable: true,
    headers: { 'retry-after': after },
  });
}

function addressOf({ socket }: IncomingMessage): string {
  return (socket.remoteAddress ?? 'unknown').replace(/^::ffff:/, '');
}
