/** An authority of the controller's own, which signs certificates of nodes. */

/** A request for a certificate; its signature, and so its key, was verified. */
export interface CertificateRequest {
  /** The URIs for which it asks. */
  readonly uris: readonly string[];
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
}

export interface WantedCertificate {
  readonly node: string;
  readonly cluster: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
  /** In ms since 1970; the certificate has whole seconds, rounded down. */
  readonly validFrom: number;
}

export interface SignedCertificate {
  /** PEM. */
  readonly certificate: string;
  /** All authorities that nodes are to trust, PEM. */
  readonly authority: string;
  /** In ms since 1970. */
  readonly validFrom: number;
  readonly validUntil: number;
}

export interface AuthorityDescription {
  /** `sha256:` and the digest of the public key that signs (SubjectPublicKeyInfo), hexadecimal. */
  readonly digest: string;
  /** The names and addresses in the certificate of the controller; none: another authority issued it. */
  readonly names: readonly string[];
}

export interface Authority {
  /** @throws AppError where the files of the authority cannot be used */
  describe(): Promise<AuthorityDescription>;
  /** @returns why the request cannot be used, in place of its content */
  readRequest(pem: string): Promise<CertificateRequest | string>;
  /** @throws AppError where the files of the authority cannot be used */
  sign(wanted: WantedCertificate): Promise<SignedCertificate>;
}
