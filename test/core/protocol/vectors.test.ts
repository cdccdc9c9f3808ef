import { expect } from 'chai';
import { readVectors } from '../../../conformance/read-vectors.ts';
import { digestOfText } from '../../../core/config/digest-of-text.ts';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { parseMessage } from '../../../core/protocol/messages.ts';
import { isChannelMessage } from '../../../schemas/generated/channel-message.validator.js';

const { contents, messages } = await readVectors();

describe('the conformance vectors of the control channel', () => {
  for (const { name, text, digest } of contents) {
    it(`have the digest of the content "${name}"`, () => {
      expect(digestOfText(text)).to.equal(digest);
    });
  }

  for (const { name, from, text, isMessage } of messages) {
    it(`say that the ${from}'s "${name}" is ${isMessage ? 'a' : 'no'} message`, () => {
      const bounds = from === 'agent' ? jsonBounds.agentMessage : jsonBounds.message;
      expect(parseMessage(text, { bounds, isMessage: isChannelMessage }).ok).to.equal(isMessage);
    });
  }
});
