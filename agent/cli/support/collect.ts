/**
 * Reads the parts of a support bundle, each within its bounds. If one fails or hangs, only this
 * part is missing.
 */
import { Buffer } from 'node:buffer';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { parseJson } from '../../../core/input/parse-json.ts';
import { redactData, redactText } from '../../../core/support/redact.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import { withDeadline } from '../../../runtime/pacing/deadline.ts';
import { createLimit } from '../../../runtime/pacing/limit.ts';
import { within } from '../../../runtime/pacing/within.ts';
import type { SupportPart } from '../../ports/support.ts';

export interface CollectedPart {
  readonly name: string;
  readonly what: string;
  /** The content without secrets. */
  readonly content: Buffer;
  /** Why the part is not complete. */
  readonly lacks?: string;
}

export interface PartBounds {
  readonly deadlineMs: number;
  readonly maxBytes: number;
}

export const usualBounds: PartBounds = { deadlineMs: 20_000, maxBytes: 4 * 1024 * 1024 };
const atOnce = 4;

/** Reads the parts, and returns them in their order. Never rejects. */
export function collect(
  parts: readonly SupportPart[],
  secrets: readonly string[],
  bounds: PartBounds = usualBounds,
): Promise<readonly CollectedPart[]> {
  const limit = createLimit(atOnce);
  return Promise.all(parts.map((part) => limit.run(() => collectPart(part, secrets, bounds))));
}

async function collectPart(
  part: SupportPart,
  secrets: readonly string[],
  { deadlineMs, maxBytes }: PartBounds,
): Promise<CollectedPart> {
  const { name, what, keeps = 'begin' } = part;
  const late = `it took longer than ${String(deadlineMs / 1000)} s`;
  try {
    const reading = withDeadline(deadlineMs, undefined, ({ signal }) => part.read(signal));
    // Does not wait for a part that ignores its signal.
    const text = await within<string | undefined>(reading, deadlineMs, () => undefined);
    if (text === undefined) return { name, what, content: Buffer.alloc(0), lacks: late };
    const content = Buffer.from(redacted(name, text, secrets));
    if (content.length <= maxBytes) return { name, what, content };
    const cut = keeps === 'end' ? content.subarray(-maxBytes) : content.subarray(0, maxBytes);
    const lacks = `only the ${keeps === 'end' ? 'last' : 'first'} ${String(maxBytes)} of ${String(content.length)} bytes`;
    return { name, what, content: cut, lacks };
  } catch (error) {
    return { name, what, content: Buffer.alloc(0), lacks: redactText(reasonOf(error), secrets) };
  }
}

/**
 * The text without secrets. JSON is parsed for this, because a secret may be quoted in more than
 * one way.
 */
function redacted(name: string, text: string, secrets: readonly string[]): string {
  if (name.endsWith('.jsonl')) {
    return text
      .split('\n')
      .map((line) => (line === '' ? '' : redactedJson(line, secrets, 0)))
      .join('\n');
  }
  return name.endsWith('.json') ? redactedJson(text, secrets, 2) : redactText(text, secrets);
}

function redactedJson(text: string, secrets: readonly string[], indent: number): string {
  const parsed = parseJson(text, jsonBounds.answer);
  return parsed.ok
    ? JSON.stringify(redactData(parsed.data, secrets), null, indent)
    : redactText(text, secrets);
}
