/**
 * Offers the options of a Juju unit to the agent as a configuration, and answers with a unit
 * status.
 */
import { demandText, findCharmConflicts } from '../../../core/juju/calico-charm.ts';
import type { OwnOptions } from '../../../core/juju/own-options.ts';
import { peersFirstText, type CharmDemand } from '../../../core/juju/peers-first.ts';
import {
  refusedStatus,
  rejectedStatus,
  statusOfAgent,
  unitStatus,
  type UnitStatus,
} from '../../../core/juju/unit-status.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { HookRequest } from '../../../schemas/generated/hook-request.ts';
import type { Agent } from '../agent.ts';
import type { Offer, OfferOutcome } from '../offer/offer.ts';
import { waitForIdle, waitForFirstPass } from '../status/wait-for-idle.ts';

export interface HookOffer {
  readonly request: HookRequest;
  readonly config: Pick<Offer, 'mediaType' | 'text'>;
  readonly options: OwnOptions;
  readonly agent: Agent;
  readonly until: AbortSignal;
}

export async function offerOfHook(offer: HookOffer): Promise<UnitStatus> {
  const { request, config, agent, until } = offer;
  const beside = await besideCharm(offer);
  if ('word' in beside) {
    // The agent and the charm must not correct each other's writes. While the charm's state cannot
    // be read, the last known one counts.
    if (beside.word === 'blocked') await agent.operations.onlyReportDrift(true);
    return beside;
  }
  const application = applicationOf(request);
  const outcome = await agent.offers.offer({
    source: 'juju',
    lineage: `juju:${application}`,
    ...config,
    by: request.hook,
    takeOver: request.parameters?.['take-over'] === true,
    retry: request.hook === 'retry',
  });
  // Corrections begin again only after the offer: until then the previous configuration counts,
  // which the charm may have undone. They do not begin if the offer was refused, unless the agent
  // belongs to another source, whose user is responsible for it.
  if (outcome.result !== 'refused' || outcome.code === 'source-not-permitted')
    await agent.operations.onlyReportDrift(false);
  if (outcome.result === 'refused') return refusal(outcome);
  await waitForFirstPass(agent.readings, until);
  // This hook comes every few minutes, and need not wait.
  if (request.hook !== 'update-status') await waitForIdle(agent.readings, until);
  const status = statusAfter(agent, outcome.revision);
  return status.word === 'active' && beside.left.length > 0
    ? blockedBy(beside.left, offer)
    : status;
}

function refusal({
  code,
  message,
  issues,
  rejection,
}: Extract<OfferOutcome, { readonly result: 'refused' }>): UnitStatus {
  if (rejection !== undefined) return rejectedStatus(rejection);
  if (code === 'source-not-permitted') {
    return unitStatus('blocked', `${message} (action apply, take-over=true)`);
  }
  return refusedStatus(code === 'invalid-config' ? issues : [], message);
}

function statusAfter(agent: Agent, revision: RevisionRef): UnitStatus {
  const status = agent.readings.status();
  const rejection = status.revisions.rejected.find((one) => sameRevision(one, revision));
  return rejection === undefined ? statusOfAgent(status) : rejectedStatus(rejection);
}

/**
 * Finds out whether the charm that installed Calico on this machine conflicts with the options. If
 * so, nothing is offered. Nor if the charm cannot be observed: it may have another name, or start
 * later than this unit.
 * @returns the demands on the calico charm that remain when the configuration is in force
 */
async function besideCharm(
  offer: HookOffer,
): Promise<UnitStatus | { readonly left: readonly CharmDemand[] }> {
  const { agent, config, options } = offer;
  const { unitApplication: application, poolsHandedOver } = options;
  const isThere = agent.readings.facts().units.some((unit) => unit.startsWith(`${application}/`));
  if (!agent.readings.status().datastore.reachesCluster) return { left: [] };
  if (!isThere) return options.withoutCalicoCharm ? { left: [] } : unseen(application);
  try {
    const outcome = await agent.offers.plan(config.text);
    // The offer itself refuses this configuration.
    if (!outcome.ok) return { left: [] };
    const conflicts = findCharmConflicts({ application, poolsHandedOver, ...outcome });
    if (conflicts.peersFirst.length > 0) {
      const own = applicationOf(offer.request);
      return unitStatus('blocked', peersFirstText(conflicts.peersFirst, application, own));
    }
    return conflicts.before.length > 0
      ? blockedBy(conflicts.before, offer)
      : { left: conflicts.after };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const message = `cannot read what the charm ${application} wrote: ${error.message}`;
    return unitStatus('waiting', message);
  }
}

function unseen(application: string): UnitStatus {
  return unitStatus(
    'blocked',
    `no unit of ${application} is on this machine: set unit-application, or confirm with without-calico-charm=true that no calico charm manages this cluster`,
  );
}

function blockedBy(demands: readonly CharmDemand[], { options, request }: HookOffer): UnitStatus {
  const text = demandText(demands, options.unitApplication, applicationOf(request));
  return unitStatus('blocked', text);
}

function applicationOf({ unit }: HookRequest): string {
  return unit.slice(0, unit.indexOf('/'));
}
