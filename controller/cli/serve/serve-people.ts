/** Who may use the API over the network, from controller.yaml. */
import type { Issue } from '../../../core/issue.ts';
import type { ControllerConfig } from '../../../schemas/generated/controller-config.ts';
import type { ControllerSettings } from '../../settings.ts';
import { gatherFaults, listenFaults, refuseFaults, settingFault } from './setting-faults.ts';

type TlsFiles = NonNullable<ControllerSettings['tls']>;

/**
 * @param agentsTls the certificate of the agents' endpoint, which the API uses if it has none
 * @throws AppError invalid-settings with all issues at once
 */
export function peopleOf(
  { approvals, people = [], api }: PeopleConfig,
  agentsTls: ControllerSettings['tls'],
): Pick<ControllerSettings, 'api' | 'people' | 'approvals'> {
  const { issues, tried } = gatherFaults();
  issues.push(...sameNames(people, '/people'));
  const shared = tried(() => apiOf(api, presentsCertificates(people), agentsTls));
  refuseFaults(issues);
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
  const issues: Issue[] = [...listenFaults('/api/listen', listen)];
  if (pair === undefined) {
    const hint = 'set api.certFile and api.keyFile';
    issues.push(settingFault('/api', 'the API needs a certificate', hint));
  }
  if (!tokens && clientCaFile === undefined) {
    const message = 'with api.tokens: false nobody could use the API';
    const hint = 'name the authority of people in api.clientCaFile';
    issues.push(settingFault('/api/tokens', message, hint));
  } else if (hasPeople && clientCaFile === undefined) {
    const hint = 'name the authority that signs them in api.clientCaFile';
    issues.push(settingFault('/api', 'people present certificates', hint));
  }
  refuseFaults(issues);
  if (pair === undefined) return undefined;
  const files = { ...pair, ...(clientCaFile !== undefined && { clientCaFile }) };
  const address = { listen, ...(advertise !== undefined && { advertise }) };
  return { ...address, tokens, tls: { ...files, fromConfig: true } };
}

/** @param pointer of the list */
export function sameNames(people: readonly Named[], pointer: string): readonly Issue[] {
  const known = new Set<string>();
  return people.flatMap(({ name, alsoNamed = [] }, at) => {
    const of = `${pointer}/${String(at)}`;
    const names = [
      { name, place: `${of}/name` },
      ...alsoNamed.map((also, index) => ({
        name: also,
        place: `${of}/alsoNamed/${String(index)}`,
      })),
    ];
    return names.flatMap(({ name: one, place }) => {
      const lower = one.toLowerCase();
      if (!known.has(lower)) {
        known.add(lower);
        return [];
      }
      const message = `people names "${one}" twice`;
      return [settingFault(place, message, 'names are compared without their case')];
    });
  });
}

interface Named {
  readonly name: string;
  readonly alsoNamed?: readonly string[];
}
