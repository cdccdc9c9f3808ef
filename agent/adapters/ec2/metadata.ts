/**
 * The instance metadata service, version 2: a PUT gives a token, which every GET carries. Version 1
 * is never used. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
 */
import { AppError } from '../../../runtime/errors.ts';
import { NoAnswer, type Exchange, type WebAnswer } from './exchange.ts';

export interface Metadata {
  /** The text at a path below /latest/; undefined: the service has none. @throws AppError not-ready */
  find(path: string): Promise<string | undefined>;
  /** As find. @throws AppError not-ready also where the service has none */
  read(path: string): Promise<string>;
  /** The address at which it answered; undefined: none yet. */
  endpoint(): string | undefined;
}

export interface MetadataDeps {
  readonly exchange: Exchange;
  /** Asked one after the other, until one answers. */
  readonly endpoints: readonly string[];
  readonly elapsed: () => number;
  /** The maker of this machine by its firmware; undefined: not known. */
  readonly maker: () => Promise<string | undefined>;
}

/** The longest that AWS allows. */
const tokenSeconds = 21_600;
const renewBeforeMs = 300_000;
/** The service is on the same machine's host. */
const timeoutMs = 2000;
const maxBytes = 256 * 1024;

interface Token {
  readonly text: string;
  readonly endpoint: string;
  readonly untilMs: number;
}

export function createMetadata(deps: MetadataDeps): Metadata {
  let token: Token | undefined;
  const currentToken = async (): Promise<Token> => {
    if (token === undefined || deps.elapsed() > token.untilMs) token = await requestToken(deps);
    return token;
  };
  const get = async (path: string): Promise<WebAnswer> => {
    const { text, endpoint } = await currentToken();
    const url = new URL(`/latest/${path}`, endpoint);
    const headers = { 'X-aws-ec2-metadata-token': text };
    try {
      return await deps.exchange({ method: 'GET', url, headers, timeoutMs, maxBytes });
    } catch (error) {
      throw await noService(deps, endpoint, error);
    }
  };
  const find: Metadata['find'] = async (path) => {
    let answer = await get(path);
    // The token has ended, as after the service was restarted.
    if (answer.status === 401) {
      token = undefined;
      answer = await get(path);
    }
    if (answer.status === 404) return undefined;
    if (answer.status === 200) return answer.body;
    throw notReady(`it answers ${String(answer.status)} to GET /latest/${path}`);
  };
  return {
    endpoint: () => token?.endpoint,
    find,
    read: async (path) => {
      const found = await find(path);
      if (found !== undefined) return found;
      throw notReady(`it has no /latest/${path}`);
    },
  };
}

async function requestToken(deps: MetadataDeps): Promise<Token> {
  let failure: AppError | undefined;
  for (const endpoint of deps.endpoints) {
    try {
      return await tokenOf(deps, endpoint);
    } catch (error) {
      // The first address says more: the other one is tried only in case.
      if (!(error instanceof AppError)) throw error;
      failure ??= error;
    }
  }
  throw failure ?? notReady('it has no address');
}

async function tokenOf(deps: MetadataDeps, endpoint: string): Promise<Token> {
  const url = new URL('/latest/api/token', endpoint);
  const headers = { 'X-aws-ec2-metadata-token-ttl-seconds': String(tokenSeconds) };
  const answer = await deps
    .exchange({ method: 'PUT', url, headers, timeoutMs, maxBytes })
    .catch(async (error: unknown) => {
      throw await noService(deps, endpoint, error);
    });
  const text = answer.body.trim();
  if (answer.status === 200 && /^[\x21-\x7e]{1,1024}$/.test(text)) {
    const untilMs = deps.elapsed() + tokenSeconds * 1000 - renewBeforeMs;
    return { text, endpoint, untilMs };
  }
  if (answer.status === 403) {
    throw notReady(
      'it is turned off for this instance',
      'turn it on with aws ec2 modify-instance-metadata-options --instance-id INSTANCE --http-endpoint enabled',
    );
  }
  throw notReady(`${endpoint} answers ${String(answer.status)} to the request for a token`);
}

async function noService(
  { maker }: MetadataDeps,
  endpoint: string,
  error: unknown,
): Promise<AppError> {
  if (!(error instanceof NoAnswer)) throw error;
  const reason = `${endpoint}: ${error.message}`;
  if (error.wasConnected) {
    return notReady(
      reason,
      'if the agent runs in a container, the hop limit of the instance keeps the answer from it: aws ec2 modify-instance-metadata-options --instance-id INSTANCE --http-put-response-hop-limit 2',
    );
  }
  const found = await maker();
  const isOther = found !== undefined && found !== 'Amazon EC2';
  return notReady(
    reason,
    isOther
      ? `this machine is probably no instance of EC2, its maker is "${found}": a cloud section is for clusters whose nodes are all instances of EC2`
      : 'a firewall of this machine may keep the agent from it, or the machine is no instance of EC2',
  );
}

function notReady(reason: string, hint?: string): AppError {
  const message = `cannot read the metadata of this instance: ${reason}`;
  const whole = hint === undefined ? message : `${message}; ${hint}`;
  return new AppError('not-ready', whole, { retryable: true });
}
