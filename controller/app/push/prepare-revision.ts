/** Checks a configuration for the fleet, and makes the next revision of it; nothing has changed then. */
import type { NodeFacts } from '../../../core/facts/facts.ts';
import { hasErrors, type Issue } from '../../../core/issue.ts';
import { nameSome } from '../../../core/name-some.ts';
import { printable } from '../../../core/printable.ts';
import { controllerLineage, maxMessageBytes } from '../../../core/protocol/messages.ts';
import type { Revision } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { CheckedConfig, ConfigChecker } from '../../ports/config-checker.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { checkDespiteOddNodes, nodesInTheWay } from './odd-nodes.ts';

export interface PushRequest {
  readonly mediaType: Revision['mediaType'];
  readonly text: string;
  readonly by: string;
  /** Agents apply it also if they rejected this content before. */
  readonly retry?: boolean;
  /** Losses of traffic that guard routes do not carry are accepted. */
  readonly acceptLoss?: boolean;
  /** The nodes apply it without guard routes. */
  readonly noGuard?: boolean;
  /** Seconds after which each agent rolls it back unless a person confirms it here. */
  readonly confirmSeconds?: number;
  /** Names of nodes whose facts do not stop the push. */
  readonly despite?: readonly string[];
  /** The number of the proposal that is applied; it cannot have other options. Absent: there is none. */
  readonly proposal?: number;
}

/** What the person does with the configuration, and how it could be done with other options. */
interface Doing {
  readonly verb: 'push' | 'propose' | 'apply';
  /** @param options `--retry` @returns what to do, as part of a sentence */
  readonly doWith: (options: string) => string;
  readonly doWithout: (option: string) => string;
}

function doingOf(verb: 'push' | 'propose', { proposal }: PushRequest): Doing {
  if (proposal === undefined) {
    return {
      verb,
      doWith: (options) => `${verb} it with ${options}`,
      doWithout: (option) => `${verb} it without ${option}`,
    };
  }
  const again = `calico-controller propose --again ${String(proposal)}`;
  return {
    verb: 'apply',
    doWith: (options) => `propose it so: ${again} ${options}`,
    doWithout: (option) => `propose its file without ${option}`,
  };
}

export interface PrepareOptions {
  readonly isAnew?: boolean;
  readonly verb?: 'push' | 'propose';
}

export interface PrepareDeps {
  readonly cluster: string;
  readonly fleet: Fleet;
  readonly checker: Pick<ConfigChecker, 'check'>;
  readonly now: () => string;
}

export type Prepared =
  /** This content is the fleet's newest revision. */
  | { readonly result: 'already'; readonly revision: Revision; readonly issues: readonly Issue[] }
  | { readonly result: 'new'; readonly revision: Revision; readonly issues: readonly Issue[] };

/**
 * @param options isAnew: the same content is a new revision, too; verb: for messages
 * @throws AppError for what is refused
 */
export async function prepareRevision(
  request: PushRequest,
  deps: PrepareDeps,
  { isAnew = false, verb: asked = 'push' }: PrepareOptions = {},
): Promise<Prepared> {
  const { fleet } = deps;
  const doing = doingOf(asked, request);
  const { verb } = doing;
  fleet.requireKnown(`${verb} the configuration`);
  if (request.confirmSeconds !== undefined) refuseForOlder(fleet, doing);
  const check = (nodes: readonly NodeFacts[]): Promise<CheckedConfig> =>
    deps.checker.check(request.text, nodes, { isUrgent: true });
  const despite = knownNames(request.despite ?? [], fleet, verb);
  const checked = await checkDespiteOddNodes(fleet.records(), check, despite);
  const { issues } = checked;
  if (!checked.ok) {
    const away = await awayHint(request.text, issues, deps);
    throw refusal(issues, away === '' ? await despiteHint(check, fleet, doing) : away, verb);
  }
  const newest = fleet.revision();
  // Agents with a higher number would refuse the controller's next one.
  const isNewest = newest?.digest === checked.digest && newest.number === fleet.lastNumber();
  // A retry has a greater number, by which agents know that it came after their rejection.
  if (isNewest && newest.decided === 'rolled-back' && request.retry !== true)
    throw wasRolledBack(newest, doing);
  if (isNewest && !isAnew && !asksForMore(request, newest)) {
    return { result: 'already', revision: newest, issues };
  }
  const revision = revisionOf(request, checked.digest, deps);
  refuseTooLarge(revision, verb);
  return { result: 'new', revision, issues };
}

function revisionOf(
  request: PushRequest,
  digest: string,
  { cluster, fleet, now }: PrepareDeps,
): Revision {
  return {
    formatVersion: 1,
    lineage: controllerLineage(cluster),
    number: fleet.lastNumber() + 1,
    digest,
    mediaType: request.mediaType,
    text: request.text,
    acceptedAt: now(),
    source: 'controller',
    by: request.by.slice(0, 256),
    ...(request.retry === true && { retry: true }),
    ...(request.acceptLoss === true && { acceptLoss: true }),
    ...(request.noGuard === true && { noGuard: true }),
    ...(request.confirmSeconds !== undefined && { confirmSeconds: request.confirmSeconds }),
  };
}

/**
 * Refuses --confirm-within for older agents, which would confirm by themselves. @throws AppError
 * bad-request
 */
function refuseForOlder(fleet: Fleet, { verb, doWithout }: Doing): void {
  const older = fleet
    .records()
    .filter(
      ({ connection, knowsDecisions }) => connection !== undefined && knowsDecisions !== true,
    );
  if (older.length === 0) return;
  const names = nameSome(older.map(({ name }) => name));
  throw new AppError(
    'bad-request',
    `cannot ${verb} with --confirm-within: the agents of ${names} are older, and would confirm by themselves; upgrade them, or ${doWithout('--confirm-within')}`,
  );
}

function wasRolledBack({ number }: Revision, { verb, doWith }: Doing): AppError {
  return new AppError(
    'rejected-before',
    `cannot ${verb} the configuration: revision ${String(number)} has the same content, and a person rolled it back; change it, or ${doWith('--retry')}`,
  );
}

/** Whether the same content comes with other terms or a retry, with which nodes may accept it. */
function asksForMore(request: PushRequest, newest: Revision): boolean {
  if (request.retry === true) return true;
  return (
    (request.acceptLoss === true && newest.acceptLoss !== true) ||
    (request.noGuard === true && newest.noGuard !== true)
  );
}

/**
 * The names as the fleet spells them. @throws AppError not-found for an unknown name, which would
 * have no effect
 */
function knownNames(
  given: readonly string[],
  fleet: Fleet,
  verb: Doing['verb'],
): ReadonlySet<string> {
  const known = new Set(fleet.records().map(({ name }) => name));
  return new Set(
    given.map((text) => {
      const name = text.toLowerCase();
      if (known.has(name)) return name;
      throw new AppError(
        'not-found',
        `cannot ${verb} despite the node "${printable(text)}": it is not known; see calico-controller nodes`,
      );
    }),
  );
}

/**
 * A hint about nodes without which there would be no error, because any program with the token can
 * appear as several nodes.
 */
async function despiteHint(
  check: (nodes: readonly NodeFacts[]) => Promise<CheckedConfig>,
  fleet: Fleet,
  { doWith }: Doing,
): Promise<string> {
  const names = [...((await nodesInTheWay(fleet.records(), check)) ?? [])];
  if (names.length === 0) return '';
  const shown = nameSome(names);
  if (names.length > mostNamed) return `; there would be no error without the nodes ${shown}`;
  const flags = names.map((name) => `--despite ${name}`).join(' ');
  return `; there would be no error without ${shown}: if their facts are wrong, ${doWith(flags)}, and find out which machines they are (calico-controller nodes)`;
}

/** A hint about nodes that are away, which may be gone for good. */
async function awayHint(
  text: string,
  issues: readonly Issue[],
  { fleet, checker }: PrepareDeps,
): Promise<string> {
  const records = fleet.records();
  const away = records.filter(({ connection }) => connection === undefined);
  if (away.length === 0) return '';
  const connected = records.filter(({ connection }) => connection !== undefined);
  const nodes = connected.map(({ facts }) => facts);
  const rest = await checker.check(text, nodes, { isUrgent: true });
  if (hasErrors(rest.issues)) return '';
  const named = new Set(
    issues.flatMap(({ severity, node }) => (severity === 'error' && node ? [node] : [])),
  );
  const blamed = away.filter(({ name }) => named.has(name));
  const shown = (blamed.length === 0 ? away : blamed).slice(0, mostNamed);
  const since = shown.map(({ name, lastSeenAt }) => `${name} (away since ${lastSeenAt})`);
  const command = `calico-controller forget ${shown.map(({ name }) => name).join(' ')}`;
  return `; there would be no error without nodes that are away: ${since.join(', ')}; if they do not come back: ${command}`;
}

const mostNamed = 10;

function refusal(issues: readonly Issue[], hint: string, verb: Doing['verb']): AppError {
  const message = `cannot ${verb} the configuration: it has errors, and nothing was sent${hint}`;
  return new AppError('invalid-config', message, { issues });
}

/** Refuses a text that would be too large as a message: escapes may make 1 MiB larger. */
function refuseTooLarge({ text }: Revision, verb: Doing['verb']): void {
  if (Buffer.byteLength(JSON.stringify(text)) <= maxMessageBytes - 4096) return;
  throw new AppError(
    'payload-too-large',
    `cannot ${verb} the configuration: as a message it would be larger than 2 MiB`,
  );
}
