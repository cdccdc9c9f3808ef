/**
 * Reads BIRD's answer to `show protocols all`, of 1.6 and of 2: for each protocol a row, then its
 * details. Reads only BGP. Ignores unknown details, because releases add some. A known detail that
 * cannot be read makes the whole answer unreadable, because a guess would be worse than "unknown".
 */
import type { BgpSession, Read } from '../session.ts';
import { agoOf } from './bird-time.ts';
import { emptyDraft, readDetail, sessionOf, type SessionDraft } from './session-draft.ts';
import { codes, unreadable, type BirdReply, type ReplyLine } from './reply.ts';

/** `name proto table state since info`; the states are those of nest/proto.c, proto_state_name. */
const row =
  /^(\S+) +(\S+) +\S+ +(?:up|start|down|stop|flush|wait|feed|\?\?\?) {2,}(\S+(?: \S+)?) {2,}/;

/** @param now BIRD's clock, of parse-status; undefined: times are unknown */
export function parseProtocols(
  { lines }: BirdReply,
  now: number | undefined,
): Read<readonly BgpSession[]> {
  const sessions: BgpSession[] = [];
  let draft: SessionDraft | undefined;
  const finish = (): boolean => {
    if (draft === undefined) return true;
    const session = sessionOf(draft);
    draft = undefined;
    if (session !== undefined) sessions.push(session);
    return session !== undefined;
  };
  for (const line of lines) {
    if (line.code === codes.protocol || line.code === codes.end) {
      const name = draft?.name ?? '';
      if (!finish()) return unreadable(`details of ${name}`);
    }
    if (line.code === codes.protocol) {
      const begun = beginProtocol(line, now);
      if (begun === undefined) return unreadable(line.text);
      draft = begun === 'other' ? undefined : begun;
    } else if (line.code === codes.details && draft !== undefined) {
      if (!readDetail(draft, line.text)) return unreadable(line.text);
    }
  }
  return lines.at(-1)?.code === codes.end
    ? { ok: true, value: sessions }
    : unreadable(lines.at(-1)?.text ?? '');
}

function beginProtocol(
  { text }: ReplyLine,
  now: number | undefined,
): SessionDraft | 'other' | undefined {
  // Trailing spaces may be lost where an empty column was last.
  const [, name, protocol, since] = row.exec(`${text}  `) ?? [];
  if (name === undefined || since === undefined) return undefined;
  return protocol === 'BGP' ? emptyDraft(name, agoOf(since, now)) : 'other';
}
