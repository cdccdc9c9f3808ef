/**
 * The TLS session of the last connection to an address of the controller, with which the next one begins: a controller that
 * was restarted has to welcome all of its agents at once. It is kept in memory only.
 */
import { createHash } from 'node:crypto';
import type { ClientRequest } from 'node:http';
import { TLSSocket } from 'node:tls';

export interface TlsSessions {
  /**
   * The options of a connection: to begin with the kept session, and to keep the next one.
   * @param credentials what a session is bound to: address, authority and certificate; after a change of any
   *   of them there is a new session
   */
  optionsFor(credentials: readonly (string | undefined)[]): TlsSessionOptions;
  /** Called when no connection came about: the next attempt makes a whole handshake. */
  forget(): void;
}

export interface TlsSessionOptions {
  readonly session?: Buffer;
  readonly finishRequest: (request: ClientRequest) => void;
}

export function createTlsSessions(): TlsSessions {
  let kept: { readonly digest: string; readonly session: Buffer } | undefined;
  return {
    optionsFor: (credentials) => {
      const text = JSON.stringify(credentials.map((one) => one ?? null));
      const digest = createHash('sha256').update(text).digest('hex');
      return {
        ...(kept?.digest === digest && { session: kept.session }),
        finishRequest: (request) => {
          request.once('socket', (socket) => {
            if (!(socket instanceof TLSSocket)) return;
            socket.on('session', (session) => {
              kept = { digest, session };
            });
          });
          request.end();
        },
      };
    },
    forget: () => {
      kept = undefined;
    },
  };
}
