import { createHash, X509Certificate } from 'node:crypto';

/**
 * The digest of an authority's public key (SubjectPublicKeyInfo), with which people pin it: another
 * certificate for the same key has the same one.
 * @param certificate PEM or DER @returns `sha256:` and 64 hexadecimal characters
 */
export function authorityDigest(certificate: string | Buffer): string {
  const key = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
  return `sha256:${createHash('sha256').update(key).digest('hex')}`;
}
