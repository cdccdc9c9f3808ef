/** When the certificates of the controller itself expire: nobody connects after that. */
import { problemOfTimes } from '../../../core/enrolment/certificate-problem.ts';
import type { Validity } from '../../../core/enrolment/renewal-times.ts';
import type { Metric } from '../../../core/metrics/exposition.ts';
import { gauge, single } from './metric.ts';

/** Those that are in use; absent: there is none. */
export interface OwnCertificates {
  /** What agents see, with the certificates between it and its authority. */
  readonly server?: Validity;
  /** Those that sign the certificates of agents: the first one that expires. */
  readonly authority?: Validity;
  /** What people see over HTTPS. */
  readonly api?: Validity;
}

/** A sixth of the life of an authority may be a year: nobody has to do anything yet. */
const soonMs = 90 * 86_400_000;

/** @param now in ms since 1970 */
export function ownCertificateMetrics(own: OwnCertificates, now: number): readonly Metric[] {
  const known = Object.entries<Validity | undefined>({ ...own }).flatMap(([name, times]) =>
    times === undefined ? [] : [{ name, times }],
  );
  return [
    gauge(
      'own_certificate_ends_seconds',
      'When a certificate of the controller itself expires, in seconds since 1970. server: for agents. authority: the first one that signs certificates of agents. api: for people.',
      known.map(({ name, times }) => ({
        labels: { certificate: name },
        value: times.validUntil / 1000,
      })),
    ),
    gauge(
      'own_certificates_with_problem',
      'Certificates of the controller itself that are not valid by its clock, or have less than 90 days and less than a sixth of their life left.',
      single(known.filter(({ times }) => needsPerson(times, now)).length),
    ),
  ];
}

function needsPerson(times: Validity, now: number): boolean {
  const problem = problemOfTimes(times, now);
  return problem === 'ends-soon' ? times.validUntil - now < soonMs : problem !== undefined;
}
