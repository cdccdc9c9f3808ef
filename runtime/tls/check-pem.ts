/**
 * Checks certificates and keys before they are used, because OpenSSL's own errors name neither the
 * setting nor the file.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Validity } from '../../core/enrolment/renewal-times.ts';
import { AppError } from '../errors.ts';

export interface PlacedPem {
  readonly pem: string;
  /** For people: `caFile "/etc/ca.pem"`, `client-key-data of the user "x"`. */
  readonly place: string;
}

/** @throws AppError invalid-settings */
export function checkCertificates({ pem, place }: PlacedPem): void {
  const found = certificatesIn(pem);
  if (found.length === 0) throw unusable(place, noCertificate(pem));
  for (const one of found) {
    if (certificateOf(one) === undefined) throw unusable(place, 'its certificate is damaged');
  }
}

/**
 * Which certificate is not valid now, and since or until when; undefined: all are. The clock of
 * this machine may be the wrong one, so nobody refuses to start for it.
 * @param now milliseconds since 1970
 */
export function invalidNow({ pem, place }: PlacedPem, now: number): string | undefined {
  for (const one of certificatesIn(pem)) {
    const { validFrom, validTo } = certificateOf(one) ?? {};
    const [begin, end] = [Date.parse(validFrom ?? ''), Date.parse(validTo ?? '')];
    if (end < now) return `the certificate in ${place} has expired, at ${timeText(end)}`;
    if (begin > now) return `the certificate in ${place} is valid only from ${timeText(begin)} on`;
  }
  return undefined;
}

/** The times of the certificate that expires first; undefined: there is none. */
export function firstToEnd(pem: string): Validity | undefined {
  const [first] = certificatesIn(pem)
    .map((one) => certificateOf(one))
    .filter((one) => one !== undefined)
    .map(({ validFrom, validTo }) => ({
      validFrom: Date.parse(validFrom),
      validUntil: Date.parse(validTo),
    }))
    .sort((one, other) => one.validUntil - other.validUntil);
  return first;
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().replace('.000', '');
}

function certificatesIn(pem: string): readonly string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/gu) ?? [];
}

/** @throws AppError invalid-settings, also where the key is that of another certificate */
export function checkKeyPair(certificate: PlacedPem, key: PlacedPem): void {
  checkCertificates(certificate);
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/u.test(key.pem))
    throw unusable(key.place, noKey(key.pem));
  if (/ENCRYPTED/u.test(key.pem)) {
    const reason =
      'the key needs a passphrase, which is not supported: openssl pkey -in KEY -out NEW';
    throw unusable(key.place, reason);
  }
  const parsed = keyOf(key.pem);
  if (parsed === undefined) throw unusable(key.place, 'its private key is damaged');
  if (certificateOf(certificate.pem)?.checkPrivateKey(parsed) === false) {
    throw unusable(key.place, `the key does not belong to the certificate of ${certificate.place}`);
  }
}

/** Decodes base64 of a kubeconfig. @throws AppError invalid-settings */
export function decodePem(data: string, place: string): string {
  if (/^(?:DATA\+OMITTED|REDACTED)$/u.test(data.trim())) {
    const reason =
      'it holds what `kubectl config view` shows in place of the data; write the file with `kubectl config view --raw`';
    throw unusable(place, reason);
  }
  if (!/^[A-Za-z0-9+/=\s]+$/u.test(data)) throw unusable(place, 'it is not base64');
  return Buffer.from(data, 'base64').toString('utf8');
}

function noCertificate(pem: string): string {
  if (pem.includes('PRIVATE KEY-----')) return 'it is a private key, and no certificate';
  return 'there is no certificate in PEM form in it (-----BEGIN CERTIFICATE-----)';
}

function noKey(pem: string): string {
  if (pem.includes('BEGIN CERTIFICATE-----')) return 'it is a certificate, and no private key';
  return 'there is no private key in PEM form in it (-----BEGIN PRIVATE KEY-----)';
}

function certificateOf(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function keyOf(pem: string): ReturnType<typeof createPrivateKey> | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

function unusable(place: string, reason: string): AppError {
  return new AppError('invalid-settings', `cannot use ${place}: ${reason}`);
}
