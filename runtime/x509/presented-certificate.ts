/**
 * Reads the certificate that the other end of a TLS connection presents, out of the connection's session. Of the ways
 * of Node.js 20 `getPeerX509Certificate()` never frees the authority's certificate, 4 KB for each connection, and
 * `getPeerCertificate()` has OpenSSL keep the key in a second form, 1.9 KB.
 */
import type { TLSSocket } from 'node:tls';
import { elementsIn, type Element } from './der.ts';

export interface PresentedCertificate {
  /** Times in ms since 1970. */
  readonly validFrom: number;
  readonly validUntil: number;
  /** The URIs among its alternative names. */
  readonly uris: readonly string[];
}

const tags = {
  octets: 0x04,
  objectIdentifier: 0x06,
  shortTime: 0x17,
  longTime: 0x18,
  sequence: 0x30,
  /** The URI of a GeneralName (RFC 5280, 4.2.1.6). */
  uri: 0x86,
  version: 0xa0,
  /** Parts that may be missing are numbered: the certificate of a session, the extensions of a certificate. */
  third: 0xa3,
} as const;

/** subjectAltName, 2.5.29.17. */
const alternativeName = '\u0055\u001d\u0011';

/**
 * Undefined: there is none, or it has another form than usual; `getPeerCertificate()` says which.
 * Whether it is good is for the connection to say (`authorized`): OpenSSL has verified the same bytes.
 */
export function presentedCertificate(
  socket: Pick<TLSSocket, 'destroyed' | 'getSession'>,
): PresentedCertificate | undefined {
  // An ended one has no session any more.
  const bytes = socket.destroyed ? undefined : socket.getSession();
  if (!Buffer.isBuffer(bytes)) return undefined;
  const inside = (element: Element | undefined): readonly Element[] =>
    (element && elementsIn(bytes, element)) ?? [];
  const [session, ...more] = elementsIn(bytes, { begin: 0, end: bytes.length }) ?? [];
  if (more.length > 0) return undefined;
  // SSL_SESSION_ASN1 in OpenSSL's ssl_asn1.c.
  const [certificate] = inside(inside(session).find(({ tag }) => tag === tags.third));
  const [signed] = inside(certificate);
  return read(bytes, inside(signed));
}

/** @param signed TBSCertificate (RFC 5280, 4.1) */
function read(bytes: Buffer, signed: readonly Element[]): PresentedCertificate | undefined {
  // Before it: the version, which may be missing, serial number, algorithm, issuer.
  const validity = signed[signed[0]?.tag === tags.version ? 4 : 3];
  const [from, until] = sequenceIn(bytes, validity);
  const [validFrom, validUntil] = [timeOf(bytes, from), timeOf(bytes, until)];
  const uris = urisIn(
    bytes,
    signed.find(({ tag }) => tag === tags.third),
  );
  if (validFrom === undefined || validUntil === undefined || uris === undefined) return undefined;
  return { validFrom, validUntil, uris };
}

/** Undefined: the alternative names are not there exactly once, or of another form. */
function urisIn(bytes: Buffer, extensions: Element | undefined): readonly string[] | undefined {
  const [list] = (extensions && elementsIn(bytes, extensions)) ?? [];
  let found: Element | undefined;
  for (const extension of sequenceIn(bytes, list)) {
    const parts = sequenceIn(bytes, extension);
    const [id] = parts;
    if (id?.tag !== tags.objectIdentifier || textOf(bytes, id) !== alternativeName) continue;
    const value = parts.at(-1);
    if (found !== undefined || value?.tag !== tags.octets) return undefined;
    found = value;
  }
  const [names] = (found && elementsIn(bytes, found)) ?? [];
  if (names?.tag !== tags.sequence) return undefined;
  return elementsIn(bytes, names)
    ?.filter(({ tag }) => tag === tags.uri)
    .map((uri) => textOf(bytes, uri));
}

/** `YYMMDDhhmmssZ` until 2049, with a year of four digits later (RFC 5280, 4.1.2.5). */
function timeOf(bytes: Buffer, element: Element | undefined): number | undefined {
  if (element?.tag !== tags.shortTime && element?.tag !== tags.longTime) return undefined;
  const text = textOf(bytes, element);
  const century = Number(text.slice(0, 2)) < 50 ? '20' : '19';
  const whole = element.tag === tags.shortTime ? `${century}${text}` : text;
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(whole) ?? [];
  if (year === undefined) return undefined;
  return Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
}

function textOf(bytes: Buffer, { begin, end }: Element): string {
  return bytes.toString('latin1', begin, end);
}

function sequenceIn(bytes: Buffer, element: Element | undefined): readonly Element[] {
  return (element?.tag === tags.sequence ? elementsIn(bytes, element) : undefined) ?? [];
}
