import { expect } from 'chai';
import * as fc from 'fast-check';
import { maxMessageBytes, parseMessage } from '../../../core/protocol/messages.ts';
import { isChannelMessage } from '../../../schemas/generated/channel-message.validator.js';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { configOf, helloOf } from './sample.ts';

const reader = { bounds: jsonBounds.message, isMessage: isChannelMessage };

function parse(value: unknown): ReturnType<typeof parseMessage> {
  return parseMessage(JSON.stringify(value), reader);
}

describe('reading a message', () => {
  it('accepts every message of the schema', () => {
    for (const message of [helloOf(), configOf(1, 'a'), { type: 'ping', id: 1 }]) {
      expect(parse(message)).to.deep.equal({ ok: true, message });
    }
  });

  const refused: readonly [behaviour: string, text: string, reason: string][] = [
    ['what is not JSON', '{"type":', 'cannot read the message: it is not JSON'],
    [
      'what is larger than 2 MiB',
      'x'.repeat(maxMessageBytes + 1),
      'cannot read the message: it is larger than 2097152 bytes',
    ],
    ['a type that it does not know', '{"type":"s3cret"}', 'the message has no known type'],
    ['what is no object', '[1]', 'the message is wrong: must be object'],
    [
      'deep nesting',
      `{"type":"status","changed":${'['.repeat(4000)}${']'.repeat(4000)}}`,
      'cannot read the message: it is nested more than 64 levels deep (at character 91)',
    ],
    [
      'a field of the wrong type, and says which',
      JSON.stringify({ ...configOf(1, 'a'), number: 's3cret' }),
      'the message is wrong at /number: must be integer',
    ],
    [
      'a field too many',
      '{"type":"ping","id":1,"s3cret":true}',
      'the message is wrong: must NOT have additional properties',
    ],
    [
      'a wrong value deep inside, without the names that the sender chose',
      JSON.stringify({ ...helloOf(), facts: { labels: { s3cret: 5 } } }),
      'the message is wrong at /facts/labels: must be string',
    ],
    [
      'text without its media type',
      JSON.stringify({ ...configOf(1, 'a'), mediaType: undefined }),
      'the message is wrong: must have property mediaType when property text is present',
    ],
  ];
  for (const [behaviour, text, reason] of refused) {
    it(`refuses ${behaviour}`, () => {
      expect(parseMessage(text, reader)).to.deep.equal({ ok: false, reason });
    });
  }

  it('never throws, for any input', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        parseMessage(text, reader);
      }),
    );
  });
});
