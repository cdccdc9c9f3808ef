/** Signed requests to EC2's query API, again after a pause where EC2 throttles. */
import aws4 from 'aws4';
import { backoff } from '../../../core/protocol/backoff.ts';
import { printable } from '../../../core/printable.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Endpoints } from './endpoints.ts';
import { NoAnswer, type Exchange } from './exchange.ts';
import type { Credentials, Identity } from './identity.ts';
import { faultOf, parseAnswer, type Ec2Fault } from './read-answers.ts';

export interface QueryDeps {
  readonly exchange: Exchange;
  readonly endpoints: Pick<Endpoints, 'ec2'>;
  /** Whether to use names of EC2 that have IPv6 addresses too. */
  readonly isDualStack: () => boolean;
  readonly identity: () => Promise<Identity>;
  readonly credentials: () => Promise<Credentials>;
  readonly random: () => number;
  readonly pause: (milliseconds: number) => Promise<void>;
}

export type Answered =
  | { readonly ok: true; readonly answer: unknown }
  | { readonly ok: false; readonly fault: Ec2Fault };

/** @throws AppError busy (retryable) where EC2 throttles all attempts, or does not answer */
export type Query = (parameters: Readonly<Record<string, string>>) => Promise<Answered>;

const version = '2016-11-15';
const timeoutMs = 10_000;
const maxBytes = 4 * 1024 * 1024;
const attempts = 5;
const limits = { baseMs: 500, capMs: 8000 };

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
const passing: ReadonlySet<string> = new Set([
  'RequestLimitExceeded',
  'Throttling',
  'ThrottlingException',
  'RequestThrottled',
  'EC2ThrottledException',
  'InternalError',
  'InternalFailure',
  'ServiceUnavailable',
  'Unavailable',
]);

export function createQuery(deps: QueryDeps): Query {
  return async (parameters) => {
    const action = parameters['Action'] ?? '';
    let reason = '';
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      if (attempt > 0) await deps.pause(backoff(attempt - 1, limits, deps.random()));
      const answered = await ask(deps, parameters);
      if (typeof answered === 'string') reason = answered;
      else return answered;
    }
    throw new AppError(
      'busy',
      `cannot ask EC2 for ${action}: ${reason}, ${String(attempts)} times in a row`,
      { retryable: true },
    );
  };
}

/** A text says why another attempt may help. */
async function ask(
  deps: QueryDeps,
  parameters: Readonly<Record<string, string>>,
): Promise<Answered | string> {
  const [{ instance, domain }, credentials] = await Promise.all([
    deps.identity(),
    deps.credentials(),
  ]);
  const { region, partition } = instance;
  const url = new URL(
    deps.endpoints.ec2 ??
      (deps.isDualStack()
        ? `https://ec2.${region}.${dualStackDomain(partition)}`
        : `https://ec2.${region}.${domain}`),
  );
  const body = new URLSearchParams({ Version: version, ...parameters }).toString();
  const { headers } = aws4.sign(
    {
      service: 'ec2',
      region,
      method: 'POST',
      host: url.host,
      path: '/',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body,
    },
    credentials,
  );
  const sent = Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)] as const);
  try {
    const { status, body: text } = await deps.exchange({
      ...{ method: 'POST', url, headers: Object.fromEntries(sent), body, timeoutMs, maxBytes },
    });
    return judge(status, text);
  } catch (error) {
    if (error instanceof NoAnswer) return `${url.origin} does not answer (${error.message})`;
    throw error;
  }
}

function judge(status: number, text: string): Answered | string {
  if (status >= 500 && !text.trimStart().startsWith('<')) return `it answers ${String(status)}`;
  const answer = parseAnswer(text);
  const fault = faultOf(answer);
  if (fault !== undefined && (passing.has(fault.code) || status >= 500)) {
    return `it answers ${printable(fault.code)}`;
  }
  if (fault !== undefined) return { ok: false, fault };
  if (status === 200) return { ok: true, answer };
  throw new AppError(
    'unexpected-answer',
    `cannot use the answer of EC2: status ${String(status)}`,
    {
      retryable: true,
    },
  );
}

/** https://docs.aws.amazon.com/ec2/latest/devguide/ec2-endpoints.html */
function dualStackDomain(partition: string): string {
  return partition === 'aws-cn' ? 'api.amazonwebservices.com.cn' : 'api.aws';
}
