import { randomBytes } from 'node:crypto';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { WebSocketServer } from 'ws';
import { AgentSocket } from '../../../../controller/channel/upgrade/agent-socket.ts';
import { createHalfMessages } from '../../../../controller/channel/upgrade/half-messages.ts';
import { wholeText } from '../../../../controller/channel/upgrade/whole-messages.ts';

const opcodes = { text: 1, binary: 2, ping: 9 } as const;

/** A frame of a client: RFC 6455, 5.2. */
function frame(content: Buffer, kind: keyof typeof opcodes, more: { info?: number } = {}): Buffer {
  const { info = 0x80 | opcodes[kind] } = more;
  const { length } = content;
  const head = length < 126 ? [info, 0x80 | length] : [info, 0xfe, length >> 8, length & 0xff];
  const mask = randomBytes(4);
  const masked = content.map((byte, at) => byte ^ (mask[at & 3] ?? 0));
  return Buffer.concat([Buffer.from(head), mask, masked]);
}

function textFrame(text: string): Buffer {
  return frame(Buffer.from(text), 'text');
}

/** A connection without a network: `stream.push` gives it what arrives. */
async function connected(): Promise<{
  readonly stream: Duplex;
  readonly socket: AgentSocket;
  readonly said: string[];
}> {
  const stream = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  const request = new IncomingMessage(new Socket());
  request.method = 'GET';
  request.headers = {
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-version': '13',
    'sec-websocket-key': randomBytes(16).toString('base64'),
  };
  const server = new WebSocketServer({
    noServer: true,
    WebSocket: AgentSocket,
    autoPong: false,
    perMessageDeflate: false,
  });
  const halfMessages = createHalfMessages(1 << 20, () => undefined);
  const said: string[] = [];
  const socket = await new Promise<AgentSocket>((resolve) => {
    server.handleUpgrade(request, stream, Buffer.alloc(0), (made) => {
      halfMessages.watch(made, stream);
      made.on('message', (data, isBinary) => {
        said.push(
          `${isBinary ? 'binary' : 'text'} ${Buffer.isBuffer(data) ? data.toString() : ''}`,
        );
      });
      made.on('ping', (data: Buffer) => said.push(`ping ${data.toString()}`));
      made.on('error', ({ message }) => said.push(message));
      resolve(made);
    });
  });
  await nextTurn();
  return { stream, socket, said };
}

const text = fc.oneof(
  fc.string({ maxLength: 5 }),
  fc.constantFrom(
    'grüße',
    '{"type":"ping","id":1}',
    'x'.repeat(125),
    'y'.repeat(126),
    'z'.repeat(500),
  ),
);
/** A message with the frames that carry it. */
const message = fc.oneof(
  { weight: 3, arbitrary: text.map((said) => ({ said: `text ${said}`, bytes: textFrame(said) })) },
  text.map((said) => ({ said: `binary ${said}`, bytes: frame(Buffer.from(said), 'binary') })),
  fc.string({ maxLength: 5 }).map((said) => ({
    said: `ping ${said}`,
    bytes: frame(Buffer.from(said), 'ping'),
  })),
  fc.tuple(text, text).map(([one, other]) => ({
    said: `text ${one}${other}`,
    bytes: Buffer.concat([
      frame(Buffer.from(one), 'text', { info: 0x01 }),
      frame(Buffer.from(other), 'text', { info: 0x80 }),
    ]),
  })),
);

describe('messages that arrive whole', () => {
  it('are the same as through ws, in their order, however the network cuts the bytes', async () => {
    const cuts = fc.array(fc.nat(600), { maxLength: 8 });
    const parts = fc.array(fc.record({ message, cuts }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(parts, fc.boolean(), async (given, areJoined) => {
        const { stream, said } = await connected();
        const all = Buffer.concat(given.map((one) => one.message.bytes));
        const ofAll = given.flatMap((one) => one.cuts);
        const pieces = areJoined
          ? cut(all, ofAll)
          : given.flatMap((one) => cut(Buffer.from(one.message.bytes), one.cuts));
        for (const piece of pieces) stream.push(piece);
        await nextTurn();
        expect(said).to.deep.equal(given.map((one) => one.message.said));
        stream.destroy();
      }),
      { numRuns: 150 },
    );
  });

  it('do not go through the stream, and the next ones that come in parts do', async () => {
    const { stream, said } = await connected();
    let chunks = 0;
    stream.on('data', () => (chunks += 1));
    stream.push(textFrame('one'));
    expect([said, chunks]).to.deep.equal([['text one'], 0]);
    for (const piece of cut(textFrame('two'), [3])) stream.push(piece);
    stream.push(textFrame('three'));
    expect([said, chunks]).to.deep.equal([['text one', 'text two', 'text three'], 2]);
    stream.destroy();
  });

  it('wait while the connection is paused', async () => {
    const { stream, socket, said } = await connected();
    socket.pause();
    stream.push(textFrame('one'));
    stream.push(textFrame('two'));
    await nextTurn();
    expect(said).to.deep.equal([]);
    socket.resume();
    stream.push(textFrame('three'));
    await nextTurn();
    expect(said).to.deep.equal(['text one', 'text two', 'text three']);
    stream.destroy();
  });

  const endings = [
    { what: 'a frame that no client may send', bytes: Buffer.from([0x81, 0x00]) },
    { what: 'text that is no UTF-8', bytes: frame(Buffer.from([0xff]), 'text') },
    { what: 'a close frame', bytes: frame(Buffer.from([3, 232]), 'text', { info: 0x88 }) },
  ];
  for (const { what, bytes } of endings) {
    it(`are not read after ${what}`, async () => {
      const { stream, socket, said } = await connected();
      const closed = new Promise((resolve) => socket.on('close', resolve));
      stream.push(bytes);
      stream.push(textFrame('one'));
      stream.push(null);
      await closed;
      expect(said.filter((one) => one.startsWith('text'))).to.deep.equal([]);
    });
  }

  it('leave other bytes as they are', () => {
    const whole = textFrame('one');
    const others = [
      whole.subarray(0, -1),
      Buffer.concat([whole, whole]),
      frame(Buffer.from('one'), 'binary'),
      frame(Buffer.from('one'), 'text', { info: 0x01 }),
      frame(Buffer.from('one'), 'text', { info: 0xc1 }),
      frame(Buffer.from([0x6f, 0xff, 0x65]), 'text'),
      Buffer.from([0x81]),
      Buffer.alloc(0),
    ];
    for (const bytes of others) {
      const before = Buffer.from(bytes);
      expect(wholeText(bytes)).to.equal(undefined);
      expect(bytes).to.deep.equal(before);
    }
  });
});

function cut(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const ends = [...new Set(places)].filter((at) => at > 0 && at < bytes.length);
  const sorted = [0, ...ends.toSorted((one, other) => one - other), bytes.length];
  // Copies, as the network gives them: the bytes of one are changed.
  return sorted.slice(1).map((end, index) => Buffer.from(bytes.subarray(sorted[index], end)));
}
