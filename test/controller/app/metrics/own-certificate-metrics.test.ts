import { expect } from 'chai';
import { expositionOf } from '../../../../core/metrics/exposition.ts';
import { ownCertificateMetrics } from '../../../../controller/app/metrics/own-certificate-metrics.ts';

const day = 86_400_000;
const now = 1000 * day;
const certificate = (
  validFrom: number,
  validUntil: number,
): { readonly validFrom: number; readonly validUntil: number } => ({
  validFrom: now + validFrom * day,
  validUntil: now + validUntil * day,
});

describe("the metrics of the controller's own certificates", () => {
  it('have the end of each that is there', () => {
    const server = certificate(-10, 80);
    const authority = certificate(-10, 3640);
    const text = expositionOf(ownCertificateMetrics({ server, authority }, now));
    expect(text).to.contain(
      `calico_controller_own_certificate_ends_seconds{certificate="server"} ${String(1080 * 86_400)}\n`,
    );
    expect(text).to.contain('{certificate="authority"}').and.not.contain('"api"');
    expect(text).to.contain('calico_controller_own_certificates_with_problem 0\n');
  });

  const problems: readonly (readonly [string, ReturnType<typeof certificate>, 0 | 1])[] = [
    ['not renewed', certificate(-80, 10), 1],
    ['of a day, in its second hour', certificate(-0.05, 0.95), 0],
    ['expired', certificate(-90, -1), 1],
    ['not valid yet', certificate(1, 91), 1],
    ['of ten years, with a year left', certificate(-3285, 365), 0],
    ['of ten years, with two months left', certificate(-3590, 60), 1],
  ];
  for (const [what, api, count] of problems) {
    it(`count one that is ${what}: ${String(count)}`, () => {
      expect(expositionOf(ownCertificateMetrics({ api }, now))).to.contain(
        `calico_controller_own_certificates_with_problem ${String(count)}\n`,
      );
    });
  }
});
