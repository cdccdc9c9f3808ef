/** What the controller counted since its start. */
import type { Metric } from '../../../core/metrics/exposition.ts';
import { histogramOf } from '../../../core/metrics/latency.ts';
import { fleetEventKinds, type FleetEventKind } from '../events/fleet-event.ts';
import type { ControllerCounts } from './controller-counters.ts';
import { counter } from './metric.ts';

export interface Counted {
  readonly events: ReadonlyMap<FleetEventKind, number>;
  readonly counts: ControllerCounts;
}

export function countedMetrics({
  events,
  counts: { storeCalls, refused, actions },
}: Counted): readonly Metric[] {
  return [
    counter(
      'events_total',
      'Events of the fleet, by kind; nodes with the same change share one.',
      fleetEventKinds.map((kind) => ({ labels: { kind }, value: events.get(kind) ?? 0 })),
    ),
    {
      name: 'calico_controller_store_call_seconds',
      help: 'How long calls to the store take.',
      type: 'histogram',
      samples: [...storeCalls].flatMap(([call, count]) => histogramOf(call, count)),
    },
    counter(
      'store_call_failures_total',
      'Calls to the store that failed.',
      [...storeCalls].map(([call, { failures }]) => ({ labels: { call }, value: failures })),
    ),
    counter(
      'refused_requests_total',
      'Requests of people over the network that were refused before they began, by reason.',
      [...refused].map(([reason, value]) => ({ labels: { reason }, value })),
    ),
    counter(
      'actions_total',
      'Actions of people, by their result in the audit log.',
      [...actions].map(([result, value]) => ({ labels: { result }, value })),
    ),
  ];
}
