/**
 * One hook or action of the Juju unit: what its tools printed becomes settings, facts and an
 * offered configuration, and the agent's status Juju's. A mistake of the user is an answer, never
 * an error.
 */
import { formatIssue } from '../../core/issue-text.ts';
import { hasErrors } from '../../core/issue.ts';
import { readBgpAddresses } from '../../core/juju/bgp-addresses.ts';
import { readControllerRelation } from '../../core/juju/controller-access.ts';
import { readEtcdRelation } from '../../core/juju/etcd-access.ts';
import type { HookAnswer } from '../../core/juju/hook-answer.ts';
import { offeredConfig, readOwnOptions, type OwnOptions } from '../../core/juju/own-options.ts';
import { relationsOf } from '../../core/juju/relation-data.ts';
import { requestedSettings, type Related } from '../../core/juju/requested-settings.ts';
import {
  refusedStatus,
  statusOfAgent,
  unitStatus,
  type UnitStatus,
} from '../../core/juju/unit-status.ts';
import { AppError } from '../../runtime/errors.ts';
import type { HookRequest } from '../../schemas/generated/hook-request.ts';
import type { JujuSettings } from '../ports/juju-settings.ts';
import type { Agent } from './agent.ts';
import { offerOfHook } from './juju-offer.ts';

export interface HookWorld {
  readonly agent: Agent;
  /** Absent: this process does not take settings from Juju. */
  readonly settings: JujuSettings | undefined;
  /** When to answer at the latest, with how far it has come. */
  readonly until: AbortSignal;
}

/** Part of an answer; the rest is the same for every hook. */
type Judged = Partial<HookAnswer> & Pick<HookAnswer, 'status'>;

/** Actions that need what the hook tools say; all others are commands. */
const actions = new Set(['apply', 'retry', 'check']);
/** The unit goes: nothing is begun any more, and the network stays as it is. */
const endings = new Set(['stop', 'remove']);

export async function runHook(request: HookRequest, world: HookWorld): Promise<HookAnswer> {
  const { agent } = world;
  const judged = await judge(request, world);
  const { status } = judged;
  const isRefused = actions.has(request.hook) && status.word === 'blocked';
  return {
    version: agent.status().agentVersion,
    restart: false,
    publish: relationsOf(request, 'controller').map(({ id }) => ({
      relation: id,
      key: 'node',
      value: agent.facts().name,
    })),
    ...(request.leader === true && { applicationStatus: status }),
    ...(isRefused && { failure: status.message }),
    ...judged,
  };
}

async function judge(request: HookRequest, world: HookWorld): Promise<Judged> {
  const { agent } = world;
  if (endings.has(request.hook)) return { status: statusOfAgent(agent.status()) };
  const { config: said } = request;
  const printed = said ?? {};
  const { options, issues } = readOwnOptions(printed);
  if (issues.length > 0) return { status: refusedStatus(issues, 'the options are refused') };
  const related: Related = {
    etcd: readEtcdRelation(relationsOf(request, 'etcd')),
    controller: readControllerRelation(relationsOf(request, 'controller')),
  };
  const unfinished = waitingFor(related);
  if (unfinished !== undefined) return { status: unfinished };
  if (await wantsOtherSettings(request, options, related, world.settings)) {
    const status = unitStatus('maintenance', 'starting again with other settings');
    return { status, restart: true };
  }
  const mistaken = await pushFacts(request, agent);
  if (mistaken !== undefined) return { status: mistaken };
  // Configurations come from the controller then.
  if (related.controller.state !== 'absent' || said === undefined || said === null) {
    return { status: statusOfAgent(agent.status()) };
  }
  const config = offeredConfig(printed, options);
  if (request.hook === 'check') return check(agent, config.text);
  return { status: await offerOfHook({ request, config, options, ...world }) };
}

function waitingFor({ etcd, controller }: Related): UnitStatus | undefined {
  if (etcd.state === 'incomplete') return unitStatus('waiting', etcd.why);
  return controller.state === 'incomplete' ? unitStatus('waiting', controller.why) : undefined;
}

/** Without options there is nothing that could be asked for. */
async function wantsOtherSettings(
  { config = null }: HookRequest,
  options: OwnOptions,
  related: Related,
  settings: JujuSettings | undefined,
): Promise<boolean> {
  if (settings === undefined || config === null) return false;
  return settings.put(requestedSettings(options, related, settings.folder));
}

/** What a hook tool could not say is not pushed, and then detected. */
async function pushFacts(request: HookRequest, agent: Agent): Promise<UnitStatus | undefined> {
  const addresses = [...readBgpAddresses(request.network)];
  // Files on a machine have no other writer: who leads says nothing about them.
  const { reachesCluster } = agent.status().datastore;
  try {
    await agent.putFacts({
      ...(addresses.length > 0 && { addresses }),
      ...(reachesCluster && typeof request.leader === 'boolean' && { leader: request.leader }),
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'invalid-facts') throw error;
    return unitStatus('blocked', error.message);
  }
}

async function check(agent: Agent, text: string): Promise<Judged> {
  const issues = await agent.check(text);
  const lines = issues.map((issue) => formatIssue(issue, 'options'));
  const output = lines.length === 0 ? 'nothing is wrong with the options' : lines.join('\n');
  if (!hasErrors(issues)) return { status: statusOfAgent(agent.status()), output };
  return { status: refusedStatus(issues, ''), output };
}
