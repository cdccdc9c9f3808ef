/** The metrics of a controller. No label has a value from outside, so that their number is bounded. */
import { adapterNames } from '../../../core/degraded/adapters.ts';
import { agentStates } from '../../../core/metrics/agent-states.ts';
import type { Metric, Sample } from '../../../core/metrics/exposition.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { FleetSummary } from '../fleet/fleet-view.ts';
import { summarizeCertificates } from '../nodes/kept-identity.ts';
import type { NodeRecord } from '../nodes/node-record.ts';
import type { PushState } from '../nodes/node-view.ts';
import { statePointer } from '../nodes/read-status.ts';
import type { FleetRole } from '../fleet/fleet.ts';
import type { RolloutView } from '../rollout/rollout-view.ts';
import { countedMetrics, type Counted } from './counted-metrics.ts';
import { counter, gauge, single, timeOf } from './metric.ts';
import { ownCertificateMetrics, type OwnCertificates } from './own-certificate-metrics.ts';
import { rolloutMetrics } from './rollout-metrics.ts';

export interface FleetMetricsInputs extends Counted {
  readonly records: readonly NodeRecord[];
  readonly summary: FleetSummary;
  /** Refused agents since the start of the controller. */
  readonly refused: readonly { readonly reason: string; readonly count: number }[];
  /** Undefined: the stored state is not known. */
  readonly role: FleetRole | undefined;
  /** Why a controller that stands by passes no agents on; undefined: it does, or there were none. */
  readonly hindrance: string | undefined;
  /** The newest one; undefined: there is none. */
  readonly rollout: RolloutView | undefined;
  readonly controllerVersion: string;
  /** RFC 3339. */
  readonly startedAt: string;
  /** In ms since 1970. */
  readonly nowMs: number;
  readonly ownCertificates: OwnCertificates;
  /** Properties of this process. */
  readonly process: {
    readonly nodeVersion: string;
    readonly residentBytes: number;
    readonly cpuSeconds: number;
  };
}

/** `unknown` is a state of a newer agent. */
const states: readonly string[] = [...agentStates, 'unknown'];

const pushStates: Readonly<Record<PushState, true>> = {
  later: true,
  away: true,
  waiting: true,
  sent: true,
  received: true,
  applied: true,
  confirmed: true,
  failed: true,
  'rolling-back': true,
  'rolled-back': true,
  replaced: true,
};

export function fleetMetricsOf(inputs: FleetMetricsInputs): readonly Metric[] {
  const { records, summary, refused, role, hindrance, rollout } = inputs;
  const { controllerVersion, startedAt, process } = inputs;
  const connected = records.filter(({ connection }) => connection !== undefined);
  return [
    gauge('build_info', 'Versions of the controller and of Node; always 1.', [
      { labels: { version: controllerVersion, node: process.nodeVersion }, value: 1 },
    ]),
    gauge('nodes_known', 'Nodes that the controller knows.', single(summary.known)),
    gauge('nodes_connected', 'Nodes whose agent is connected.', single(summary.connected)),
    gauge(
      'nodes_with_certificate',
      'Connected nodes whose agent presented a certificate.',
      single(summary.withCertificate ?? 0),
    ),
    ...certificateMetrics(connected, inputs.nowMs),
    ...ownCertificateMetrics(inputs.ownCertificates, inputs.nowMs),
    gauge(
      'nodes_in_state',
      'Connected nodes by the state of their agent.',
      countsBy(states, connected, 'state', stateOf),
    ),
    counter(
      'refused_identities_total',
      'Connections and requests for certificates that were refused, by reason.',
      refused.map(({ reason, count }) => ({ labels: { reason }, value: count })),
    ),
    ...pushMetrics(summary),
    ...rolloutMetrics(rollout),
    ...healthMetrics(connected, summary),
    gauge(
      'state_problem',
      '1: the controller cannot read or write its state.',
      single(summary.problem === undefined || summary.standby ? 0 : 1),
    ),
    gauge(
      'leads',
      '1: the controller serves the agents. 0: it stands by, or cannot read its state.',
      single(role === 'leader' ? 1 : 0),
    ),
    gauge(
      'stands_by',
      '1: another controller leads, and this one would take over.',
      single(role === 'standby' ? 1 : 0),
    ),
    gauge(
      'passing_problem',
      '1: the controller stands by, and cannot listen for agents, or did not reach the leader at the last attempt; it tries again every 30 s.',
      single(role === 'standby' && hindrance !== undefined ? 1 : 0),
    ),
    ...countedMetrics(inputs),
    processMetric(
      'gauge',
      'process_resident_memory_bytes',
      'Memory of the controller.',
      process.residentBytes,
    ),
    processMetric(
      'counter',
      'process_cpu_seconds_total',
      'CPU time of the controller.',
      process.cpuSeconds,
    ),
    processMetric(
      'gauge',
      'process_start_time_seconds',
      'Start time of the controller, in seconds since 1970.',
      timeOf(startedAt),
    ),
  ];
}

function certificateMetrics(connected: readonly NodeRecord[], now: number): readonly Metric[] {
  const { firstEnd, withinWeek, troubled } = summarizeCertificates(connected, now);
  return [
    gauge(
      'certificate_ends_seconds',
      'When the first certificate of a connected node expires, in seconds since 1970. Absent: there is none.',
      firstEnd === undefined ? [] : single(firstEnd / 1000),
    ),
    gauge(
      'certificates_within_week',
      'Connected nodes whose certificate expires within a week.',
      single(withinWeek),
    ),
    gauge(
      'certificates_with_problem',
      'Connected nodes whose certificate has less than a sixth of its life left, or is not valid by their clock.',
      single(troubled),
    ),
  ];
}

/** Absent without a revision. */
function pushMetrics({ revision, push }: FleetSummary): readonly Metric[] {
  if (revision === undefined) return [];
  return [
    gauge('revision', 'Number of the newest revision.', single(revision.number)),
    gauge(
      'revision_pushed_seconds',
      'When it was pushed, in seconds since 1970.',
      single(timeOf(revision.acceptedAt)),
    ),
    gauge(
      'push_nodes',
      'Known nodes by their progress with the newest revision.',
      Object.keys(pushStates).map((state) => ({
        labels: { state },
        value: new Map<string, number>(Object.entries(push)).get(state) ?? 0,
      })),
    ),
  ];
}

function healthMetrics(
  connected: readonly NodeRecord[],
  { confirming }: FleetSummary,
): readonly Metric[] {
  const counted = connected.flatMap(({ status }) => status?.sessions ?? []);
  const total = (count: 'expected' | 'established' | 'unknown'): number =>
    counted.reduce((sum, sessions) => sum + sessions[count], 0);
  const down = counted.filter(
    ({ expected, established, unknown }) => established + unknown < expected,
  );
  const atGates = connected.filter(({ status }) => (status?.progress?.gates ?? []).length > 0);
  return [
    gauge('sessions_expected', 'BGP sessions of all connected nodes.', single(total('expected'))),
    gauge('sessions_established', 'Those that are Established.', single(total('established'))),
    gauge('sessions_unknown', 'Those whose state nobody could read.', single(total('unknown'))),
    gauge('nodes_with_sessions_down', 'Connected nodes with a session down.', single(down.length)),
    gauge(
      'nodes_at_gates',
      'Connected nodes whose change waits at a gate.',
      single(atGates.length),
    ),
    gauge(
      'nodes_confirming',
      'Connected nodes with a revision in force that is not confirmed.',
      single(confirming?.nodes ?? 0),
    ),
    gauge(
      'nodes_on_hold',
      'Connected nodes where somebody put writing on hold.',
      single(connected.filter(({ status }) => status?.hold !== undefined).length),
    ),
    gauge(
      'nodes_needing_person',
      'Connected nodes on which waiting does not help.',
      single(connected.filter(({ status }) => status?.needsPerson === true).length),
    ),
    gauge(
      'nodes_degraded',
      'Connected nodes on which the adapter fails again and again.',
      Object.keys(adapterNames).map((adapter) => ({
        labels: { adapter },
        value: connected.filter(({ status }) => isDegraded(status, adapter)).length,
      })),
    ),
  ];
}

function isDegraded(status: AgentStatus | undefined, adapter: string): boolean {
  return (status?.degraded ?? []).some((one) => one.adapter === adapter);
}

function stateOf({ status, unknown = [] }: NodeRecord): string | undefined {
  return unknown.some(({ pointer }) => pointer === statePointer) ? 'unknown' : status?.state;
}

function countsBy<T>(
  values: readonly string[],
  items: readonly T[],
  label: string,
  valueOf: (item: T) => string | undefined,
): readonly Sample[] {
  const counts = new Map<string, number>();
  for (const item of items) {
    const value = valueOf(item);
    if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return values.map((value) => ({ labels: { [label]: value }, value: counts.get(value) ?? 0 }));
}

function processMetric(
  type: 'gauge' | 'counter',
  name: string,
  help: string,
  value: number,
): Metric {
  return { name, help, type, samples: single(value) };
}
