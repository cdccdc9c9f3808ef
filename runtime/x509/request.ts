/**
 * Requests for certificates (PKCS #10, RFC 2986). pkijs is loaded with this file, so load it late.
 */
import { createPublicKey } from 'node:crypto';
import {
  AltName,
  Attribute,
  CertificationRequest,
  Extension,
  Extensions,
  PublicKeyInfo,
} from 'pkijs';
import {
  generalName,
  nameOf,
  publicKeyOf,
  signingKey,
  type AlternativeName,
} from './certificate.ts';
import { engine } from './engine.ts';
import { derOfPem, pemOf } from './pem.ts';

const extensionRequest = '1.2.840.113549.1.9.14';
const alternativeName = '2.5.29.17';
const label = 'CERTIFICATE REQUEST';

/** What a request asks for; its signature was verified. */
export interface ReadRequest {
  /** The URIs of the subject alternative name. */
  readonly uris: readonly string[];
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
}

/**
 * @param key PEM, ECDSA P-256
 * @returns PEM
 */
export async function writeRequest(
  {
    commonName,
    names,
  }: { readonly commonName: string; readonly names: readonly AlternativeName[] },
  key: string,
): Promise<string> {
  const request = new CertificationRequest();
  request.version = 0;
  request.subject = nameOf(commonName);
  request.subjectPublicKeyInfo = PublicKeyInfo.fromBER(publicKeyOf(key));
  const altNames = new AltName({ altNames: names.map(generalName) });
  const wanted = new Extensions({
    extensions: [
      new Extension({
        extnID: alternativeName,
        critical: false,
        extnValue: altNames.toSchema().toBER(),
      }),
    ],
  });
  request.attributes = [new Attribute({ type: extensionRequest, values: [wanted.toSchema()] })];
  await request.sign(await signingKey(key), 'SHA-256', engine);
  return pemOf(label, Buffer.from(request.toSchema().toBER()));
}

/** @returns why the request cannot be used, for people, in place of its content */
export async function readRequest(pem: string): Promise<ReadRequest | string> {
  const der = derOfPem(label, pem);
  if (der === undefined) return `there is no request in PEM form in it (-----BEGIN ${label}-----)`;
  const request = parse(der);
  if (request === undefined) return 'it is damaged';
  const publicKey = publicKeyIn(request);
  if (publicKey === undefined) return 'its key is not ECDSA P-256';
  const isSigned = await request.verify(engine).catch(() => false);
  if (!isSigned) return 'its signature is not that of its key';
  const uris = urisOf(request);
  return uris === undefined ? 'its names cannot be read' : { uris, publicKey };
}

function parse(der: Buffer): CertificationRequest | undefined {
  try {
    return CertificationRequest.fromBER(der);
  } catch {
    return undefined;
  }
}

function publicKeyIn({ subjectPublicKeyInfo }: CertificationRequest): Buffer | undefined {
  try {
    const der = Buffer.from(subjectPublicKeyInfo.toSchema().toBER());
    const key = createPublicKey({ key: der, type: 'spki', format: 'der' });
    if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return undefined;
    return key.export({ type: 'spki', format: 'der' });
  } catch {
    return undefined;
  }
}

function urisOf({ attributes = [] }: CertificationRequest): readonly string[] | undefined {
  try {
    return attributes
      .filter(({ type }) => type === extensionRequest)
      .flatMap(({ values }) => values.map((value: unknown) => new Extensions({ schema: value })))
      .flatMap(({ extensions }) => extensions)
      .filter(({ extnID }) => extnID === alternativeName)
      .flatMap(({ extnValue }) => AltName.fromBER(extnValue.valueBlock.valueHexView).altNames)
      .flatMap(({ type, value }) => (type === 6 ? [String(value)] : []));
  } catch {
    return undefined;
  }
}
