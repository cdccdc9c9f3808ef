/** Our wire format beside that of protobufjs, the reference here. */
import { expect } from 'chai';
import * as fc from 'fast-check';
import protobuf from 'protobufjs';
import { Fields, Writer } from '../../../runtime/etcd/wire.ts';

const { Sample } =
  protobuf.parse(
    `syntax = "proto3";
  message Inner { int64 number = 1; bytes data = 2; }
  message Sample {
    int64 number = 1; uint64 large = 2; int32 small = 3; bool flag = 4; string text = 5;
    bytes data = 6; Inner inner = 7; repeated Inner list = 11; repeated string texts = 64;
    fixed64 unknown = 8; fixed32 other = 9;
  }`,
    { keepCase: true },
  ).root.nested ?? {};

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
const bytes = fc.uint8Array({ maxLength: 300 }).map((data) => Buffer.from(data));
const inner = fc.record({ number: int64, data: bytes });
const sample = fc.record({
  number: int64,
  large: uint64,
  small: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  flag: fc.boolean(),
  text: fc.string({ unit: 'grapheme', maxLength: 300 }),
  data: bytes,
  inner,
  list: fc.array(inner, { maxLength: 5 }),
  texts: fc.array(fc.string({ maxLength: 20 }), { maxLength: 5 }),
});
type Inner = typeof inner extends fc.Arbitrary<infer T> ? T : never;
type Sample = typeof sample extends fc.Arbitrary<infer T> ? T : never;

function typeOf(found: protobuf.ReflectionObject | undefined): protobuf.Type {
  if (found instanceof protobuf.Type) return found;
  throw new TypeError('no message');
}

function encodeInner({ number, data }: Inner): Buffer {
  return new Writer().int64(1, number).bytes(2, data).finish();
}

function decodeInner(message: Buffer): Inner {
  const fields = new Fields(message);
  return { number: fields.int64(1), data: fields.message(2, Buffer.from) ?? Buffer.alloc(0) };
}

function encode(message: Sample): Buffer {
  return new Writer()
    .int64(1, message.number)
    .int64(2, message.large)
    .int64(3, String(message.small))
    .flag(4, message.flag)
    .text(5, message.text)
    .bytes(6, message.data)
    .bytes(7, encodeInner(message.inner))
    .list(11, message.list.map(encodeInner))
    .list(
      64,
      message.texts.map((text) => Buffer.from(text)),
    )
    .finish();
}

function decode(message: Buffer): Sample {
  const fields = new Fields(message);
  return {
    number: fields.int64(1),
    large: fields.uint64(2),
    small: fields.int(3),
    flag: fields.flag(4),
    text: fields.text(5),
    data: fields.message(6, Buffer.from) ?? Buffer.alloc(0),
    inner: fields.message(7, decodeInner) ?? { number: '0', data: Buffer.alloc(0) },
    list: fields.list(11, decodeInner),
    texts: [...fields.texts(64)],
  };
}

describe('messages of etcd on the wire', () => {
  const options = { longs: String, defaults: true, arrays: true };

  it('are read by the reference as they were written', () => {
    const type = typeOf(Sample);
    fc.assert(
      fc.property(sample, (message) => {
        const read = type.toObject(type.decode(encode(message)), options);
        expect(read).to.deep.include(message);
      }),
    );
  });

  it('are read as the reference wrote them, and unknown fields are skipped', () => {
    const type = typeOf(Sample);
    fc.assert(
      fc.property(sample, (message) => {
        const written = type.encode(type.fromObject({ ...message, unknown: '7', other: 7 }));
        expect(decode(Buffer.from(written.finish()))).to.deep.equal(message);
      }),
    );
  });

  it('that are cut off or malformed are refused, and nothing else happens', () => {
    fc.assert(
      fc.property(fc.oneof(bytes, sample.map(encode)), fc.nat(400), (message, length) => {
        try {
          decode(message.subarray(0, length));
        } catch (error) {
          expect(error).to.be.instanceOf(RangeError);
        }
      }),
    );
  });
});
