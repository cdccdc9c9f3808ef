/** The gate of the routes that belong to no cluster: everybody with a role in one of them may enter. */
import type { IncomingMessage } from 'node:http';
import { AppError } from '../../../runtime/errors.ts';
import type { Gate } from '../../../runtime/http/server.ts';
import { hasCertificate } from '../../app/access/person-certificates.ts';
import type { KnownPerson } from '../../app/access/person.ts';
import {
  gateOf,
  personOf,
  type GateSurroundings,
  type Known,
  type Logins,
} from '../people/gate.ts';

export interface NamedLogins {
  readonly name: string;
  /** Absent: the cluster is not served now, so nobody knows its people. */
  readonly logins?: Logins;
}

export function clustersGate(
  clusters: () => readonly NamedLogins[],
  surroundings: GateSurroundings & { readonly hasTokens: boolean },
): Gate {
  const counters: Logins['counters'] = {
    refused: (reason) => {
      for (const { logins } of clusters()) logins?.counters.refused(reason);
    },
  };
  const login = (message: IncomingMessage): Known => {
    const found: { readonly name: string; readonly person: KnownPerson }[] = [];
    let refusal: Known['person'];
    let unknown: unknown;
    for (const { name, logins } of clusters()) {
      try {
        if (logins === undefined) throw notServed(name);
        logins.ready();
        const person = personOf(message, logins);
        if (typeof person === 'object') found.push({ name, person });
        else refusal ??= person;
      } catch (error) {
        unknown ??= error;
      }
    }
    const [first] = found;
    if (first !== undefined) {
      return { person: first.person, clusters: found.map(({ name }) => name) };
    }
    // A cluster whose people are not known might know this one.
    if (unknown !== undefined && hasCredentials(message)) throw unknown;
    return { person: refusal };
  };
  return gateOf(login, { ...surroundings, counters });
}

/** Without them the request is refused everywhere. */
function hasCredentials({ headers, socket }: IncomingMessage): boolean {
  return headers.authorization !== undefined || hasCertificate(socket);
}

function notServed(cluster: string): AppError {
  const message = `cannot let people in: the cluster "${cluster}" is not served now`;
  return new AppError('not-ready', message, { retryable: true });
}
