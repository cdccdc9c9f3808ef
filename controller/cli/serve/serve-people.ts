/** Who may use the API over the network, from controller.yaml. */
import { AppError } from '../../../runtime/errors.ts';
import type { ControllerConfig } from '../../../schemas/generated/controller-config.ts';
import type { ControllerSettings } from '../../settings.ts';

type TlsFiles = NonNullable<ControllerSettings['tls']>;

/**
 * @param agentsTls the certificate of the agents' endpoint, which the API uses if it has none
 * @throws AppError invalid-settings
 */
export function peopleOf(
  { approvals, people = [], api }: PeopleConfig,
  agentsTls: ControllerSettings['tls'],
): Pick<ControllerSettings, 'api' | 'people' | 'approvals'> {
  requireDistinctPeople(people);
  const shared = apiOf(api, presentsCertificates(people), agentsTls);
  // Their other names count for approvals at the socket, too.
  return { ...(shared && { api: shared }), people, ...approvalsOf(approvals) };
}

type PeopleConfig = Pick<ControllerConfig, 'api' | 'people' | 'approvals'>;

export function approvalsOf(
  approvals: ControllerConfig['approvals'],
): Pick<ControllerSettings, 'approvals'> {
  if (approvals === undefined) return {};
  const { required, byAnother = true, expireDays } = approvals;
  const expiring = expireDays === undefined ? {} : { expireDays };
  return { approvals: { required, byAnother, ...expiring } };
}

/** A person with other names may have nothing but these. */
export function presentsCertificates(people: readonly Named[]): boolean {
  return people.some(({ alsoNamed }) => alsoNamed === undefined);
}

/**
 * @param hasPeople people with certificates are named, of one cluster at least
 * @throws AppError invalid-settings
 */
export function apiOf(
  api: ControllerConfig['api'],
  hasPeople: boolean,
  agentsTls: Pick<TlsFiles, 'certFile' | 'keyFile'> | undefined,
): ControllerSettings['api'] {
  if (api === undefined) return undefined;
  const { listen, advertise, certFile, keyFile, clientCaFile, tokens = true } = api;
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
  if (hasPeople && clientCaFile === undefined) {
    throw invalid(
      'people present certificates: name the authority that signs them in api.clientCaFile',
    );
  }
  const files = { ...pair, ...(clientCaFile !== undefined && { clientCaFile }) };
  const address = { listen, ...(advertise !== undefined && { advertise }) };
  return { ...address, tokens, tls: { ...files, fromConfig: true } };
}

/** @throws AppError invalid-settings */
export function requireDistinctPeople(people: readonly Named[]): void {
  requireDistinct(people.flatMap(({ name, alsoNamed = [] }) => [name, ...alsoNamed]));
}

interface Named {
  readonly name: string;
  readonly alsoNamed?: readonly string[];
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
