/**
 * Writes X.509 certificates (RFC 5280), signed with ECDSA P-256 and SHA-256. Node.js reads
 * certificates, but cannot write them. pkijs is loaded with this file, so load it late.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  randomBytes,
  webcrypto,
  X509Certificate,
} from 'node:crypto';
import { Integer, OctetString, PrintableString, Utf8String, BitString } from 'asn1js';
import {
  AltName,
  AttributeTypeAndValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  Extension,
  ExtKeyUsage,
  GeneralName,
  PublicKeyInfo,
  RelativeDistinguishedNames,
  Time,
} from 'pkijs';
import { isIP } from 'node:net';
import { addressBytes } from './address-bytes.ts';
import { engine } from './engine.ts';
import { pemOf } from './pem.ts';

/** A name in the subject alternative name (RFC 5280, 4.2.1.6). */
export type AlternativeName =
  | { readonly uri: string }
  | { readonly dns: string }
  /** An IPv4 or IPv6 address. */
  | { readonly ip: string };

export interface CertificateContent {
  readonly commonName: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
  /** Milliseconds since 1970; a certificate has whole seconds. */
  readonly validFrom: number;
  readonly validUntil: number;
  readonly use:
    /** It signs other certificates. */
    | { readonly for: 'authority' }
    | { readonly for: 'client' | 'server'; readonly names: readonly AlternativeName[] };
}

/** The authority that signs. */
export interface Signer {
  /** PEM; absent: the certificate signs itself. */
  readonly certificate?: string;
  /** PEM. */
  readonly key: string;
}

const oids = {
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  alternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
} as const;
const purposes = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const;
/** The bits of KeyUsage from the left: digitalSignature 0, keyCertSign 5, cRLSign 6. */
const usages = { signs: [0x80, 7], authority: [0x06, 1] } as const;

/** @returns PEM */
export async function writeCertificate(
  content: CertificateContent,
  { certificate: issuer, key }: Signer,
): Promise<string> {
  const { commonName, publicKey, validFrom, validUntil, use } = content;
  const certificate = new Certificate();
  certificate.version = 2;
  certificate.serialNumber = new Integer({ valueHex: serialNumber() });
  certificate.subject = nameOf(commonName);
  certificate.issuer =
    issuer === undefined ? nameOf(commonName) : Certificate.fromBER(derOf(issuer)).subject;
  certificate.notBefore = timeOf(validFrom);
  certificate.notAfter = timeOf(validUntil);
  certificate.subjectPublicKeyInfo = PublicKeyInfo.fromBER(publicKey);
  const issuerIdentifier =
    issuer === undefined ? identifierOf(publicKey) : subjectKeyIdentifierIn(issuer);
  certificate.extensions = [
    ...(use.for === 'authority' ? authorityExtensions() : endExtensions(use)),
    extension(oids.subjectKeyIdentifier, new OctetString({ valueHex: identifierOf(publicKey) })),
    ...(issuerIdentifier === undefined ? [] : [authorityKeyIdentifier(issuerIdentifier)]),
  ];
  await certificate.sign(await signingKey(key), 'SHA-256', engine);
  return pemOf('CERTIFICATE', Buffer.from(certificate.toSchema().toBER()));
}

function authorityExtensions(): Extension[] {
  return [
    extension(
      oids.basicConstraints,
      new BasicConstraints({ cA: true, pathLenConstraint: 0 }).toSchema(),
      true,
    ),
    extension(oids.keyUsage, bits(usages.authority), true),
  ];
}

function endExtensions({
  for: purpose,
  names,
}: Extract<CertificateContent['use'], { readonly names: unknown }>): Extension[] {
  return [
    extension(oids.basicConstraints, new BasicConstraints({ cA: false }).toSchema(), true),
    extension(oids.keyUsage, bits(usages.signs), true),
    extension(
      oids.extendedKeyUsage,
      new ExtKeyUsage({ keyPurposes: [purposes[purpose]] }).toSchema(),
    ),
    extension(oids.alternativeName, new AltName({ altNames: names.map(generalName) }).toSchema()),
  ];
}

/** The key with which pkijs signs. */
export async function signingKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  return webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
}

/** A common name has at most 64 characters (X.520); a longer one is cut, and the other names count. */
export function nameOf(name: string): RelativeDistinguishedNames {
  const commonName = name.slice(0, 64);
  // Only these characters are PrintableString (X.680).
  const isPrintable = /^[A-Za-z0-9 '()+,./:=?-]*$/.test(commonName);
  const value = isPrintable
    ? new PrintableString({ value: commonName })
    : new Utf8String({ value: commonName });
  return new RelativeDistinguishedNames({
    typesAndValues: [new AttributeTypeAndValue({ type: oids.commonName, value })],
  });
}

/** The tags of GeneralName. */
export function generalName(name: AlternativeName): GeneralName {
  if ('uri' in name) return new GeneralName({ type: 6, value: name.uri });
  if ('dns' in name) return new GeneralName({ type: 2, value: name.dns });
  return new GeneralName({
    type: 7,
    value: new OctetString({ valueHex: addressBytes(name.ip) }),
  });
}

/** `10.0.0.10` is an address, and everything else a DNS name. */
export function serverName(text: string): AlternativeName {
  return isIP(text) === 0 ? { dns: text } : { ip: text };
}

function extension(extnID: string, value: { toBER(): ArrayBuffer }, critical = false): Extension {
  return new Extension({ extnID, critical, extnValue: value.toBER() });
}

function bits([byte, unusedBits]: readonly [number, number]): BitString {
  return new BitString({ valueHex: Buffer.of(byte), unusedBits });
}

/** UTCTime until 2049, and GeneralizedTime later (RFC 5280, 4.1.2.5). */
function timeOf(ms: number): Time {
  const value = new Date(Math.floor(ms / 1000) * 1000);
  return new Time({ type: value.getUTCFullYear() < 2050 ? 0 : 1, value });
}

/** 16 bytes at random; a positive number without leading zeros. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}

/** SHA-256 of the key, shortened as RFC 7093 says. */
function identifierOf(publicKey: Buffer): Buffer {
  return createHash('sha256').update(publicKey).digest().subarray(0, 20);
}

/**
 * As the issuer writes it, because each program may derive it in its own way (RFC 5280, 4.2.1.1).
 * Undefined: the issuer has none.
 */
function subjectKeyIdentifierIn(issuer: string): Uint8Array | undefined {
  const { extensions = [] } = Certificate.fromBER(derOf(issuer));
  const found = extensions.find(({ extnID }) => extnID === oids.subjectKeyIdentifier);
  const value: unknown = found?.parsedValue;
  return value instanceof OctetString ? value.valueBlock.valueHexView : undefined;
}

function authorityKeyIdentifier(identifier: Uint8Array): Extension {
  return extension(
    oids.authorityKeyIdentifier,
    new AuthorityKeyIdentifier({
      keyIdentifier: new OctetString({ valueHex: identifier }),
    }).toSchema(),
  );
}

function derOf(certificate: string): Buffer {
  return new X509Certificate(certificate).raw;
}

/** SubjectPublicKeyInfo of a private key in PEM, DER. */
export function publicKeyOf(key: string): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' });
}
