/** Who may use the API over the network, from controller.yaml. */
import { AppError } from '../../../runtime/errors.ts';
import type { ControllerConfig } from '../../../schemas/generated/controller-config.ts';
import type { ControllerSettings } from '../../settings.ts';

/**
 * @param agentsTls the certificate of the agents' endpoint, which the API uses if it has none
 * @throws AppError invalid-settings
 */
export function peopleOf(
  { approvals, ...config }: PeopleConfig,
  agentsTls: ControllerSettings['tls'],
): Pick<ControllerSettings, 'api' | 'people' | 'approvals'> {
  if (approvals === undefined) return apiOf(config, agentsTls);
  const { required, byAnother = true, expireDays } = approvals;
  const expiring = expireDays === undefined ? {} : { expireDays };
  return { ...apiOf(config, agentsTls), approvals: { required, byAnother, ...expiring } };
}

type PeopleConfig = Pick<ControllerConfig, 'api' | 'people' | 'approvals'>;

function apiOf(
  { api, people = [] }: Omit<PeopleConfig, 'approvals'>,
  agentsTls: ControllerSettings['tls'],
): Pick<ControllerSettings, 'api' | 'people'> {
  requireDistinct(people.flatMap(({ name, alsoNamed = [] }) => [name, ...alsoNamed]));
  // Their other names count for approvals at the socket, too.
  if (api === undefined) return { people };
  const { listen, certFile, keyFile, clientCaFile, tokens = true } = api;
  const pair =
    certFile === undefined || keyFile === undefined
      ? agentsTls && { certFile: agentsTls.certFile, keyFile: agentsTls.keyFile }
      : { certFile, keyFile };
  if (pair === undefined) {
    throw invalid('the API needs a certificate: set api.certFile and api.keyFile');
  }
  if (!tokens && clientCaFile === undefined) {
    throw invalid(
      'with api.tokens: false nobody could use the API: name the authority of people in api.clientCaFile',
    );
  }
  const onlyNames = people.every(({ alsoNamed }) => alsoNamed !== undefined);
  if (!onlyNames && clientCaFile === undefined) {
    throw invalid(
      'people present certificates: name the authority that signs them in api.clientCaFile',
    );
  }
  const files = { ...pair, ...(clientCaFile !== undefined && { clientCaFile }) };
  return { api: { listen, tokens, tls: { ...files, fromConfig: true } }, people };
}

function requireDistinct(names: readonly string[]): void {
  const lower = names.map((name) => name.toLowerCase());
  const twice = names.find((_name, index) => lower.indexOf(lower[index] ?? '') !== index);
  if (twice === undefined) return;
  throw invalid(`people names "${twice}" twice; names are compared without their case`);
}

function invalid(reason: string): AppError {
  return new AppError('invalid-settings', `cannot use controller.yaml: ${reason}`);
}
