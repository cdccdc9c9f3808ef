/** Which certificates and tokens the controller uses: from its options and controller.yaml. */
import { AppError } from '../../../runtime/errors.ts';
import type { ControllerConfig } from '../../../schemas/generated/controller-config.ts';
import type { ControllerSettings } from '../../settings.ts';

export interface CredentialOptions {
  readonly tokenFile: string | undefined;
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
}

/** The options win over controller.yaml. @throws AppError usage, invalid-settings */
export function credentialsOf(
  { tokenFile, tlsCert, tlsKey }: CredentialOptions,
  { tls: configured = {}, sharedToken = 'allowed' }: Pick<ControllerConfig, 'tls' | 'sharedToken'>,
): Pick<ControllerSettings, 'tokenFile' | 'tls'> {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new AppError('usage', 'cannot listen with TLS: --tls-cert and --tls-key go together');
  }
  const { clientCaFile, certFile = '', keyFile = '' } = configured;
  const pair = pairOf({ tlsCert, tlsKey }, { certFile, keyFile });
  if (clientCaFile !== undefined && pair === undefined) {
    throw invalid(
      'tls.clientCaFile needs the certificate of the controller: set tls.certFile and tls.keyFile too',
    );
  }
  const tls =
    pair === undefined
      ? {}
      : { tls: { ...pair, ...(clientCaFile !== undefined && { clientCaFile }) } };
  if (sharedToken === 'refused') {
    if (clientCaFile !== undefined) return tls;
    throw invalid(
      'with sharedToken: refused no agent could connect: name the authority of their certificates in tls.clientCaFile',
    );
  }
  if (tokenFile !== undefined) return { ...tls, tokenFile };
  throw new AppError(
    'usage',
    'cannot run without a token: give --token-file FILE, or set sharedToken: refused in controller.yaml',
  );
}

function pairOf(
  { tlsCert, tlsKey }: Pick<CredentialOptions, 'tlsCert' | 'tlsKey'>,
  { certFile, keyFile }: { readonly certFile: string; readonly keyFile: string },
): ControllerSettings['tls'] {
  if (tlsCert !== undefined && tlsKey !== undefined) return { certFile: tlsCert, keyFile: tlsKey };
  return certFile === '' ? undefined : { certFile, keyFile, fromConfig: true };
}

function invalid(reason: string): AppError {
  return new AppError('invalid-settings', `cannot use controller.yaml: ${reason}`);
}
