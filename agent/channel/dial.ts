/** One attempt to connect to the controller. ws and the validator are loaded only here. */
import type { Socket } from 'node:net';
import type { ClientOptions, WebSocket } from 'ws';
import { jsonBounds } from '../../core/input/bounds.ts';
import { closeCodes } from '../../core/protocol/close.ts';
import {
  maxMessageBytes,
  subprotocol,
  type ChannelMessage,
  type MessageReader,
} from '../../core/protocol/messages.ts';
import { AppError, reasonOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log/logger.ts';
import { messageSocket, type MessageSocket } from '../../runtime/network/message-socket.ts';
import { readSmallFile } from '../../runtime/files/read-small-file.ts';
import { secretFileWarning } from '../../runtime/files/secret-file.ts';
import { readTokenFile } from '../../runtime/files/token-file.ts';
import { checkCertificates, checkKeyPair, type PlacedPem } from '../../runtime/tls/check-pem.ts';
import type { AgentConfig } from '../../schemas/generated/agent-config.ts';
import { controllerAddress } from './controller-address.ts';
import {
  answerFailure,
  connectionFailure,
  type Credential,
  type DialFailure,
} from './dial-failure.ts';

import type { TlsSessions } from './tls-session.ts';

export type ControllerSettings = NonNullable<AgentConfig['controller']>;

/** The settings for one address of the list. */
export interface DialSettings extends Omit<ControllerSettings, 'url'> {
  readonly url: string;
}

export interface DialEvents {
  /** receivedBytes: how many bytes have arrived, with those of unfinished messages. */
  readonly opened: (socket: MessageSocket, receivedBytes: () => number) => void;
  readonly message: (message: ChannelMessage) => void;
  readonly garbage: (reason: string) => void;
  /** Called when handling a message failed; the connection is being closed. */
  readonly failed: (error: unknown) => void;
}

export interface DialDeps {
  readonly logger: Logger;
  readonly handshakeMs: number;
  /** Of earlier connections with this address. */
  readonly sessions: TlsSessions;
}

const closeMs = 2000;

/** Resolves with the reason when the connection has ended or could not be made. */
export async function dial(
  settings: DialSettings,
  events: DialEvents,
  deps: DialDeps,
  signal: AbortSignal,
): Promise<DialFailure> {
  try {
    const { url, host } = controllerAddress(settings.url, settings.allowPlaintext ?? false);
    const { sessions } = deps;
    const { credentials, ...options } = await clientOptions(settings, deps);
    const resuming = sessions.optionsFor([url, ...credentials]);
    const [{ WebSocket }, { isChannelMessage }] = await Promise.all([
      import('ws'),
      import('../../schemas/generated/channel-message.validator.js'),
    ]);
    signal.throwIfAborted();
    const socket = new WebSocket(url, [subprotocol], { ...options, ...resuming });
    const reader = { bounds: jsonBounds.message, isMessage: isChannelMessage };
    const credential = settings.tokenFile === undefined ? 'certificate' : 'token';
    return await runConnection({ socket, host, credential, reader, events, deps, signal });
  } catch (error) {
    return { message: reasonOf(error) };
  }
}

interface Connection {
  readonly socket: WebSocket;
  readonly host: string;
  readonly credential: Credential;
  readonly reader: MessageReader;
  readonly events: DialEvents;
  readonly deps: DialDeps;
  readonly signal: AbortSignal;
}

function runConnection({
  socket,
  host,
  credential,
  reader,
  events,
  deps,
  signal,
}: Connection): Promise<DialFailure> {
  return new Promise((resolve) => {
    let failure: DialFailure | undefined;
    const giveUp = (why: DialFailure): void => {
      failure ??= why;
      if (socket.readyState === socket.CONNECTING) socket.terminate();
    };
    const abort = (): void => giveUp({ message: 'the agent stops' });
    // A timer of our own, because a timeout of the request would begin anew with every byte.
    const late = { message: `cannot connect to the controller "${host}": no answer in time` };
    const deadline = setTimeout(giveUp, deps.handshakeMs, late);
    signal.addEventListener('abort', abort);
    const messages = messageSocket(socket, reader, {
      message: events.message,
      garbage: events.garbage,
      failed: events.failed,
      closed: (code, reason) => {
        clearTimeout(deadline);
        signal.removeEventListener('abort', abort);
        resolve(failure ?? closedFailure(host, code, reason));
      },
    });
    let stream: Socket | undefined;
    socket.once('upgrade', (answer) => {
      stream = answer.socket;
    });
    socket.once('unexpected-response', (_request, response) =>
      giveUp(answerFailure(host, response, credential)),
    );
    const failed = (error: Error): void => {
      failure ??= connectionFailure(host, error);
      deps.sessions.forget();
    };
    socket.once('error', failed);
    socket.once('open', () => {
      clearTimeout(deadline);
      socket.off('error', failed);
      // The first messages leave together: thousands of agents may send theirs when a controller was restarted.
      stream?.cork();
      try {
        events.opened(messages, () => stream?.bytesRead ?? 0);
      } catch (error) {
        events.failed(error);
        messages.close(closeCodes.internalError, 'the agent could not begin');
      }
      stream?.uncork();
    });
  });
}

async function clientOptions(
  settings: DialSettings,
  { logger }: DialDeps,
): Promise<
  ClientOptions & {
    readonly closeTimeout: number;
    /** What a TLS session is bound to. */
    readonly credentials: readonly (string | undefined)[];
  }
> {
  // Reads all files anew at each attempt, so that new ones need no restart.
  const authorization = await authorizationOf(settings, logger);
  const identity = settings.identity && (await readIdentity(settings.identity, logger));
  const ca = settings.caFile === undefined ? undefined : await readCa(settings.caFile);
  return {
    ...(authorization !== undefined && { headers: { authorization } }),
    ...identity,
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
    followRedirects: false,
    // Set here, so that the environment cannot change it.
    rejectUnauthorized: true,
    closeTimeout: closeMs,
    // This program answers pings itself, where it counts the other side's messages.
    autoPong: false,
    ...(ca === undefined ? {} : { ca }),
    credentials: [ca, identity?.cert, identity?.key],
  };
}

/** @throws AppError invalid-settings where the settings name neither a token nor an identity */
async function authorizationOf(
  { tokenFile, identity }: DialSettings,
  logger: Logger,
): Promise<string | undefined> {
  if (tokenFile === undefined) {
    if (identity !== undefined) return undefined;
    throw new AppError(
      'invalid-settings',
      'cannot connect to the controller: agent.yaml has neither controller.tokenFile nor controller.identity',
    );
  }
  const { token, warning } = await readTokenFile(tokenFile);
  if (warning !== undefined) logger.warn(warning);
  return `Bearer ${token}`;
}

async function readIdentity(
  { certFile, keyFile }: NonNullable<ControllerSettings['identity']>,
  logger: Logger,
): Promise<{ readonly cert: string; readonly key: string }> {
  const read = async (field: string, file: string): Promise<PlacedPem> => {
    const place = `controller.identity.${field} "${file}"`;
    return { pem: await readSmallFile(file, place), place };
  };
  const certificate = await read('certFile', certFile);
  const key = await read('keyFile', keyFile);
  checkKeyPair(certificate, key);
  const warning = await secretFileWarning('key file', keyFile);
  if (warning !== undefined) logger.warn(warning);
  return { cert: certificate.pem, key: key.pem };
}

async function readCa(file: string): Promise<string> {
  const place = `controller.caFile "${file}"`;
  const pem = await readSmallFile(file, place);
  checkCertificates({ pem, place });
  return pem;
}

function closedFailure(host: string, code: number, reason: string): DialFailure {
  const why = reason === '' ? `close code ${String(code)}` : reason;
  return { message: `the connection to the controller "${host}" ended: ${why}` };
}
