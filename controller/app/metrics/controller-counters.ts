/** Counters of the running controller: a bounded number of plain numbers. */
import { noCalls, withCall, type CallCount } from '../../../core/metrics/latency.ts';

/** The calls to the store that are counted. */
const storeCalls = ['get', 'list', 'commit', 'snapshot'] as const;
export type StoreCall = (typeof storeCalls)[number];

/** Why a request over the network was refused before it began. */
const refusals = ['login', 'too-many-logins', 'too-many-requests', 'role'] as const;
export type PersonRefusal = (typeof refusals)[number];

/** How the actions of people end, as the audit log says. `not-written`: it could not be written. */
const actionResults = ['done', 'refused', 'failed', 'not-written'] as const;
export type ActionResult = (typeof actionResults)[number];

export interface ControllerCounts {
  readonly storeCalls: ReadonlyMap<StoreCall, CallCount>;
  readonly refused: ReadonlyMap<PersonRefusal, number>;
  readonly actions: ReadonlyMap<ActionResult, number>;
}

export interface ControllerCounters {
  storeCall(call: StoreCall, seconds: number, hasFailed: boolean): void;
  refused(reason: PersonRefusal): void;
  action(result: ActionResult): void;
  /** Every name is in it, also of what never happened. */
  read(): ControllerCounts;
}

export function createControllerCounters(): ControllerCounters {
  const calls = new Map<StoreCall, CallCount>(storeCalls.map((call) => [call, noCalls]));
  const refused = new Map<PersonRefusal, number>(refusals.map((reason) => [reason, 0]));
  const actions = new Map<ActionResult, number>(actionResults.map((result) => [result, 0]));
  return {
    storeCall: (call, seconds, hasFailed) =>
      void calls.set(call, withCall(calls.get(call) ?? noCalls, seconds, hasFailed)),
    refused: (reason) => void refused.set(reason, (refused.get(reason) ?? 0) + 1),
    action: (result) => void actions.set(result, (actions.get(result) ?? 0) + 1),
    read: () => ({ storeCalls: calls, refused, actions }),
  };
}
