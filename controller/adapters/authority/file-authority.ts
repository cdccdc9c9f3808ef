/**
 * The authority of a folder. Its files are read for each certificate, so that new ones need no
 * restart. The library that writes certificates is loaded with the first one.
 */
import { X509Certificate } from 'node:crypto';
import { identityUri } from '../../../core/protocol/node-identity.ts';
import { AppError } from '../../../runtime/errors.ts';
import { authorityDigest } from '../../../runtime/tls/authority-digest.ts';
import type { Authority } from '../../ports/authority.ts';
import { authorityFiles, readAuthority } from './authority-files.ts';
import { readServerNames } from './server-certificate.ts';

export interface FileAuthorityOptions {
  readonly folder: string;
  /** The certificate of the controller is in the folder, too. */
  readonly isForServer: boolean;
  /** How long certificates of nodes are valid. */
  readonly nodeMs: number;
}

export function fileAuthority({ folder, isForServer, nodeMs }: FileAuthorityOptions): Authority {
  const files = authorityFiles(folder);
  return {
    describe: async () => ({
      digest: authorityDigest((await readAuthority(files)).certificate),
      names: isForServer ? await readServerNames(files) : [],
    }),
    readRequest: async (pem) => (await import('../../../runtime/x509/request.ts')).readRequest(pem),
    sign: async ({ node, cluster, publicKey, validFrom }) => {
      const { bundle, certificate: issuer, key } = await readAuthority(files);
      const end = Date.parse(new X509Certificate(issuer).validTo);
      if (!(validFrom < end)) {
        throw new AppError(
          'invalid-settings',
          `cannot issue a certificate: the authority "${files.certFile}" has expired`,
        );
      }
      const validUntil = Math.min(validFrom + nodeMs, end);
      const { writeCertificate } = await import('../../../runtime/x509/certificate.ts');
      const names = [{ uri: identityUri({ node, cluster }) }];
      const certificate = await writeCertificate(
        { commonName: node, publicKey, validFrom, validUntil, use: { for: 'client', names } },
        { certificate: issuer, key },
      );
      return { certificate, authority: bundle, validFrom: wholeSeconds(validFrom), validUntil };
    },
  };
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
