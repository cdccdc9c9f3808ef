import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { AppError } from './errors.ts';

/** What body a route takes. */
export interface BodyLimits {
  readonly maxBytes: number;
  readonly mediaTypes: readonly string[];
}

/** Without parameters, lower case. */
export function mediaTypeOf(message: IncomingMessage): string | undefined {
  return message.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
}

/** What a route does not read, node:http throws away with the answer. */
export async function readBody(
  message: IncomingMessage,
  limits: BodyLimits | undefined,
): Promise<string> {
  if (limits === undefined) return '';
  const mediaType = mediaTypeOf(message);
  if (mediaType === undefined || !limits.mediaTypes.includes(mediaType)) {
    const wanted = limits.mediaTypes.join(' or ');
    throw new AppError('unsupported-media-type', `cannot read the body: send it as ${wanted}`);
  }
  const tooLarge = (): AppError =>
    new AppError(
      'payload-too-large',
      `cannot read the body: it is larger than ${String(limits.maxBytes)} bytes`,
    );
  if (Number(message.headers['content-length'] ?? 0) > limits.maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of message.iterator({ destroyOnReturn: false })) {
      if (!Buffer.isBuffer(chunk)) continue;
      length += chunk.length;
      if (length > limits.maxBytes) throw tooLarge();
      chunks.push(chunk);
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (error) {
    if (error instanceof AppError) throw error;
    const reason = error instanceof TypeError ? 'it is not UTF-8 text' : 'the client went away';
    throw new AppError('bad-request', `cannot read the body: ${reason}`, { cause: error });
  }
}
