/** One attempt to connect to the controller. ws and the validator are loaded only here. */
import type { ClientOptions, WebSocket } from 'ws';
import { jsonBounds } from '../../core/input/bounds.ts';
import { closeCodes } from '../../core/protocol/close.ts';
import {
  maxMessageBytes,
  subprotocol,
  type ChannelMessage,
  type MessageReader,
} from '../../core/protocol/messages.ts';
import { reasonOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log/logger.ts';
import { messageSocket, type MessageSocket } from '../../runtime/network/message-socket.ts';
import { readSmallFile } from '../../runtime/files/read-small-file.ts';
import { readTokenFile } from '../../runtime/files/token-file.ts';
import { checkCertificates } from '../../runtime/tls/check-pem.ts';
import type { AgentConfig } from '../../schemas/generated/agent-config.ts';
import { controllerAddress } from './controller-address.ts';
import { answerFailure, connectionFailure, type DialFailure } from './dial-failure.ts';

export type ControllerSettings = NonNullable<AgentConfig['controller']>;

export interface DialEvents {
  readonly opened: (socket: MessageSocket) => void;
  readonly message: (message: ChannelMessage) => void;
  readonly garbage: (reason: string) => void;
  /** Called when handling a message failed; the connection is being closed. */
  readonly failed: (error: unknown) => void;
}

export interface DialDeps {
  readonly logger: Logger;
  readonly handshakeMs: number;
}

const closeMs = 2000;

/** Resolves with the reason when the connection has ended or could not be made. */
export async function dial(
  settings: ControllerSettings,
  events: DialEvents,
  deps: DialDeps,
  signal: AbortSignal,
): Promise<DialFailure> {
  try {
    const { url, host } = controllerAddress(settings.url, settings.allowPlaintext ?? false);
    const options = await clientOptions(settings, deps);
    const [{ WebSocket }, { isChannelMessage }] = await Promise.all([
      import('ws'),
      import('../../schemas/generated/channel-message.validator.js'),
    ]);
    signal.throwIfAborted();
    const socket = new WebSocket(url, [subprotocol], options);
    const reader = { bounds: jsonBounds.message, isMessage: isChannelMessage };
    return await runConnection({ socket, host, reader, events, deps, signal });
  } catch (error) {
    return { message: reasonOf(error) };
  }
}

interface Connection {
  readonly socket: WebSocket;
  readonly host: string;
  readonly reader: MessageReader;
  readonly events: DialEvents;
  readonly deps: DialDeps;
  readonly signal: AbortSignal;
}

function runConnection({
  socket,
  host,
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
    socket.once('unexpected-response', (_request, response) =>
      giveUp(answerFailure(host, response)),
    );
    const failed = (error: Error): void => {
      failure ??= connectionFailure(host, error);
    };
    socket.once('error', failed);
    socket.once('open', () => {
      clearTimeout(deadline);
      socket.off('error', failed);
      try {
        events.opened(messages);
      } catch (error) {
        events.failed(error);
        messages.close(closeCodes.internalError, 'the agent could not begin');
      }
    });
  });
}

async function clientOptions(
  settings: ControllerSettings,
  { logger }: DialDeps,
): Promise<ClientOptions & { readonly closeTimeout: number }> {
  // Reads the token anew at each attempt, so that a new one needs no restart.
  const { token, warning } = await readTokenFile(settings.tokenFile);
  if (warning !== undefined) logger.warn(warning);
  const ca = settings.caFile === undefined ? undefined : await readCa(settings.caFile);
  return {
    headers: { authorization: `Bearer ${token}` },
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
    followRedirects: false,
    // Set here, so that the environment cannot change it.
    rejectUnauthorized: true,
    closeTimeout: closeMs,
    // This program answers pings itself, where it counts the other side's messages.
    autoPong: false,
    ...(ca === undefined ? {} : { ca }),
  };
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
