/** The person in a client certificate for the controller's API. */
import { ofScheme, urisOf, type CertificateNames } from './node-identity.ts';

const uriForm = /^calico-agent:\/\/([^/]+)\/person\/([^/]+)$/;
const personForm = /^[A-Za-z0-9](?:[-A-Za-z0-9_.@]{0,98}[A-Za-z0-9])?$/;

/**
 * The name of the person; undefined: the certificate names none, or more than one, or one of another
 * cluster. If it has URIs of the scheme calico-agent, as `calico-agent://CLUSTER/person/NAME`, only
 * they count, else its common name. So the certificate of a node is never that of a person.
 */
export function personIn(
  { commonName, alternativeNames = '' }: CertificateNames,
  cluster: string,
): string | undefined {
  const uris = urisOf(alternativeNames)?.filter((uri) => ofScheme.test(uri));
  if (uris === undefined || uris.length > 1) return undefined;
  const [uri] = uris;
  if (uri === undefined) {
    return typeof commonName === 'string' && personForm.test(commonName) ? commonName : undefined;
  }
  const [, ofCluster, person = ''] = uriForm.exec(uri) ?? [];
  return ofCluster === cluster && personForm.test(person) ? person : undefined;
}
