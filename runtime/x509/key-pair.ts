import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';

export interface NewKey {
  /** PKCS #8, PEM. */
  readonly key: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
}

/** A new key: ECDSA P-256. */
export async function newKey(): Promise<NewKey> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('ec', {
    namedCurve: 'prime256v1',
  });
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: publicKey.export({ type: 'spki', format: 'der' }),
  };
}
