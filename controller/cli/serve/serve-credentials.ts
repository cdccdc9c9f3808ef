/** Which certificates and tokens the controller uses: from its options and controller.yaml. */
import path from 'node:path';
import { AppError } from '../../../runtime/errors.ts';
import type { ControllerConfig } from '../../../schemas/generated/controller-config.ts';
import type { ControllerSettings } from '../../settings.ts';
import { refuseFaults, settingFault } from './setting-faults.ts';

export interface CredentialOptions {
  readonly tokenFile: string | undefined;
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
}

/** The options win over controller.yaml. @throws AppError usage, invalid-settings */
export function credentialsOf(
  { tokenFile, tlsCert, tlsKey }: CredentialOptions,
  config: Pick<ControllerConfig, 'tls' | 'sharedToken' | 'authority'>,
): Pick<ControllerSettings, 'tokenFile' | 'tls' | 'authority'> {
  const { tls: configured = {}, sharedToken = 'allowed', authority } = config;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new AppError('usage', 'cannot listen with TLS: --tls-cert and --tls-key go together');
  }
  const own = authority && filesIn(authority.folder);
  const { clientCaFile = own?.clientCaFile, certFile = '', keyFile = '' } = configured;
  const given = pairOf({ tlsCert, tlsKey }, { certFile, keyFile });
  const pair = given ?? own?.pair;
  if (clientCaFile !== undefined && pair === undefined) {
    const message = 'tls.clientCaFile needs the certificate of the controller';
    const hint = 'set tls.certFile and tls.keyFile too';
    refuseFaults([settingFault('/tls/clientCaFile', message, hint)]);
  }
  const nodeMs = (authority?.nodeDays ?? usualNodeDays) * dayMs;
  const issuing = authority && {
    authority: { folder: authority.folder, nodeMs, isForServer: given === undefined },
  };
  const tls =
    pair === undefined
      ? {}
      : { tls: { ...pair, ...(clientCaFile !== undefined && { clientCaFile }) }, ...issuing };
  if (sharedToken === 'refused') {
    if (clientCaFile !== undefined) return tls;
    const message = 'with sharedToken: refused no agent could connect';
    const hint = 'name the authority of their certificates in tls.clientCaFile';
    refuseFaults([settingFault('/sharedToken', message, hint)]);
  }
  if (tokenFile !== undefined) return { ...tls, tokenFile };
  throw new AppError(
    'usage',
    'cannot run without a token: give --token-file FILE, or set sharedToken: refused in controller.yaml',
  );
}

const usualNodeDays = 90;
const dayMs = 86_400_000;

/** The files of an authority of our own. */
function filesIn(folder: string): {
  readonly clientCaFile: string;
  readonly pair: NonNullable<ControllerSettings['tls']>;
} {
  const file = (name: string): string => path.join(folder, name);
  return {
    clientCaFile: file('authority.pem'),
    pair: { certFile: file('server.pem'), keyFile: file('server.key'), fromConfig: true },
  };
}

function pairOf(
  { tlsCert, tlsKey }: Pick<CredentialOptions, 'tlsCert' | 'tlsKey'>,
  { certFile, keyFile }: { readonly certFile: string; readonly keyFile: string },
): ControllerSettings['tls'] {
  if (tlsCert !== undefined && tlsKey !== undefined) return { certFile: tlsCert, keyFile: tlsKey };
  return certFile === '' ? undefined : { certFile, keyFile, fromConfig: true };
}
