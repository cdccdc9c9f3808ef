/**
 * Texts as values of etcd, which takes at most 1.5 MiB for a whole transaction: a long text is
 * compressed. A revision of 1 MiB that cannot be compressed has 1.4 MiB here, and fits.
 */
import { promisify } from 'node:util';
import { deflateRaw, inflateRawSync } from 'node:zlib';

const compress = promisify(deflateRaw);

/** No JSON text begins with it. */
const compressed = 'deflate:';
const longText = 32 * 1024;
/** Of a text after decompression; a revision of 1 MiB has 6 MiB where every character is escaped. */
const maxBytes = 16 * 1024 * 1024;

export async function valueOf(text: string): Promise<string> {
  if (text.length < longText) return text;
  return `${compressed}${(await compress(text)).toString('base64')}`;
}

/** The text; empty, which is no JSON, where the value is not one that the store wrote. */
export function textOf(value: string): string {
  if (!value.startsWith(compressed)) return value;
  try {
    const bytes = Buffer.from(value.slice(compressed.length), 'base64');
    return inflateRawSync(bytes, { maxOutputLength: maxBytes }).toString();
  } catch {
    return '';
  }
}
