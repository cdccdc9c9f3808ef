/** This machine as an instance of EC2: the metadata service, and EC2's query API. */
import { iamStatement, type Ec2Action } from '../../../core/cloud/iam-statement.ts';
import type { CheckState } from '../../../core/cloud/settings.ts';
import { printable } from '../../../core/printable.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Ec2 } from '../../ports/cloud/ec2.ts';
import type { Endpoints } from './endpoints.ts';
import type { Exchange } from './exchange.ts';
import { readCredentials, readIdentity, type Credentials, type Identity } from './identity.ts';
import { createMetadata } from './metadata.ts';
import { createQuery, type Answered } from './query.ts';
import { interfacesOf, type Ec2Fault } from './read-answers.ts';

export interface Ec2Deps {
  readonly exchange: Exchange;
  readonly endpoints: Endpoints;
  /** The maker of this machine by its firmware; undefined: not known. */
  readonly maker: () => Promise<string | undefined>;
  readonly elapsed: () => number;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  readonly random: () => number;
  readonly pause: (milliseconds: number) => Promise<void>;
}

/** AWS renews credentials at least 5 minutes before they end. */
const renewBeforeMs = 240_000;

export function createEc2(deps: Ec2Deps): Ec2 {
  const { exchange, endpoints, elapsed, maker } = deps;
  const metadata = createMetadata({ exchange, elapsed, maker, endpoints: endpoints.metadata });
  let known: Identity | undefined;
  let held: Credentials | undefined;
  const identity = async (): Promise<Identity> => (known ??= await readIdentity(metadata));
  const credentials = async (): Promise<Credentials> => {
    if (held === undefined || deps.wallClock() > held.expiresAt - renewBeforeMs) {
      held = await readCredentials(metadata);
    }
    return held;
  };
  // An instance without an IPv4 address reaches the metadata service by IPv6 alone.
  const isDualStack = (): boolean =>
    endpoints.isDualStack || metadata.endpoint()?.startsWith('http://[') === true;
  const query = createQuery({ ...deps, identity, credentials, isDualStack });
  const refusal = async (
    action: Ec2Action,
    { code, message }: Ec2Fault,
    interfaces: readonly string[] = [],
  ): Promise<AppError> => {
    // The profile may have another role by now.
    held = undefined;
    const { instance } = await identity();
    if (!isDenied(code)) {
      // About a wrong signature EC2 quotes the request, and with it the session token.
      const said = code.startsWith('Signature') ? '' : `, ${printable(message.slice(0, 300))}`;
      const text = `cannot use ec2:${action} for ${instance.id}: ${printable(code)}${said}`;
      return new AppError('apply-failed', text, { retryable: true });
    }
    const statement = iamStatement(action, instance, interfaces);
    const text = `cannot use ec2:${action}: the instance profile of ${instance.id} does not permit it; add this statement to its policy: ${statement}`;
    return new AppError('access-denied', text, { retryable: true });
  };
  const modify = (id: string, check: CheckState, more: Readonly<Record<string, string>>) =>
    query({
      Action: 'ModifyNetworkInterfaceAttribute',
      NetworkInterfaceId: id,
      'SourceDestCheck.Value': String(check === 'enabled'),
      ...more,
    });
  return {
    instance: async () => (await identity()).instance,
    attachments: () => metadata.read('meta-data/network/interfaces/macs/'),
    interfaces: async () => {
      const { id } = (await identity()).instance;
      const answered = await query({ Action: 'DescribeInstances', 'InstanceId.1': id });
      if (!answered.ok) throw await refusal('DescribeInstances', answered.fault);
      return interfacesOf(answered.answer, id);
    },
    tryCheck: async (id, check) => {
      const action = 'ModifyNetworkInterfaceAttribute';
      const code = codeOf(await modify(id, check, { DryRun: 'true' }));
      if (code === undefined || code === 'DryRunOperation') return { result: 'permitted' };
      if (code === notFound) return { result: 'gone' };
      if (isDenied(code)) return { result: 'denied', action };
      throw await refusal(action, { code, message: 'the dry run was refused' }, [id]);
    },
    setCheck: async (id, check) => {
      const answered = await modify(id, check, {});
      if (answered.ok) return;
      if (answered.fault.code === notFound) {
        const text = `cannot change ${id}: EC2 has no such interface any more`;
        throw new AppError('datastore-conflict', text, { retryable: true });
      }
      throw await refusal('ModifyNetworkInterfaceAttribute', answered.fault, [id]);
    },
  };
}

const notFound = 'InvalidNetworkInterfaceID.NotFound';

function codeOf(answered: Answered): string | undefined {
  return answered.ok ? undefined : answered.fault.code;
}

/** EC2 says the first; the others come from services beside it. */
function isDenied(code: string): boolean {
  return ['UnauthorizedOperation', 'AccessDenied', 'AccessDeniedException'].includes(code);
}
