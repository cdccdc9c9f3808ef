import { expect } from 'chai';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { parseMessage, type ParsedMessage } from '../../../core/protocol/messages.ts';
import { createRepeatedMessages } from '../../../runtime/network/repeated-messages.ts';
import { isChannelMessage } from '../../../schemas/generated/channel-message.validator.js';

function read(text: string): { readonly data: Buffer; readonly parsed: ParsedMessage } {
  const reader = { bounds: jsonBounds.agentMessage, isMessage: isChannelMessage };
  return { data: Buffer.from(text), parsed: parseMessage(text, reader) };
}

function ping(id: number): string {
  return JSON.stringify({ type: 'ping', id });
}

describe('messages that many agents send alike', () => {
  it('are read once, also heartbeats', () => {
    const repeated = createRepeatedMessages();
    const { data, parsed } = read(ping(1));
    repeated.keep(data, parsed);
    expect(repeated.find(Buffer.from(ping(1)))).to.equal(parsed);
    expect(repeated.find(Buffer.from(ping(2)))).to.equal(undefined);
  });

  it('are refusals only where a later revision came before an earlier one was done', () => {
    const repeated = createRepeatedMessages();
    const ref = { lineage: 'controller:default', number: 1, digest: `sha256:${'a'.repeat(64)}` };
    const known = ['superseded', 'invalid-config'].map((code) => {
      const nack = { type: 'nack', ...ref, code, message: 'so it is', issues: [] };
      const { data, parsed } = read(JSON.stringify(nack));
      expect(parsed.ok).to.equal(true);
      repeated.keep(data, parsed);
      return repeated.find(data) !== undefined;
    });
    expect(known).to.deep.equal([true, false]);
  });

  it('are never what is no message, or what only one agent says', () => {
    const repeated = createRepeatedMessages();
    const status = JSON.stringify({ type: 'status', changed: { message: 'all is well' } });
    for (const text of ['{"type":"ping"}', 'no JSON', status]) {
      const { data, parsed } = read(text);
      repeated.keep(data, parsed);
      expect(repeated.find(data), text).to.equal(undefined);
    }
  });

  it('take a bounded room', () => {
    const repeated = createRepeatedMessages();
    for (let id = 0; id < 1000; id += 1) {
      const { data, parsed } = read(ping(id));
      repeated.keep(data, parsed);
    }
    const known = Array.from({ length: 1000 }, (_, id) => repeated.find(Buffer.from(ping(id))));
    expect(known.filter((one) => one !== undefined)).to.have.length(16);
  });
});
