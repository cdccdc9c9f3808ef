/** The person whom a client certificate names: controller.yaml says who may do what. */
import { TLSSocket, type PeerCertificate } from 'node:tls';
import { personIn } from '../../../core/protocol/person-identity.ts';
import { isSamePerson, type KnownPerson, type NamedPerson } from './person.ts';

export interface PersonCertificateDeps {
  readonly people: readonly NamedPerson[];
  readonly cluster: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * The person of the connection. A text is the reason why its certificate names nobody; undefined:
 * it has none.
 */
export function personOfCertificate(
  socket: unknown,
  { people, cluster, now }: PersonCertificateDeps,
): KnownPerson | string | undefined {
  if (!(socket instanceof TLSSocket) || !hasCertificate(socket)) return undefined;
  const certificate = socket.getPeerCertificate();
  if (!socket.authorized)
    return 'the certificate is of an authority that is not accepted, or has expired';
  // TLS does not verify a certificate again where it resumes a session.
  if (!(now >= Date.parse(certificate.valid_from) && now <= Date.parse(certificate.valid_to))) {
    return 'the certificate is not valid now';
  }
  const name = nameIn(certificate, cluster);
  if (name === undefined) return 'the certificate names no person of this cluster';
  const person = people.find((one) => isSamePerson(one.name, name));
  if (person === undefined) return `controller.yaml names no person "${name}" under people`;
  if (person.clusters !== undefined && !person.clusters.includes(cluster)) {
    return `"${person.name}" has no role in the cluster "${cluster}": add it to this person's clusters under people in controller.yaml`;
  }
  return { name: person.name, roles: person.roles, how: 'certificate' };
}

/** Whether the other end of the connection presents a certificate, which need not be a good one. */
export function hasCertificate(socket: unknown): boolean {
  // Without a certificate the object is empty. One that has ended has not even that.
  return (
    socket instanceof TLSSocket &&
    !socket.destroyed &&
    Object.keys(socket.getPeerCertificate()).length > 0
  );
}

function nameIn(certificate: PeerCertificate, cluster: string): string | undefined {
  const commonName = commonNameOf(certificate);
  return personIn({ commonName, alternativeNames: certificate.subjectaltname }, cluster);
}

/** The types do not know certificates without a subject, and with several common names. */
function commonNameOf({
  subject,
}: {
  readonly subject?: { readonly CN?: string | readonly string[] };
}): string | readonly string[] | undefined {
  return subject?.CN;
}
