/**
 * Why a controller does not accept a certificate. It answers 403, and names the fault in this
 * header.
 */
export const certificateFaultHeader = 'calico-agent-certificate';

export const certificateFaults = {
  expired: 'the certificate has expired',
  'not-yet-valid': 'the certificate is not valid yet: compare the clocks',
  'unknown-authority': "the certificate is not signed by the controller's authority of agents",
  'not-for-clients': 'the certificate is not for clients (extended key usage)',
  'no-identity': 'the certificate does not name exactly one node',
  'other-cluster': 'the certificate is for another cluster',
  'no-cluster':
    'the certificate names no cluster, and the controller serves several: it needs the URI calico-agent://CLUSTER/node/NODE',
  revoked: 'the certificate was revoked',
} as const;

export type CertificateFault = keyof typeof certificateFaults;

/** Undefined: not a fault that this version knows. */
export function certificateFaultOf(text: string | undefined): CertificateFault | undefined {
  return isFault(text) ? text : undefined;
}

function isFault(text: string | undefined): text is CertificateFault {
  return text !== undefined && Object.hasOwn(certificateFaults, text);
}
