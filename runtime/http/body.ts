import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { AppError } from '../errors.ts';
import type { ByteBudget } from './byte-budget.ts';

/** The body that a route accepts. */
export interface BodyLimits {
  readonly maxBytes: number;
  readonly mediaTypes: readonly string[];
}

/** The media type without parameters, in lower case. */
export function mediaTypeOf(message: IncomingMessage): string | undefined {
  return message.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
}

/**
 * Reads the body. node:http discards a body that a route does not read.
 *
 * @param budget the budget of all bodies together; the caller gives the bytes of this one back
 */
export async function readBody(
  message: IncomingMessage,
  limits: BodyLimits | undefined,
  budget: Pick<ByteBudget, 'take'>,
): Promise<string> {
  if (limits === undefined) return '';
  const mediaType = mediaTypeOf(message);
  if (mediaType === undefined || !limits.mediaTypes.includes(mediaType)) {
    const accepted = limits.mediaTypes.join(' or ');
    throw new AppError('unsupported-media-type', `cannot read the body: send it as ${accepted}`);
  }
  refuseOtherEncodings(message);
  if (Number(message.headers['content-length'] ?? 0) > limits.maxBytes) throw tooLarge(limits);
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of message.iterator({ destroyOnReturn: false })) {
      if (!Buffer.isBuffer(chunk)) continue;
      length += chunk.length;
      if (length > limits.maxBytes) throw tooLarge(limits);
      if (!budget.take(chunk.length)) throw noRoom();
      chunks.push(chunk);
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (error) {
    if (error instanceof AppError) throw error;
    const reason = error instanceof TypeError ? 'it is not UTF-8 text' : 'the client went away';
    throw new AppError('bad-request', `cannot read the body: ${reason}`, { cause: error });
  }
}

/** Only what the bytes are anyway: text in UTF-8, not compressed. */
function refuseOtherEncodings({ headers }: IncomingMessage): void {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.trim().toLowerCase() !== 'identity') {
    throw new AppError(
      'unsupported-media-type',
      `cannot read the body: its Content-Encoding is "${encoding.slice(0, 50)}"; send it as it is, without one`,
    );
  }
  const [, charset = 'utf-8'] =
    /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(headers['content-type'] ?? '') ?? [];
  if (plainCharsets.has(charset.toLowerCase())) return;
  throw new AppError(
    'unsupported-media-type',
    `cannot read the body: its charset is "${charset.slice(0, 50)}"; send it in UTF-8`,
  );
}

/** ASCII is UTF-8, too. */
const plainCharsets: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii']);

function tooLarge({ maxBytes }: BodyLimits): AppError {
  return new AppError(
    'payload-too-large',
    `cannot read the body: it is larger than ${String(maxBytes)} bytes`,
  );
}

function noRoom(): AppError {
  const message = 'cannot read the body: other requests send too much at the moment; try again';
  return new AppError('busy', message, { retryable: true });
}
