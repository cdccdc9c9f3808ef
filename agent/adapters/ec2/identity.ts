/** The identity of this instance, and its credentials for EC2, from the metadata service. */
import type { CloudInstance } from '../../../core/cloud/observed-cloud.ts';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { parseJson } from '../../../core/input/parse-json.ts';
import { pathPart } from '../../../core/input/path-part.ts';
import { textAt } from '../../../core/input/plain-data.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Metadata } from './metadata.ts';

export interface Identity {
  readonly instance: CloudInstance;
  /** `amazonaws.com`. */
  readonly domain: string;
}

/** The values become parts of host names and requests, and another program may answer in place of the service. */
const forms = {
  id: /^i-[0-9a-f]{8,17}$/,
  region: /^[a-z0-9](-?[a-z0-9]){1,31}$/,
  account: /^[0-9]{12}$/,
  partition: /^aws(-[a-z0-9]+)*$/,
  domain: /^[a-z0-9-]+(\.[a-z0-9-]+)+$/,
} as const;

/** @throws AppError not-ready */
export async function readIdentity(metadata: Metadata): Promise<Identity> {
  const [document, partition, domain] = await Promise.all([
    metadata.read('dynamic/instance-identity/document'),
    metadata.read('meta-data/services/partition'),
    metadata.read('meta-data/services/domain'),
  ]);
  const data = jsonOf(document, 'the identity document');
  const checked = (name: keyof typeof forms, text: string | undefined): string => {
    if (text !== undefined && forms[name].test(text)) return text;
    throw unexpected(`it gives no usable ${name} of the instance`);
  };
  return {
    instance: {
      id: checked('id', textAt(data, 'instanceId')),
      region: checked('region', textAt(data, 'region')),
      account: checked('account', textAt(data, 'accountId')),
      partition: checked('partition', partition.trim()),
    },
    domain: checked('domain', domain.trim()),
  };
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

const rolePath = 'meta-data/iam/security-credentials/';

/** @throws AppError access-denied where the instance has no profile, not-ready */
export async function readCredentials(metadata: Metadata): Promise<Credentials> {
  const [role = ''] = ((await metadata.find(rolePath)) ?? '').trim().split('\n');
  if (role === '') {
    throw new AppError(
      'access-denied',
      'cannot ask EC2: this instance has no instance profile, and so no credentials; attach one with aws ec2 associate-iam-instance-profile, whose role permits ec2:DescribeInstances and ec2:ModifyNetworkInterfaceAttribute',
      { retryable: true },
    );
  }
  const data = jsonOf(await metadata.read(`${rolePath}${pathPart(role)}`), 'the credentials');
  const accessKeyId = textAt(data, 'AccessKeyId');
  const secretAccessKey = textAt(data, 'SecretAccessKey');
  const sessionToken = textAt(data, 'Token');
  const expiresAt = Date.parse(textAt(data, 'Expiration') ?? '');
  const isWhole =
    accessKeyId !== undefined && secretAccessKey !== undefined && sessionToken !== undefined;
  if (!isWhole || Number.isNaN(expiresAt)) {
    const code = textAt(data, 'Code');
    const why = code !== undefined && /^[A-Za-z]{1,64}$/.test(code) ? `: ${code}` : '';
    throw unexpected(`it gives no credentials of the instance profile${why}`);
  }
  return { accessKeyId, secretAccessKey, sessionToken, expiresAt };
}

function jsonOf(text: string, what: string): unknown {
  const parsed = parseJson(text, jsonBounds.instanceMetadata);
  if (!parsed.ok) throw unexpected(`${what}: ${parsed.reason}`);
  return parsed.data;
}

function unexpected(reason: string): AppError {
  return new AppError('not-ready', `cannot use the metadata of this instance: ${reason}`, {
    retryable: true,
  });
}
