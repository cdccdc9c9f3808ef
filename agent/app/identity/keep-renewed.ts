/**
 * Renews the certificate that `calico-agent enroll` got: with the certificate itself, for the same
 * name and key. The new one is used when the agent connects again.
 */
import { renewalPath } from '../../../core/enrolment/paths.ts';
import { readSmallFile } from '../../../runtime/files/read-small-file.ts';
import { askController, controllerPlace } from './ask-controller.ts';
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
  /** `wss://host:port` */
  readonly controller: string;
  /** The authority of the controller; absent: those that this machine trusts. */
  readonly caFile?: string;
}

/** Begins within a minute. */
export function keepRenewed(renewal: Renewal): CertificateFollower {
  const { nodeFile } = renewal;
  const renew = (pem: string): Promise<void> => renewOnce(renewal, pem);
  return followCertificate({ ...renewal, certFile: nodeFile, renew });
}

/** @throws AppError; then the files are as they were */
async function renewOnce({ controller, caFile, ...files }: Renewal, pem: string): Promise<void> {
  const ca = caFile && (await readSmallFile(caFile, `controller.caFile "${caFile}"`));
  const asked = { identity: { cert: pem, key: pem }, ...(ca !== undefined && { ca }) };
  const answer = await askController(controllerPlace(controller), renewalPath, asked, pem);
  await keepIdentity(files, answer, keyIn(pem));
}

/** The file has the certificate before the key. */
function keyIn(pem: string): string {
  return pem.slice(pem.search(/-----BEGIN [A-Z ]*PRIVATE KEY-----/));
}
