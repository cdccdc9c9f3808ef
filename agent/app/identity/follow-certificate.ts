/** Looks again and again at the certificate of this node: shows it in the status, and has it renewed. */
import { X509Certificate } from 'node:crypto';
import { problemOfTimes } from '../../../core/enrolment/certificate-problem.ts';
import { renewalTime, type Validity } from '../../../core/enrolment/renewal-times.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import { readSmallFile } from '../../../runtime/files/read-small-file.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ReportHealth } from '../health/adapter-health.ts';

type Certificate = NonNullable<AgentStatus['certificate']>;

export interface FollowedCertificate {
  readonly certFile: string;
  /**
   * Gets the next certificate with this one (PEM, with the key) and writes it. Absent: another
   * program renews the file. @throws AppError; then the file is as it was
   */
  readonly renew?: (pem: string) => Promise<void>;
  /** A certificate ends by the wall clock, so this decides by it. */
  readonly clock: Pick<Clock, 'now' | 'after' | 'random'>;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly health?: ReportHealth;
  /** Undefined: there is no certificate that can be read. */
  readonly show?: (certificate: Certificate | undefined) => void;
}

export interface CertificateFollower {
  /** Looks at once, because somebody may have changed the file. */
  readonly look: () => void;
  readonly stop: () => void;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** The limit in the schema. */
const longestReason = 1024;

/** Shows the certificate at once, and renews it within a minute if that is due, then every hour. */
export function followCertificate(followed: FollowedCertificate): CertificateFollower {
  const { clock, health, show } = followed;
  // The same for all attempts, so that nodes that were enrolled together stay apart.
  const share = clock.random();
  let isStopped = false;
  const renewal = createRenewal(followed, share, () => isStopped);
  let hasLooked = false;
  let isLooking = false;
  let callOff = clock.after(minuteMs * clock.random(), look);
  function look(): void {
    if (isStopped || isLooking) return;
    [hasLooked, isLooking] = [true, true];
    callOff();
    const pauseMs = hourMs * (0.5 + clock.random() / 2);
    void renewal(pauseMs).finally(() => {
      isLooking = false;
      if (!isStopped) callOff = clock.after(pauseMs, look);
    });
  }
  const showFirst = async (): Promise<void> => {
    const found = await read(followed.certFile);
    if (isStopped || hasLooked || found === undefined) return;
    show?.(shown(found.validity, clock.now()));
  };
  void showFirst();
  return {
    look,
    stop: () => {
      isStopped = true;
      callOff();
      health?.succeeded('certificate');
    },
  };
}

/**
 * One look; it never rejects.
 *
 * @param share of this node, see renewalTime
 * @param isStopped true: another follower, or none, shows the certificate; a renewal that runs may
 *   end
 */
function createRenewal(
  { certFile, renew, clock, logger, health, show }: FollowedCertificate,
  share: number,
  isStopped: () => boolean,
): (pauseMs: number) => Promise<void> {
  const tell = tellDaily({ clock, logger });
  let failed: Certificate['failed'];
  const works = (): void => {
    failed = undefined;
    health?.succeeded('certificate');
  };
  const fails = (reason: string, validity: Validity, pauseMs: number): void => {
    const now = clock.now();
    const isOver = Date.parse(now) > validity.validUntil;
    if (isOver) tell('error', `${expiredText(validity)}: ${reason}`);
    else tell('warn', `cannot renew the certificate of this node, and tries again: ${reason}`);
    failed = {
      attempts: (failed?.attempts ?? 0) + 1,
      since: failed?.since ?? now,
      reason: reason.slice(0, longestReason),
      nextAttemptAt: new Date(Date.parse(now) + Math.ceil(pauseMs)).toISOString(),
    };
    health?.failed('certificate', reason, pauseMs);
  };
  return async (pauseMs) => {
    const found = await read(certFile);
    if (isStopped()) return;
    // The agent says itself that it cannot connect with such a file.
    if (found === undefined) return show?.(undefined);
    const { pem, validity } = found;
    const now = Date.parse(clock.now());
    // Also where it seems to have expired: the clock of this machine may be wrong.
    if (renew === undefined || now < renewalTime(validity, share)) {
      works();
      return show?.(shown(validity, clock.now()));
    }
    try {
      await renew(pem);
      const { validity: next } = (await read(certFile)) ?? found;
      logger.info('renewed the certificate of this node', { until: timeText(next.validUntil) });
      if (isStopped()) return;
      works();
      show?.(shown(next, clock.now()));
    } catch (error) {
      if (isStopped()) return;
      fails(reasonOf(error), validity, pauseMs);
      show?.(shown(validity, clock.now(), failed));
    }
  };
}

/** Undefined: it is missing or damaged. */
async function read(
  file: string,
): Promise<{ readonly pem: string; readonly validity: Validity } | undefined> {
  try {
    const pem = await readSmallFile(file);
    const { validFrom, validTo } = new X509Certificate(pem);
    return { pem, validity: { validFrom: Date.parse(validFrom), validUntil: Date.parse(validTo) } };
  } catch {
    return undefined;
  }
}

function shown(validity: Validity, now: string, failed?: Certificate['failed']): Certificate {
  const problem = problemOfTimes(validity, Date.parse(now));
  return {
    validFrom: timeText(validity.validFrom),
    validUntil: timeText(validity.validUntil),
    ...(problem !== undefined && { problem }),
    ...(failed !== undefined && { failed }),
  };
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

function expiredText({ validUntil }: Validity): string {
  const since = timeText(validUntil);
  return `the certificate of this node has expired at ${since} and could not be renewed: calico-controller token create --node NODE, and calico-agent enroll --replace on this node`;
}

type Tell = (level: 'warn' | 'error', message: string) => void;

/** The same fault once a day, so that hourly attempts do not fill the log. */
function tellDaily({ clock, logger }: Pick<FollowedCertificate, 'clock' | 'logger'>): Tell {
  let last: { readonly message: string; readonly at: number } | undefined;
  return (level, message) => {
    const at = Date.parse(clock.now());
    if (last?.message === message && Math.abs(at - last.at) < dayMs) return;
    last = { message, at };
    logger[level](message);
  };
}
