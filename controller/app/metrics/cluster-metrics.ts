/** The metrics of several clusters in one text: those of a cluster have the label `cluster`. */
import type { Metric, Sample } from '../../../core/metrics/exposition.ts';
import { gauge, single } from './metric.ts';

export interface NamedMetrics {
  readonly name: string;
  /** Undefined: the cluster cannot be served now. */
  readonly metrics: readonly Metric[] | undefined;
}

/** Metrics of the process, which all its clusters have in common. */
const ofProcess = /^process_|_build_info$/;

export function clusterMetrics(clusters: readonly NamedMetrics[]): readonly Metric[] {
  const merged = new Map<string, { readonly first: Metric; readonly samples: Sample[] }>();
  for (const { name: cluster, metrics } of clusters) {
    for (const metric of metrics ?? notServed) {
      const known = merged.get(metric.name);
      if (known !== undefined && ofProcess.test(metric.name)) continue;
      const samples = ofProcess.test(metric.name)
        ? metric.samples
        : metric.samples.map((sample) => ({ ...sample, labels: { cluster, ...sample.labels } }));
      if (known === undefined) merged.set(metric.name, { first: metric, samples: [...samples] });
      else known.samples.push(...samples);
    }
  }
  return [...merged.values()].map(({ first, samples }) => ({ ...first, samples }));
}

/** Everything else about a cluster that is not served is unknown, so it has no value. */
const notServed: readonly Metric[] = [
  gauge('state_problem', '1: the controller cannot read or write its state.', single(1)),
  gauge(
    'leads',
    '1: the controller serves the agents. 0: it stands by, or cannot read its state.',
    single(0),
  ),
];
