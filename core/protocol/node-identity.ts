/** The identity in an agent's certificate: the name of its node, and maybe its cluster. */

export interface NodeIdentity {
  /** In lower case. */
  readonly node: string;
  /** Absent: the certificate names no cluster. */
  readonly cluster?: string;
}

/** The names in a certificate, as Node.js gives them. */
export interface CertificateNames {
  /** An array, if there are several. */
  readonly commonName?: string | readonly string[] | undefined;
  /** As in `subjectaltname` of Node.js: `URI:calico-agent://prod/node/node-0, DNS:node-0`. */
  readonly alternativeNames?: string | undefined;
}

const scheme = 'calico-agent:';
/** Also at the begin of a JSON string, which is never an identity, but hides none. */
export const ofScheme = /^"?calico-agent:/i;
const uriForm = /^calico-agent:\/\/([^/]+)\/node\/([^/]+)$/;
const clusterForm = /^[A-Za-z0-9][-A-Za-z0-9_.]{0,252}$/;
const nodeForm = /^[A-Za-z0-9]([-A-Za-z0-9.]{0,251}[A-Za-z0-9])?$/;

/** The URI of a node's identity. */
export function identityUri({ node, cluster }: Required<NodeIdentity>): string {
  return `${scheme}//${cluster}/node/${node}`;
}

/**
 * The identity; undefined: the certificate names no node, or more than one. If it has URIs of the
 * scheme calico-agent, only they count, else its common name.
 */
export function identityOf({
  commonName,
  alternativeNames = '',
}: CertificateNames): NodeIdentity | undefined {
  const uris = urisOf(alternativeNames)?.filter((uri) => ofScheme.test(uri));
  if (uris === undefined || uris.length > 1) return undefined;
  const [uri] = uris;
  if (uri !== undefined) {
    const [, cluster = '', node = ''] = uriForm.exec(uri) ?? [];
    if (!clusterForm.test(cluster) || !nodeForm.test(node)) return undefined;
    return { node: node.toLowerCase(), cluster };
  }
  if (typeof commonName !== 'string' || !nodeForm.test(commonName)) return undefined;
  return { node: commonName.toLowerCase() };
}

/**
 * The URIs of a list of alternative names. Node.js writes a name with unusual characters as a JSON
 * string, so a comma inside a name does not end it. Undefined: a part of the text has another form,
 * and may hide a URI.
 */
export function urisOf(text: string): readonly string[] | undefined {
  const form = /([A-Za-z0-9 ]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/gy;
  const entries = [...text.matchAll(form)];
  if (entries.map(([entry]) => entry).join('') !== text) return undefined;
  return entries.flatMap(([, kind, value = '']) => (kind === 'URI' ? [value] : []));
}
