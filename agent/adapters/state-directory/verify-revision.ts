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

/** The accepted revision, the one in force, and those that their changes began with. */
const maxVerified = 8;

/** Remembers which files were found in order: what did not change since is not parsed again. */
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
        return 'its text does not have the digest that it was accepted with';
      }
      if (signature !== undefined) remember(signature);
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
