/** What is wrong with the times of a node's certificate, by the clock of the machine. */
import type { Validity } from './renewal-times.ts';

/** The values of `certificate.problem` in the agent's status. */
export type CertificateProblem = 'expired' | 'not-yet-valid' | 'ends-soon';

/** With less than this part of its life left somebody should have renewed it. */
const endsSoonPart = 1 / 6;

/** @param now in ms since 1970 @returns undefined: nothing is wrong */
export function problemOfTimes(
  { validFrom, validUntil }: Validity,
  now: number,
): CertificateProblem | undefined {
  if (!(now <= validUntil)) return 'expired';
  if (now < validFrom) return 'not-yet-valid';
  return validUntil - now < (validUntil - validFrom) * endsSoonPart ? 'ends-soon' : undefined;
}

export interface ShownCertificate {
  /** RFC 3339. */
  readonly validFrom: string;
  readonly validUntil: string;
  /** A newer agent may know others. */
  readonly problem?: string;
}

/** `valid until 2027-02-26T10:00:00.000Z`, or the problem. */
export function certificateText({ validFrom, validUntil, problem }: ShownCertificate): string {
  switch (problem) {
    case undefined:
      return `valid until ${validUntil}`;
    case 'expired':
      return `expired since ${validUntil}: get another one (calico-agent enroll --replace), or set the clock of this machine`;
    case 'not-yet-valid':
      return `not valid before ${validFrom}: compare the clocks of this machine and of the authority`;
    case 'ends-soon':
      return `valid until ${validUntil}, and not renewed yet`;
    default:
      return `valid until ${validUntil} (${problem})`;
  }
}
