/** The forms of the controller's metrics. */
import type { Metric, Sample } from '../../../core/metrics/exposition.ts';

export function gauge(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name: `calico_controller_${name}`, help, type: 'gauge', samples };
}

export function counter(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name: `calico_controller_${name}`, help, type: 'counter', samples };
}

export function single(value: number): readonly Sample[] {
  return [{ value }];
}

/** @param text RFC 3339 @returns seconds since 1970 */
export function timeOf(text: string): number {
  return Date.parse(text) / 1000 || 0;
}
