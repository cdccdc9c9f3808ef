/** The metrics of an agent. No label has a value from outside, so that their number is bounded. */
import { adapterNames } from '../../../core/degraded/adapters.ts';
import { eventKinds, type EventKind } from '../../../core/events/event.ts';
import { agentStates } from '../../../core/metrics/agent-states.ts';
import type { Metric, Sample } from '../../../core/metrics/exposition.ts';
import { histogramOf } from '../../../core/metrics/latency.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { Counted } from './counters.ts';

export interface MetricsInputs {
  readonly status: AgentStatus;
  readonly counted: Counted;
  /** Properties of this process. */
  readonly process: {
    readonly nodeVersion: string;
    readonly residentBytes: number;
    readonly cpuSeconds: number;
  };
}

export function metricsOf({ status, counted, process }: MetricsInputs): readonly Metric[] {
  return [
    gauge('build_info', 'Versions of the agent and of Node; always 1.', [
      { labels: { version: status.agentVersion, node: process.nodeVersion }, value: 1 },
    ]),
    ...statusMetrics(status),
    ...sessionMetrics(status),
    ...guardMetrics(status),
    ...fleetMetrics(status),
    ...certificateMetrics(status),
    ...countedMetrics(counted),
    {
      name: 'process_resident_memory_bytes',
      help: 'Memory of the agent, without its decider process.',
      type: 'gauge',
      samples: [{ value: process.residentBytes }],
    },
    {
      name: 'process_cpu_seconds_total',
      help: 'CPU time of the agent.',
      type: 'counter',
      samples: [{ value: process.cpuSeconds }],
    },
    {
      name: 'process_start_time_seconds',
      help: 'Start time of the agent, in seconds since 1970.',
      type: 'gauge',
      samples: [{ value: Date.parse(status.startedAt) / 1000 || 0 }],
    },
  ];
}

function statusMetrics(status: AgentStatus): readonly Metric[] {
  const { state, drift, hold, controller, storage, needsPerson = false, degraded = [] } = status;
  return [
    gauge(
      'state',
      'State of the agent: 1 for the current state, 0 for the others.',
      agentStates.map((one) => ({ labels: { state: one }, value: flag(one === state) })),
    ),
    gauge(
      'needs_person',
      '1: a failure needs a person; waiting does not help.',
      single(flag(needsPerson)),
    ),
    gauge(
      'degraded',
      '1: the adapter failed at least three times in a row, and is tried again.',
      Object.keys(adapterNames).map((adapter) => ({
        labels: { adapter },
        value: flag(degraded.some((one) => one.adapter === adapter)),
      })),
    ),
    gauge('drifted_objects', 'Objects that somebody else changed.', single(drift?.objects ?? 0)),
    gauge('on_hold', '1: somebody put writing on hold.', single(flag(hold !== undefined))),
    gauge(
      'storage_problems',
      'Faults in the files that the agent keeps on disk.',
      single(storage?.problems.length ?? 0),
    ),
    gauge(
      'controller_connected',
      '1: connected with the controller. Absent: there is none.',
      controller === undefined ? [] : single(flag(controller.connected)),
    ),
  ];
}

/** Absent without a BIRD, or without a configuration. */
function sessionMetrics({ sessions }: AgentStatus): readonly Metric[] {
  if (sessions === undefined) return [];
  const { expected, established, unexpected, unknown } = sessions;
  return [
    gauge('sessions_expected', 'BGP sessions that this node should have.', single(expected)),
    gauge('sessions_established', 'Expected sessions that are Established.', single(established)),
    gauge('sessions_unexpected', 'Sessions that no configuration asks for.', single(unexpected)),
    gauge('sessions_unknown', 'Expected sessions whose state nobody could read.', single(unknown)),
  ];
}

function guardMetrics({ guard }: AgentStatus): readonly Metric[] {
  return [
    gauge(
      'guard_on',
      '1: copies of routes stand in the kernel.',
      single(flag(guard?.state === 'on')),
    ),
    gauge(
      'guard_carrying',
      'Destinations to which only a copy of a route leads now.',
      single(guard?.carrying ?? 0),
    ),
  ];
}

/** Absent without a certificate. */
function certificateMetrics({ certificate }: AgentStatus): readonly Metric[] {
  if (certificate === undefined) return [];
  return [
    gauge(
      'certificate_expires_seconds',
      "When the node's certificate for the controller expires, in seconds since 1970.",
      single(Date.parse(certificate.validUntil) / 1000 || 0),
    ),
    gauge(
      'certificate_problem',
      '1: it has expired, is not valid yet, or has less than a sixth of its life left.',
      single(flag(certificate.problem !== undefined)),
    ),
    gauge(
      'certificate_renewal_failures',
      'Attempts to renew it that failed in a row.',
      single(certificate.failed?.attempts ?? 0),
    ),
  ];
}

/** Absent unless a change runs in which other nodes take part. */
function fleetMetrics({ fleet }: AgentStatus): readonly Metric[] {
  if (fleet === undefined) return [];
  const { nodes, ready, isAlone = false } = fleet;
  return [
    gauge(
      'fleet_nodes',
      'Nodes that take part in the change, including those that are away.',
      nodes === undefined ? [] : single(nodes),
    ),
    gauge(
      'fleet_ready',
      'Nodes for which no other node waits.',
      ready === undefined ? [] : single(ready),
    ),
    gauge('fleet_alone', '1: the agent cannot exchange reports.', single(flag(isAlone))),
  ];
}

function countedMetrics({ events, calls, passes, gateSeconds }: Counted): readonly Metric[] {
  const count = (kind: EventKind): number => events.get(kind) ?? 0;
  return [
    counter(
      'events_total',
      'Events since the agent was started, by kind.',
      eventKinds.map((kind) => ({ labels: { kind }, value: count(kind) })),
    ),
    counter(
      'rollbacks_total',
      'Changes that the agent rolled back, by itself or because somebody asked for it.',
      single(count('rolling-back')),
    ),
    counter('gate_wait_seconds_total', 'How long changes waited at gates.', single(gateSeconds)),
    counter('passes_total', 'Passes of the reconcile loop.', single(passes)),
    {
      name: 'calico_agent_datastore_call_seconds',
      help: 'How long calls to the datastore take.',
      type: 'histogram',
      samples: [...calls].flatMap(([call, counts]) => histogramOf(call, counts)),
    },
    counter(
      'datastore_call_failures_total',
      'Calls to the datastore that failed.',
      [...calls].map(([call, { failures }]) => ({ labels: { call }, value: failures })),
    ),
  ];
}

function gauge(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name: `calico_agent_${name}`, help, type: 'gauge', samples };
}

function counter(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name: `calico_agent_${name}`, help, type: 'counter', samples };
}

function single(value: number): readonly Sample[] {
  return [{ value }];
}

function flag(isSo: boolean): number {
  return isSo ? 1 : 0;
}
