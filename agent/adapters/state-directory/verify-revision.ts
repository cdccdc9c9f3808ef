/** Is what lies on disk the revision that it is taken for, down to the last digit of its text? */
import { lstat } from 'node:fs/promises';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { Revision, RevisionRef } from '../../../core/revision/revision.ts';

/** As `digestOfText` of core/config; undefined for a text that cannot be read. */
export type DigestOfText = (text: string) => Promise<string | undefined>;

export interface Verifier {
  /** What is wrong with the revision that was read from a file; undefined: nothing. */
  faultOf(file: string, found: Revision, expected: RevisionRef): Promise<string | undefined>;
  /** It was found in order, and did not change since. */
  knows(file: string): Promise<boolean>;
  /** It was written just now. */
  trust(file: string): Promise<void>;
}

/** Remembers one file that was found in order: what did not change since is not parsed again. */
export function createVerifier(digestOfText: DigestOfText = parseHere): Verifier {
  let verified: string | undefined;
  return {
    knows: async (file) => verified !== undefined && (await signatureOf(file)) === verified,
    trust: async (file) => {
      verified = await signatureOf(file);
    },
    faultOf: async (file, found, expected) => {
      if (!sameRevision(found, expected)) return 'it holds another revision';
      const signature = await signatureOf(file);
      if (signature !== undefined && signature === verified) return undefined;
      if ((await digestOfText(found.text)) !== found.digest) {
        return 'its text does not have the digest that it was accepted with';
      }
      verified = signature;
      return undefined;
    },
  };
}

/** Changes whenever the file's content may have. */
async function signatureOf(file: string): Promise<string | undefined> {
  const found = await lstat(file, { bigint: true }).catch(() => undefined);
  if (found === undefined) return undefined;
  return [file, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(' ');
}

async function parseHere(text: string): Promise<string | undefined> {
  const { digestOfText } = await import('../../../core/config/digest-of-text.ts');
  return digestOfText(text);
}
