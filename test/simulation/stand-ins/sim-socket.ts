/**
 * A WebSocket as `ws` has it, as far as the product uses it: events, the data that waits to be
 * sent, pause and resume, and the two close frames.
 */
import { EventEmitter } from 'node:events';
import type { WebSocket } from 'ws';
import type { SimProcess } from '../world/sim-process.ts';

export type SimFrame =
  | { readonly kind: 'message' | 'ping' | 'pong'; readonly data: Buffer; readonly bytes: number }
  | {
      readonly kind: 'close';
      readonly code: number;
      readonly reason: string;
      readonly bytes: number;
    };

/** What the kernels of both sides hold. */
const windowBytes = 128 * 1024;
const closeMs = 5000;

export class SimSocket extends EventEmitter {
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;
  readyState: 0 | 1 | 2 | 3 = 0;
  bufferedAmount = 0;
  /** The process does not exist any more. */
  isGone = false;
  readonly process: SimProcess;
  /** Sent by the kernel, and not on the other side yet. */
  readonly onTheWay: SimFrame[] = [];
  /** Set by the network. */
  sends: () => void = () => undefined;
  breaks: () => void = () => this.ends(1006, '');
  #unread = 0;
  #isPaused = false;
  #waiting: { readonly frame: SimFrame; readonly done: (() => void) | undefined }[] = [];
  #arrived: { readonly frame: SimFrame; readonly from: SimSocket }[] = [];
  #ending: { readonly code: number; readonly reason: string } | undefined;

  constructor(process: SimProcess) {
    super();
    this.process = process;
  }

  /** As the type that the product wants. */
  get asWebSocket(): WebSocket {
    const box: object = { socket: this };
    const socket: WebSocket = Reflect.get(box, 'socket');
    return socket;
  }

  send(content: string | Buffer, _options: unknown, done?: () => void): void {
    const data = Buffer.from(content);
    this.#submit({ kind: 'message', data, bytes: data.length }, done);
  }

  ping(content: Buffer): void {
    this.#submit({ kind: 'ping', data: content, bytes: content.length });
  }

  pong(content: Buffer): void {
    this.#submit({ kind: 'pong', data: content, bytes: content.length });
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.process.after(0, () => this.#read());
  }

  close(code: number, reason: string): void {
    if (this.readyState === this.CONNECTING) return this.terminate();
    if (this.readyState !== this.OPEN) return;
    this.#sayEnd(code, reason);
    this.process.after(closeMs, () => this.terminate());
  }

  terminate(): void {
    if (this.readyState === this.CLOSED) return;
    this.readyState = this.CLOSING;
    this.onTheWay.length = 0;
    this.breaks();
    this.process.after(0, () => this.ends(1006, ''));
  }

  opens(): void {
    if (this.readyState !== this.CONNECTING) return;
    this.readyState = this.OPEN;
    this.emit('open');
  }

  fails(): void {
    if (this.readyState !== this.CONNECTING) return;
    this.emit('error', new Error('connect ECONNREFUSED'));
    this.ends(1006, '');
  }

  /** The connection is over, whatever was to come. */
  ends(code: number, reason: string): void {
    if (this.readyState === this.CLOSED) return;
    this.readyState = this.CLOSED;
    this.#arrived = [];
    this.#waiting = [];
    this.bufferedAmount = 0;
    this.emit('close', code, Buffer.from(reason));
  }

  /** A frame of the other side is in this process's kernel. */
  takes(frame: SimFrame, from: SimSocket): void {
    if (this.readyState === this.CLOSED) return;
    this.#arrived.push({ frame, from });
    this.#read();
  }

  #read(): void {
    while (!this.#isPaused && this.readyState !== this.CLOSED) {
      const next = this.#arrived.shift();
      if (next === undefined) return;
      const { frame, from } = next;
      from.hasRead(frame.bytes);
      if (frame.kind === 'close') return this.#hearsEnd(frame.code, frame.reason);
      this.emit(frame.kind, frame.data, false);
    }
  }

  #hearsEnd(code: number, reason: string): void {
    if (this.readyState === this.OPEN) this.#sayEnd(code, reason);
    const { code: last, reason: why } = this.#ending ?? { code, reason };
    this.ends(last, why);
  }

  #sayEnd(code: number, reason: string): void {
    this.readyState = this.CLOSING;
    this.#ending = { code, reason };
    this.#submit({ kind: 'close', code, reason, bytes: 125 });
  }

  /** The other side has read so much of what this one sent. */
  hasRead(bytes: number): void {
    this.#unread -= bytes;
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined || this.#unread + next.frame.bytes > windowBytes) return;
      this.#waiting.shift();
      this.bufferedAmount -= next.frame.bytes;
      this.#toKernel(next.frame, next.done);
    }
  }

  #submit(frame: SimFrame, done?: () => void): void {
    if (this.readyState === this.CLOSED || this.readyState === this.CONNECTING) return;
    const isFull = this.#unread > 0 && this.#unread + frame.bytes > windowBytes;
    if (!isFull && this.#waiting.length === 0) return this.#toKernel(frame, done);
    this.bufferedAmount += frame.bytes;
    this.#waiting.push({ frame, done });
  }

  #toKernel(frame: SimFrame, done: (() => void) | undefined): void {
    this.#unread += frame.bytes;
    this.onTheWay.push(frame);
    this.sends();
    if (done !== undefined) this.process.after(0, done);
  }
}
