/** Certificates of an authority of the controller's own: for nodes, and for the controller itself. */
import type { RequestListener } from 'node:http';
import { lstat } from 'node:fs/promises';
import { AppError, reasonOf, systemCodeOf } from '../runtime/errors.ts';
import { ownFolderWarning, secretFileWarning } from '../runtime/files/secret-file.ts';
import type { Logger } from '../runtime/log/logger.ts';
import { authorityFiles } from './adapters/authority/authority-files.ts';
import { fileAuthority } from './adapters/authority/file-authority.ts';
import { renewServerCertificate } from './adapters/authority/server-certificate.ts';
import { createIssuing } from './app/enrolment/issue.ts';
import { createEnrolmentTokens, type EnrolmentTokens } from './app/enrolment/tokens.ts';
import type { RefusedIdentities } from './app/identity/refused-identities.ts';
import type { ServedCluster } from './channel/client-certificates.ts';
import { createClientAddresses, type ClientAddresses } from './channel/relay/client-addresses.ts';
import { enrolmentListener } from './channel/enrolment/enrolment-listener.ts';
import type { ManagedFleet } from './managed-fleet.ts';
import type { AuthorityDescription } from './ports/authority.ts';
import type { AuthoritySettings, ClusterSettings } from './settings.ts';

export interface Enrolment {
  /** Undefined: the controller has no authority of its own. */
  readonly tokens: EnrolmentTokens | undefined;
  readonly describe: () => Promise<AuthorityDescription>;
  readonly counts: RefusedIdentities;
  readonly clients: ClientAddresses;
  /** Handles requests for certificates. @param others gets all other requests */
  readonly requests: (others: RequestListener) => RequestListener;
}

/** What becomes of agents that are refused. */
export interface RefusedAgents {
  readonly refused: (reason: string, remote: string) => void;
  readonly counts: RefusedIdentities;
}

const hourMs = 3_600_000;

export function createEnrolment(
  { authority, cluster, mustNameCluster }: Pick<ClusterSettings, 'authority'> & ServedCluster,
  { records: store, fleet, revocations }: Pick<ManagedFleet, 'records' | 'fleet' | 'revocations'>,
  { refused, counts }: RefusedAgents,
  logger: Logger,
): Enrolment {
  const clients = createClientAddresses();
  const now = Date.now;
  const isCertified = (node: string): boolean =>
    fleet
      .records()
      .some(
        ({ name, connection }) =>
          connection?.certificateUntil !== undefined && name.toLowerCase() === node,
      );
  const { revokedAt } = revocations;
  const { requireKnown } = fleet;
  const own = authority && fileAuthority(authority);
  const issuing =
    own &&
    createIssuing({
      ...{ store, cluster, mustNameCluster, authority: own },
      ...{ isCertified, revokedAt, now },
    });
  const deps = {
    ...{ cluster, mustNameCluster, issuing, requireKnown },
    ...{ counts, clients, refused, logger, now },
  };
  return {
    tokens: authority && createEnrolmentTokens({ store, cluster, now }),
    describe: async () => (await own?.describe()) ?? { digest: '', names: [] },
    counts,
    clients,
    requests: (others) => enrolmentListener(deps, others),
  };
}

/**
 * @throws AppError invalid-settings where the certificate of the authority that agents are known by is not there
 */
export async function requireAuthority({
  authority,
  tls,
}: Pick<ClusterSettings, 'authority' | 'tls'>): Promise<void> {
  if (authority === undefined) return;
  const { certFile } = authorityFiles(authority.folder);
  if (tls?.clientCaFile !== certFile) return;
  const isMissing = await lstat(certFile).then(
    () => false,
    (error: unknown) => systemCodeOf(error) === 'ENOENT',
  );
  if (!isMissing) return;
  throw new AppError(
    'invalid-settings',
    `cannot read the authority of the settings (authority), "${certFile}": no such file; copy authority.pem and authority.key there from your copy or from another controller; if there never was one, calico-controller init makes it`,
  );
}

/** Warns where other users can read or change the key of the authority, or the state directory. Never rejects. */
export async function warnOfExposure(
  { authority, stateDirectory }: Pick<ClusterSettings, 'authority' | 'stateDirectory'>,
  logger: Pick<Logger, 'warn'>,
): Promise<void> {
  const found = await Promise.allSettled([
    ...(authority === undefined
      ? []
      : [secretFileWarning('key of the authority', authorityFiles(authority.folder).keyFile)]),
    ownFolderWarning('state directory', stateDirectory),
  ]);
  // Where they cannot be read, the work that needs them says so.
  for (const one of found) {
    if (one.status === 'fulfilled' && one.value !== undefined) logger.warn(one.value);
  }
}

/** Renews the certificate of the controller, if it is due. Never rejects. @returns whether it did */
export async function renewOwn(
  authority: AuthoritySettings | undefined,
  logger: Logger,
): Promise<boolean> {
  if (authority?.isForServer !== true) return false;
  try {
    const isRenewed = await renewServerCertificate(authority.folder, Date.now());
    if (isRenewed) logger.info('renewed the certificate of the controller');
    return isRenewed;
  } catch (error) {
    logger.error(`cannot renew the certificate of the controller: ${reasonOf(error)}`);
    return false;
  }
}

/** Looks once an hour. @param renewed called after the certificate was renewed */
export function renewOwnHourly(
  authority: AuthoritySettings | undefined,
  logger: Logger,
  renewed: () => Promise<void>,
): NodeJS.Timeout {
  const look = async (): Promise<void> => {
    if (await renewOwn(authority, logger)) await renewed();
  };
  return setInterval(() => void look(), hourMs);
}
