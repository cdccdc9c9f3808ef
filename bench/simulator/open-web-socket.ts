/**
 * The handshake of a WebSocket (RFC 6455, 4.1) over an open connection, then a WebSocket of ws. The request objects of
 * Node.js, which ws uses for it, would cost this one process, that stands for thousands of machines, more than all the
 * rest.
 */
import { hash, randomFillSync } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { subprotocol } from '../../core/protocol/messages.ts';

export interface Opening {
  readonly url: URL;
  /** The value of the Authorization header; absent: there is none. */
  readonly authorization?: string;
}

export interface OpeningEvents {
  /** Called before anything that follows the answer is read. */
  opened(socket: WebSocket): void;
  /** The other side gave another answer, or ended the connection before it. */
  failed(reason: string): void;
}

const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const endOfHead = '\r\n\r\n';

export function openWebSocket(stream: Duplex, opening: Opening, events: OpeningEvents): void {
  const key = nextKey();
  let answer: Buffer | undefined;
  const ended = (): void => events.failed('the connection ended before the answer');
  const failed = ({ message }: Error): void => {
    stream.off('close', ended);
    events.failed(message);
  };
  const received = (data: Buffer): void => {
    answer = answer === undefined ? data : Buffer.concat([answer, data]);
    const end = answer.indexOf(endOfHead);
    if (end < 0) return;
    stream.off('data', received).off('close', ended).off('error', failed);
    const head = answer.toString('latin1', 0, end);
    const fault = faultOf(head, key);
    if (fault === undefined) {
      events.opened(webSocketOver(stream, answer.subarray(end + endOfHead.length)));
      return;
    }
    stream.destroy();
    events.failed(fault);
  };
  stream.on('data', received).once('close', ended).once('error', failed);
  stream.write(requestOf(opening, key), 'latin1');
}

function requestOf({ url, authorization }: Opening, key: string): string {
  const ofToken = authorization === undefined ? '' : `Authorization: ${authorization}\r\n`;
  return (
    `GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\n${ofToken}Connection: Upgrade\r\nUpgrade: websocket\r\n` +
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: ${subprotocol}\r\n\r\n`
  );
}

/** Undefined: the other side has accepted. */
function faultOf(head: string, key: string): string | undefined {
  const [status = '', ...lines] = head.split('\r\n');
  if (!status.startsWith('HTTP/1.1 101 ')) return `another answer than 101: ${status}`;
  const accepts = `sec-websocket-accept: ${hash('sha1', key + guid, 'base64')}`;
  const isAccepted = lines.some(
    (line) => line.slice(0, 20).toLowerCase() + line.slice(20) === accepts,
  );
  if (!isAccepted) return 'the answer does not accept the key';
  const protocol = `sec-websocket-protocol: ${subprotocol}`;
  const isRight = lines.some((line) => line.toLowerCase() === protocol);
  return isRight ? undefined : 'the answer has another subprotocol';
}

/** As ws makes one after its own handshake: it has no public function for this. */
function webSocketOver(stream: Duplex, rest: Buffer): WebSocket {
  const options = { autoPong: false, allowSynchronousEvents: true, closeTimeout: 5000 };
  const socket: unknown = Reflect.construct(WebSocket, [null, undefined, options]);
  if (!(socket instanceof WebSocket)) throw new Error('ws makes another object');
  // A client: it masks what it sends.
  Reflect.set(socket, '_isServer', false);
  const setSocket: unknown = Reflect.get(socket, 'setSocket');
  if (typeof setSocket !== 'function') throw new Error('ws has no such function any more');
  Reflect.apply(setSocket, socket, [stream, rest, { ...options, maxPayload: 64 * 1024 * 1024 }]);
  return socket;
}

const keyBytes = 16;
const randomBytes = Buffer.alloc(keyBytes * 512);
let used = randomBytes.length;

/** Each attempt has its own key; random bytes for many of them come together. */
function nextKey(): string {
  if (used === randomBytes.length) {
    randomFillSync(randomBytes);
    used = 0;
  }
  used += keyBytes;
  return randomBytes.toString('base64', used - keyBytes, used);
}
