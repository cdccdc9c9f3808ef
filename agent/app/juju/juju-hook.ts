/**
 * One hook or action of the Juju unit: turns the output of the hook tools into settings, facts and
 * an offered configuration, and the agent's status into the unit's. A mistake of the user gives an
 * answer, never an error.
 */
import { formatIssue } from '../../../core/issue-text.ts';
import { readBgpAddresses } from '../../../core/juju/bgp-addresses.ts';
import { readControllerRelation } from '../../../core/juju/controller-access.ts';
import { readEtcdRelation } from '../../../core/juju/etcd-access.ts';
import type { HookAnswer } from '../../../core/juju/hook-answer.ts';
import { offeredConfig, readOwnOptions, type OwnOptions } from '../../../core/juju/own-options.ts';
import { relationsOf } from '../../../core/juju/relation-data.ts';
import {
  requestedSettings,
  type KnownSettings,
  type Related,
  type RequestedSettings,
} from '../../../core/juju/requested-settings.ts';
import {
  refusedStatus,
  statusByController,
  statusOfAgent,
  unitStatus,
  withUnusable,
  type UnitStatus,
} from '../../../core/juju/unit-status.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { HookRequest } from '../../../schemas/generated/hook-request.ts';
import type { JujuSettings } from '../../ports/juju-settings.ts';
import type { Agent } from '../agent.ts';
import { offerOfHook } from './juju-offer.ts';
import { waitForIdle, waitForFirstPass } from '../status/wait-for-idle.ts';

export interface HookDeps {
  readonly agent: Agent;
  /** Absent: this process does not take settings from Juju. */
  readonly settings: JujuSettings | undefined;
  /** Aborted when the hook has to be answered with the progress so far. */
  readonly until: AbortSignal;
}

/** Part of an answer; the other fields are the same for every hook. */
type Judged = Partial<HookAnswer>;

/**
 * Actions that offer the options again. The action check needs the output of the hook tools as
 * well.
 */
const offers = new Set(['apply', 'retry']);
/** Hooks of a unit that ends: the agent begins nothing more, and the network stays as it is. */
const endings = new Set(['stop', 'remove']);
/**
 * Hooks of a controller that leaves. The options are not offered then, because the unit may be
 * ending itself.
 */
const leavesController = /^controller-relation-(departed|broken)$/;

export async function runHook(request: HookRequest, deps: HookDeps): Promise<HookAnswer> {
  const { agent } = deps;
  const judged = await judge(request, deps);
  const { status } = judged;
  return {
    version: agent.readings.status().agentVersion,
    restart: false,
    publish: (relationsOf(request, 'controller') ?? []).map(({ id }) => ({
      relation: id,
      key: 'node',
      value: agent.readings.facts().name,
    })),
    ...(request.leader === true && status !== undefined && { applicationStatus: status }),
    ...(offers.has(request.hook) && status?.word === 'blocked' && { failure: status.message }),
    ...judged,
  };
}

/** The first guard with an answer decides; if none has one, the options are offered. */
async function judge(request: HookRequest, deps: HookDeps): Promise<Judged> {
  for (const guard of guardsOfRequest) {
    const answer = await guard(request, deps);
    if (answer !== undefined) return answer;
  }
  const { config: printed } = request;
  // A request without config changes nothing: a hook tool failed, or a person asks.
  if (printed === undefined || printed === null) return idle(request, deps);
  const { options, issues } = readOwnOptions(printed);
  if (issues.length > 0) return { status: refusedStatus(issues, 'the options are refused') };
  const related: Related = {
    etcd: readEtcdRelation(relationsOf(request, 'etcd')),
    controller: readControllerRelation(relationsOf(request, 'controller')),
  };
  const said = { request, options, related, known: deps.settings?.known() };
  for (const guard of guardsOfOptions) {
    const answer = await guard(said, deps);
    if (answer !== undefined) return answer;
  }
  const config = offeredConfig(printed, options);
  return { status: await offerOfHook({ request, config, options, ...deps }) };
}

/** The answers of the hook tools, parsed. */
interface Said {
  readonly request: HookRequest;
  readonly options: OwnOptions;
  readonly related: Related;
  readonly known: KnownSettings | undefined;
}

/** A guard's answer; undefined: the next guard decides. */
type Answer = Judged | undefined | Promise<Judged | undefined>;

/** The guards of a request, in this order. */
const guardsOfRequest: readonly ((request: HookRequest, deps: HookDeps) => Answer)[] = [
  unitEnds,
  optionsAreChecked,
];

/**
 * The guards of parsed options. The order matters: no facts are pushed where settings need a
 * restart, and no configuration is offered beside a controller.
 */
const guardsOfOptions: readonly ((said: Said, deps: HookDeps) => Answer)[] = [
  relationIsIncomplete,
  settingsNeedRestart,
  factsAreRefused,
  controllerDecides,
  controllerLeaves,
];

function unitEnds({ hook }: HookRequest, { agent }: HookDeps): Answer {
  return endings.has(hook) ? { status: statusOfAgent(agent.readings.status()) } : undefined;
}

function optionsAreChecked({ hook, config }: HookRequest, { agent }: HookDeps): Answer {
  return hook === 'check' ? check(agent, config) : undefined;
}

function relationIsIncomplete({ related, known }: Said): Answer {
  const status = waitingFor(related, known);
  return status === undefined ? undefined : { status };
}

function settingsNeedRestart({ options, related, known }: Said, { settings }: HookDeps): Answer {
  if (settings === undefined || known === undefined) return undefined;
  return putSettings(settings, requestedSettings(options, related, known));
}

function factsAreRefused({ request }: Said, { agent }: HookDeps): Answer {
  return pushFacts(request, agent);
}

async function controllerDecides(
  { request, related, known }: Said,
  deps: HookDeps,
): Promise<Judged | undefined> {
  if (!isControlled(related, known)) return undefined;
  // The conflict of the options with the calico charm has ended.
  await deps.agent.operations.onlyReportDrift(false);
  const status = await idleStatus(request, deps);
  const { controller } = related;
  if (controller.state === 'unusable') {
    return { status: withUnusable(status, controller.why, false) };
  }
  if (controller.state !== 'complete' || controller.leftOut === undefined) return { status };
  return { status: withUnusable(status, controller.leftOut, true) };
}

function controllerLeaves({ request }: Said, deps: HookDeps): Answer {
  return leavesController.test(request.hook) ? idle(request, deps) : undefined;
}

async function idle(request: HookRequest, deps: HookDeps): Promise<Judged> {
  return { status: await idleStatus(request, deps) };
}

/** The answer to a hook that changes nothing. */
async function idleStatus({ hook }: HookRequest, { agent, until }: HookDeps): Promise<UnitStatus> {
  await waitForFirstPass(agent.readings, until);
  if (hook !== 'update-status') await waitForIdle(agent.readings, until);
  const status = agent.readings.status();
  return status.controller === undefined ? statusOfAgent(status) : statusByController(status);
}

/** Whether configurations come from the controller, and not from the options. */
function isControlled({ controller }: Related, known: KnownSettings | undefined): boolean {
  if (isFromBefore(controller)) return known?.config?.controller !== undefined;
  return controller.state !== 'absent';
}

/** Whether the access to the controller stays as it was. */
function isFromBefore({ state }: Related['controller']): boolean {
  return state === 'unknown' || state === 'unusable';
}

function waitingFor(
  { etcd, controller }: Related,
  known: KnownSettings | undefined,
): UnitStatus | undefined {
  if (etcd.state === 'incomplete') return unitStatus('waiting', etcd.why);
  if (controller.state === 'incomplete') return unitStatus('waiting', controller.why);
  if (known?.config?.controller !== undefined) return undefined;
  if (controller.state === 'unusable') return unitStatus('blocked', controller.why);
  if (controller.state !== 'unknown' || controller.why === undefined) return undefined;
  return unitStatus('waiting', controller.why);
}

/**
 * @returns the answer that ends this hook; undefined: the process runs with these settings already
 */
async function putSettings(
  settings: JujuSettings,
  requested: RequestedSettings,
): Promise<Judged | undefined> {
  try {
    if (!(await settings.put(requested))) return undefined;
    const status = unitStatus('maintenance', 'restarting with other settings');
    return { status, restart: true };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'invalid-settings') throw error;
    return { status: unitStatus('blocked', error.message) };
  }
}

/** Pushes the facts; where a hook tool gave no answer, the last pushed fact stays. */
async function pushFacts(request: HookRequest, agent: Agent): Promise<Judged | undefined> {
  const bound = readBgpAddresses(request.network);
  // Hooks of older versions pushed the one address that Juju named first.
  const { leader: led, addresses, ...pushed } = agent.facts.pushed();
  const leader = request.leader ?? led;
  // Files on a machine have no other writer, so the leader does not matter for them.
  const { reachesCluster } = agent.readings.status().datastore;
  try {
    if (bound.length > 0) await agent.facts.putBoundAddresses(bound);
    await agent.facts.put({
      ...pushed,
      ...(bound.length === 0 && addresses !== undefined && { addresses }),
      ...(reachesCluster && leader !== undefined && { leader }),
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'invalid-facts') throw error;
    return { status: unitStatus('blocked', error.message) };
  }
}

/**
 * The action check. It changes nothing, not even the unit's status, which may be about more than
 * the options.
 */
async function check(agent: Agent, said: HookRequest['config']): Promise<Judged> {
  if (said === undefined || said === null) return { failure: 'config-get printed no options' };
  const { options, issues: own } = readOwnOptions(said);
  const issues = own.length > 0 ? own : await agent.offers.check(offeredConfig(said, options).text);
  const lines = issues.map((issue) => formatIssue(issue, 'options'));
  const output = lines.length === 0 ? 'the options have no issues' : lines.join('\n');
  const errors = issues.filter(({ severity }) => severity === 'error').length;
  const failure = `the options have ${String(errors)} error${errors === 1 ? '' : 's'}: see the output`;
  return errors === 0 ? { output } : { output, failure };
}
