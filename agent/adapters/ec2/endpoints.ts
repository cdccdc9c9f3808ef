/**
 * Where the metadata service and EC2 answer: by agent.yaml, else by the environment variables of
 * AWS' own tools, else as AWS has them. A configuration document never decides this: the agent
 * sends credentials there.
 */
import { AppError } from '../../../runtime/errors.ts';
import { isLoopback } from '../../../runtime/network/loopback.ts';

/** The section `aws` of agent.yaml. */
export interface AwsSettings {
  readonly metadataEndpoint?: string;
  readonly ec2Endpoint?: string;
}

export interface Endpoints {
  /** One after the other, until one answers. */
  readonly metadata: readonly string[];
  /** Undefined: that of the region. */
  readonly ec2?: string;
  /** Names of EC2 that have IPv6 addresses too. */
  readonly isDualStack: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html */
const metadataOf = {
  ipv4: 'http://169.254.169.254',
  ipv6: 'http://[fd00:ec2::254]',
} as const;

/** @throws AppError invalid-settings */
export function findEndpoints(settings: AwsSettings, environment: Environment): Endpoints {
  const isIgnored = isTrue(environment['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS']);
  const ofEnvironment = isIgnored
    ? undefined
    : (environment['AWS_ENDPOINT_URL_EC2'] ?? environment['AWS_ENDPOINT_URL']);
  const ec2 = settings.ec2Endpoint ?? ofEnvironment;
  return {
    metadata: metadataEndpoints(settings, environment),
    ...(ec2 !== undefined && ec2 !== '' && { ec2: checkedEc2(ec2) }),
    isDualStack: isTrue(environment['AWS_USE_DUALSTACK_ENDPOINT']),
  };
}

function metadataEndpoints(
  { metadataEndpoint }: AwsSettings,
  environment: Environment,
): readonly string[] {
  const named = metadataEndpoint ?? environment['AWS_EC2_METADATA_SERVICE_ENDPOINT'];
  if (named !== undefined && named !== '') return [checkedUrl('metadata service', named).origin];
  if (isTrue(environment['AWS_EC2_METADATA_DISABLED'])) {
    const reason = 'the environment variable AWS_EC2_METADATA_DISABLED is true';
    throw new AppError(
      'invalid-settings',
      `cannot ask the metadata service of EC2: ${reason}; unset it for this agent`,
    );
  }
  const mode = environment['AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE']?.toLowerCase();
  if (mode === 'ipv6') return [metadataOf.ipv6];
  return mode === 'ipv4' ? [metadataOf.ipv4] : [metadataOf.ipv4, metadataOf.ipv6];
}

/** The requests carry a session token, which must not cross a network in plain text. */
function checkedEc2(text: string): string {
  const url = checkedUrl('EC2', text);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (url.protocol === 'https:' || isLoopback(host)) return url.origin;
  throw new AppError(
    'invalid-settings',
    `cannot use the endpoint of EC2 "${url.origin}": it has to begin with https://, because the agent sends credentials there`,
  );
}

function checkedUrl(what: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url !== undefined && ['http:', 'https:'].includes(url.protocol);
  if (isPlain && url.username === '' && url.pathname === '/' && url.search === '') return url;
  throw new AppError(
    'invalid-settings',
    `cannot use the endpoint of the ${what}: it has to be an address such as https://ec2.eu-west-1.amazonaws.com, without a path`,
  );
}

function isTrue(text: string | undefined): boolean {
  return text?.toLowerCase() === 'true';
}
