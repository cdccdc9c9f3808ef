/** Recognises a file that is no UTF-8 text by its first bytes. */

interface KnownBytes {
  readonly starts: readonly number[];
  /** Completes "it is …", with a hint. */
  readonly what: string;
}

const utf16 = 'UTF-16 text; save it as UTF-8: iconv -f UTF-16 -t UTF-8';

const known: readonly KnownBytes[] = [
  { starts: [0xff, 0xfe], what: utf16 },
  { starts: [0xfe, 0xff], what: utf16 },
  { starts: [0x1f, 0x8b], what: 'compressed (gzip); unpack it first: gunzip' },
  { starts: [0x28, 0xb5, 0x2f, 0xfd], what: 'compressed (zstd); unpack it first: unzstd' },
  { starts: [0xfd, 0x37, 0x7a, 0x58, 0x5a], what: 'compressed (xz); unpack it first: unxz' },
  {
    starts: [0x50, 0x4b, 0x03, 0x04],
    what: 'a zip archive, such as a charm; give a file of text',
  },
  { starts: [0x7f, 0x45, 0x4c, 0x46], what: 'a program; give a file of text' },
];

/** Completes "it is …"; undefined: no known kind. */
export function describeBytes(bytes: Uint8Array): string | undefined {
  return known.find(({ starts }) => starts.every((byte, index) => bytes[index] === byte))?.what;
}
