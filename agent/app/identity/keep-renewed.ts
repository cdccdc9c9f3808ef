/**
 * Renews the certificate that `calico-agent enroll` got: with the certificate itself, for the same
 * name and key. The new one is used when the agent connects again.
 */
import { renewalPath } from '../../../core/enrolment/paths.ts';
import { readSmallFile } from '../../../runtime/files/read-small-file.ts';
import type { EnrolmentAnswer } from '../../../schemas/generated/enrolment-answer.ts';
import { askController, controllerPlace } from './ask-controller.ts';
import { askInTurn } from './ask-in-turn.ts';
import {
  followCertificate,
  type CertificateFollower,
  type FollowedCertificate,
} from './follow-certificate.ts';
import { keepIdentity, type IdentityFiles } from './identity-files.ts';

export interface Renewal
  extends
    Pick<IdentityFiles, 'nodeFile' | 'authorityFile'>,
    Omit<FollowedCertificate, 'certFile' | 'renew'> {
  /** `wss://host:port`; several ones share a store, so that any of them can renew. */
  readonly controllers: readonly string[];
  /** The authority of the controllers; absent: those that this machine trusts. */
  readonly caFile?: string;
}

/** Begins within a minute. */
export function keepRenewed(renewal: Renewal): CertificateFollower {
  const { nodeFile } = renewal;
  const renew = (pem: string): Promise<void> => renewOnce(renewal, pem);
  return followCertificate({ ...renewal, certFile: nodeFile, renew });
}

/** @throws AppError; then the files are as they were */
async function renewOnce(renewal: Renewal, pem: string): Promise<void> {
  const { controllers, caFile, clock, ...files } = renewal;
  const ca = caFile && (await readSmallFile(caFile, `controller.caFile "${caFile}"`));
  const asked = { identity: { cert: pem, key: pem }, ...(ca !== undefined && { ca }) };
  const ask = (controller: string): Promise<EnrolmentAnswer> =>
    askController(controllerPlace(controller), renewalPath, asked, pem);
  const answer = await askInTurn(inRandomTurn(controllers, clock.random()), ask);
  await keepIdentity(files, answer, keyIn(pem));
}

/** From a random one on, so that the requests of a fleet spread. Only TLS can show a certificate. */
function inRandomTurn(controllers: readonly string[], random: number): readonly string[] {
  const withTls = controllers.filter((url) => url.startsWith('wss:'));
  const usable = withTls.length > 0 ? withTls : controllers;
  const first = Math.floor(random * usable.length);
  return [...usable.slice(first), ...usable.slice(0, first)];
}

/** The file has the certificate before the key. */
function keyIn(pem: string): string {
  return pem.slice(pem.search(/-----BEGIN [A-Z ]*PRIVATE KEY-----/));
}
