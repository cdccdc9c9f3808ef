/** Checks that a file on disk has the expected revision, by the digest of its text. */
import { lstat } from 'node:fs/promises';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { Revision, RevisionRef } from '../../../core/revision/revision.ts';

/** As `digestOfText` of core/config; undefined for a text that cannot be read. */
export type DigestOfText = (text: string) => Promise<string | undefined>;

export interface Verifier {
  /** The fault of a revision that was read from a file; undefined: none. */
  faultOf(file: string, found: Revision, expected: RevisionRef): Promise<string | undefined>;
  /** Whether the file was verified, and has not changed since. */
  knows(file: string): Promise<boolean>;
  /** Takes the file as verified, because this process has just written it. */
  trust(file: string): Promise<void>;
}

/** Enough for the accepted revision, the one in force, and those from which their changes began. */
const maxVerified = 8;

/** Remembers the verified files, so that an unchanged one is not parsed again. */
export function createVerifier(digestOfText: DigestOfText = parseHere): Verifier {
  let verified: readonly string[] = [];
  const remember = (signature: string): void => {
    verified = [signature, ...verified.filter((one) => one !== signature)].slice(0, maxVerified);
  };
  return {
    knows: async (file) => {
      const signature = await signatureOf(file);
      return signature !== undefined && verified.includes(signature);
    },
    trust: async (file) => {
      const signature = await signatureOf(file);
      if (signature !== undefined) remember(signature);
    },
    faultOf: async (file, found, expected) => {
      if (!sameRevision(found, expected)) return 'it holds another revision';
      const signature = await signatureOf(file);
      if (signature !== undefined && verified.includes(signature)) return undefined;
      if ((await digestOfText(found.text)) !== found.digest) {
        return 'its text does not have the digest with which it was accepted';
      }
      if (signature !== undefined) remember(signature);
      return undefined;
    },
  };
}

/** Changes whenever the file's content may have changed. */
async function signatureOf(file: string): Promise<string | undefined> {
  const found = await lstat(file, { bigint: true }).catch(() => undefined);
  if (found === undefined) return undefined;
  return [file, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(' ');
}

async function parseHere(text: string): Promise<string | undefined> {
  const { digestOfText } = await import('../../../core/config/digest-of-text.ts');
  return digestOfText(text);
}
