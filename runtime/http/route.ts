/** The routes of an API, with the requests that their handlers get and the replies that they return. */
import type { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { largeJson } from '../pacing/large-text.ts';
import type { BodyLimits } from './body.ts';
import type { PeerCredentials } from './peer-credentials.ts';

export interface Route {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** The path without a query; the controller's may have parameters: `/v1/nodes/{name}`. */
  readonly path: string;
  /** read: also served on the socket for reading only. */
  readonly access: 'read' | 'write';
  /**
   * Who may use it over the network. Default: `read` for a GET of access read, `check` for other
   * requests that change nothing, and else `apply`.
   */
  readonly role?: RouteRole;
  /** It brings a configuration to the nodes, so it needs an approval where the settings say so. */
  readonly bringsConfig?: true;
  /**
   * The names of its query parameters, without those that the audit log reads; absent: none. The server refuses others. `any`: it takes
   * no notice of them, for a monitor or load balancer that adds its own, or refuses every request for a more useful reason.
   */
  readonly query?: readonly string[] | 'any';
  /** The body that it accepts; absent: none. */
  readonly body?: BodyLimits;
  /** Costs little, and is served also while there are too many other requests. */
  readonly isCheap?: true;
  handle(request: HttpRequest): Promise<Reply> | Reply;
}

/** `check`: everybody who proposes, approves or applies. `socket`: nobody over the network. */
export type RouteRole = 'read' | 'check' | 'propose' | 'approve' | 'apply' | 'socket';

/** A client that the server has authenticated. */
export interface Client {
  /** The person. */
  readonly name: string;
  /** How it proved that: `token 4f2a91c0`, `certificate`. */
  readonly how: string;
  /** The person who made what proves it, such as a token; absent: it is not known. */
  readonly issuedBy?: string;
  readonly address: string;
  /** The clusters in which the person has a role; absent: the route is one of a cluster. */
  readonly clusters?: readonly string[];
}

export interface HttpRequest {
  /** The access of the socket by which it came. */
  readonly access: 'read' | 'write';
  /** The values of the path's parameters, decoded; they may have any characters. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Readonly<IncomingMessage['headers']>;
  /** Empty: the route takes no body. */
  readonly body: string;
  /** The media type without parameters, in lower case; undefined: there is no body. */
  readonly mediaType: string | undefined;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
  /** Absent: the server authenticates nobody, because only permitted users can open its socket. */
  readonly client?: Client;
  /**
   * The client's process, from the kernel; undefined: not known. Every call has the same answer.
   * Never rejects.
   */
  readonly caller: () => Promise<PeerCredentials | undefined>;
}

export interface Reply {
  /** Default 200. */
  readonly status?: number;
  readonly mediaType: string;
  /** A text, or its bytes in UTF-8. */
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the audit log says about it beside the request, if it has one. */
  readonly audited?: Readonly<Record<string, string | number>>;
}

export function json(value: unknown, status = 200): Reply {
  return { status, mediaType: 'application/json', body: JSON.stringify(value) };
}

/** An answer that may be large: other requests are served while its text is made. */
export async function jsonInTurns(value: unknown, status = 200): Promise<Reply> {
  return { status, mediaType: 'application/json', body: await largeJson(value) };
}
