/** Answers of real BIRDs, recorded in test/fixtures/bird. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createReplyReader, type BirdReply } from '../../../core/sessions/bird/reply.ts';
import { parseProtocols } from '../../../core/sessions/bird/parse-protocols.ts';
import { parseStatus } from '../../../core/sessions/bird/parse-status.ts';
import type { BgpSession, Read } from '../../../core/sessions/session.ts';

export function answer(name: string): string {
  return readFileSync(path.join('test/fixtures/bird', `${name}.txt`), 'utf8');
}

/** undefined: the answer does not end. */
export function replyOf(text: string): Read<BirdReply> | undefined {
  const reader = createReplyReader();
  for (const line of text.split('\n')) {
    const reply = reader.line(line);
    if (reply !== undefined) return reply;
  }
  return undefined;
}

export function goodReply(text: string): BirdReply {
  const reply = replyOf(text);
  if (reply?.ok !== true) throw new Error(reply === undefined ? 'no end' : reply.why);
  return reply.value;
}

/** The sessions of a recorded BIRD. */
export function recordedSessions(bird: string): readonly BgpSession[] {
  const status = parseStatus(goodReply(answer(`${bird}-status`)));
  if (!status.ok) throw new Error(status.why);
  const sessions = parseProtocols(goodReply(answer(`${bird}-protocols`)), status.value.now);
  if (!sessions.ok) throw new Error(sessions.why);
  return sessions.value;
}
