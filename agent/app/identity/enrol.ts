/** Gets the first certificate of this node from a controller, by an enrolment token. */
import { X509Certificate } from 'node:crypto';
import path from 'node:path';
import { enrolmentPath } from '../../../core/enrolment/paths.ts';
import { readToken } from '../../../core/enrolment/token.ts';
import { identityOf, identityUri } from '../../../core/protocol/node-identity.ts';
import { AppError } from '../../../runtime/errors.ts';
import { readSmallFile } from '../../../runtime/files/read-small-file.ts';
import { checkCertificates } from '../../../runtime/tls/check-pem.ts';
import type { EnrolmentRequest } from '../../../schemas/generated/enrolment-request.ts';
import { askController, controllerPlace, type ControllerPlace } from './ask-controller.ts';
import {
  identityFiles,
  keepIdentity,
  keyForRequest,
  readIdentity,
  removePendingKey,
  type IdentityFiles,
} from './identity-files.ts';
import { pinAuthority } from './pin-authority.ts';

export interface Enrolment {
  /** `wss://host:port` */
  readonly controller: string;
  /** The text of the enrolment token. */
  readonly token: string;
  /** How the controller is recognised; neither: by the authorities that this machine trusts. */
  readonly caFile?: string;
  readonly caDigest?: string;
  readonly node: string;
  readonly cluster: string;
  readonly stateDirectory: string;
  /** Also where this node has a certificate that is valid. */
  readonly replace: boolean;
}

export interface Enrolled extends Pick<IdentityFiles, 'nodeFile' | 'authorityFile'> {
  /** With it the agent recognises the controller; absent: by the authorities of this machine. */
  readonly caFile?: string;
  readonly node: string;
  /** RFC 3339, by the clock of the controller. */
  readonly validFrom: string;
  readonly validUntil: string;
}

/** @param now in ms since 1970 @throws AppError; a further run goes on where this one ended */
export async function enrol(wanted: Enrolment, now: number): Promise<Enrolled> {
  const { token, cluster, stateDirectory, replace } = wanted;
  const node = wanted.node.toLowerCase();
  const uri = identityUri({ node, cluster });
  if (identityOf({ alternativeNames: `URI:${uri}` })?.node !== node) {
    throw new AppError('usage', `cannot enrol: "${uri.slice(0, 300)}" is no name of a node`);
  }
  if (readToken(token) === undefined) {
    throw new AppError(
      'usage',
      'cannot enrol: the text is no enrolment token; calico-controller token create prints one, ID.SECRET',
    );
  }
  const files = identityFiles(stateDirectory);
  if (!replace) await refuseValid(files, now);
  const place = controllerPlace(wanted.controller);
  const ca = await trusted(wanted, place);
  const key = await keyForRequest(files);
  const { writeRequest } = await import('../../../runtime/x509/request.ts');
  const request = await writeRequest({ commonName: node, names: [{ uri }] }, key);
  const body: EnrolmentRequest = { formatVersion: 1, request };
  const asked = {
    body: JSON.stringify(body),
    headers: { authorization: `Bearer ${token}` },
    ...(ca !== undefined && { ca }),
  };
  const answer = await askController(place, enrolmentPath, asked, key);
  await keepIdentity(files, answer, key);
  await removePendingKey(files);
  const { nodeFile, authorityFile } = files;
  const { validFrom, validTo } = new X509Certificate(answer.certificate);
  const validUntil = new Date(validTo).toISOString();
  const caFile = recognising(wanted, { ca, authority: answer.authority, authorityFile });
  const times = { validFrom: new Date(validFrom).toISOString(), validUntil };
  return { nodeFile, authorityFile, node, ...times, ...(caFile !== undefined && { caFile }) };
}

/** The controller may have a certificate of another authority than that which signs for nodes. */
function recognising(
  { caFile }: Pick<Enrolment, 'caFile'>,
  {
    ca,
    authority,
    authorityFile,
  }: {
    readonly ca: string | undefined;
    readonly authority: string;
    readonly authorityFile: string;
  },
): string | undefined {
  if (ca === undefined) return undefined;
  const known = new Set(digestsIn(authority));
  const isOwn = caFile === undefined || digestsIn(ca).some((digest) => known.has(digest));
  return isOwn ? authorityFile : path.resolve(caFile);
}

function digestsIn(pem: string): readonly string[] {
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/gu) ?? [];
  return found.map((one) => new X509Certificate(one).fingerprint256);
}

/** @returns PEM; undefined: the authorities that this machine trusts */
async function trusted(
  { caFile, caDigest }: Pick<Enrolment, 'caFile' | 'caDigest'>,
  place: ControllerPlace,
): Promise<string | undefined> {
  if (caDigest !== undefined) return pinAuthority(place, caDigest);
  if (caFile === undefined) return undefined;
  const file = `--ca-file "${caFile}"`;
  const pem = await readSmallFile(caFile, file);
  checkCertificates({ pem, place: file });
  return pem;
}

async function refuseValid({ nodeFile }: IdentityFiles, now: number): Promise<void> {
  const pem = await readIdentity(nodeFile);
  const until = pem === undefined ? undefined : endOf(pem);
  if (until === undefined || now > until) return;
  throw new AppError(
    'usage',
    `cannot enrol: "${nodeFile}" has a certificate that is valid until ${new Date(until).toISOString()}, and the agent renews it; --replace gets another one, by a token for this node`,
  );
}

/** Undefined: it is damaged. */
function endOf(pem: string): number | undefined {
  try {
    return Date.parse(new X509Certificate(pem).validTo);
  } catch {
    return undefined;
  }
}
