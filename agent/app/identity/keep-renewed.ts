/**
 * Renews the certificate that `calico-agent enroll` got: with the certificate itself, for the same
 * name and key. The new one is used when the agent connects again.
 */
import { X509Certificate } from 'node:crypto';
import { renewalPath } from '../../../core/enrolment/paths.ts';
import { renewalTime, type Validity } from '../../../core/enrolment/renewal-times.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import { readSmallFile } from '../../../runtime/files/read-small-file.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { Clock } from '../../ports/clock.ts';
import { askController, controllerPlace } from './ask-controller.ts';
import { keepIdentity, readIdentity, type IdentityFiles } from './identity-files.ts';

export interface Renewal extends Pick<IdentityFiles, 'nodeFile' | 'authorityFile'> {
  /** `wss://host:port` */
  readonly controller: string;
  /** The authority of the controller; absent: those that this machine trusts. */
  readonly caFile?: string;
  /** A certificate ends by the wall clock, so this decides by it. */
  readonly clock: Pick<Clock, 'now' | 'after' | 'random'>;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** Begins within a minute. @returns a function that ends it */
export function keepRenewed(renewal: Renewal): () => void {
  const { clock } = renewal;
  // The same for all attempts, so that nodes that were enrolled together stay apart.
  const share = clock.random();
  const tell = tellDaily(renewal);
  let isStopped = false;
  let callOff = clock.after(minuteMs * clock.random(), look);
  function look(): void {
    void renewIfDue(renewal, share, tell).finally(() => {
      if (!isStopped) callOff = clock.after(hourMs * (0.5 + clock.random() / 2), look);
    });
  }
  return () => {
    isStopped = true;
    callOff();
  };
}

type Tell = (level: 'warn' | 'error', message: string) => void;

/** Never rejects. */
async function renewIfDue(renewal: Renewal, share: number, tell: Tell): Promise<void> {
  const { nodeFile, clock, logger } = renewal;
  try {
    const pem = await readIdentity(nodeFile);
    const validity = pem === undefined ? undefined : validityOf(pem);
    // The agent says itself that it cannot connect with such a file.
    if (pem === undefined || validity === undefined) return;
    const now = Date.parse(clock.now());
    if (now < renewalTime(validity, share)) return;
    if (now >= validity.validUntil) return tell('error', expired(validity));
    const until = await renew(renewal, pem);
    logger.info('renewed the certificate of this node', { until });
  } catch (error) {
    tell('warn', `cannot renew the certificate of this node, and tries again: ${reasonOf(error)}`);
  }
}

/** @returns RFC 3339 @throws AppError; then the files are as they were */
async function renew({ controller, caFile, ...files }: Renewal, pem: string): Promise<string> {
  const ca = caFile && (await readSmallFile(caFile, `controller.caFile "${caFile}"`));
  const asked = { identity: { cert: pem, key: pem }, ...(ca !== undefined && { ca }) };
  const answer = await askController(controllerPlace(controller), renewalPath, asked, pem);
  await keepIdentity(files, answer, keyIn(pem));
  return new Date(new X509Certificate(answer.certificate).validTo).toISOString();
}

/** The file has the certificate before the key. */
function keyIn(pem: string): string {
  return pem.slice(pem.search(/-----BEGIN [A-Z ]*PRIVATE KEY-----/));
}

/** Undefined: it is damaged. */
function validityOf(pem: string): Validity | undefined {
  try {
    const { validFrom, validTo } = new X509Certificate(pem);
    return { validFrom: Date.parse(validFrom), validUntil: Date.parse(validTo) };
  } catch {
    return undefined;
  }
}

function expired({ validUntil }: Validity): string {
  const since = new Date(validUntil).toISOString();
  return `the certificate of this node has expired at ${since} and cannot be renewed any more: calico-controller token create --node NODE, and calico-agent enroll --replace on this node`;
}

/** The same fault once a day, so that hourly attempts do not fill the log. */
function tellDaily({ clock, logger }: Pick<Renewal, 'clock' | 'logger'>): Tell {
  let last: { readonly message: string; readonly at: number } | undefined;
  return (level, message) => {
    const at = Date.parse(clock.now());
    if (last?.message === message && Math.abs(at - last.at) < dayMs) return;
    last = { message, at };
    logger[level](message);
  };
}
