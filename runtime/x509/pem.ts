/** PEM (RFC 7468). @param label `CERTIFICATE` */
export function pemOf(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

/** The first block with this label, DER; undefined: there is none. */
export function derOfPem(label: string, pem: string): Buffer | undefined {
  const form = new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]*)-----END ${label}-----`);
  const base64 = form.exec(pem)?.[1];
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64');
}
