/**
 * Follows the file of a source tree: proposes its content as the next revision, or pushes it where
 * the settings say so. A file that cannot be read changes nothing.
 */
import { hasErrors, type Issue } from '../../../core/issue.ts';
import type { Revision } from '../../../core/revision/revision.ts';
import type { Rollout } from '../../../core/rollout/steps.ts';
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { ConfigChecker } from '../../ports/config-checker.ts';
import type { Commit, SourceContent, SourceTree } from '../../ports/source-tree.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { checkDespiteOddNodes } from '../push/odd-nodes.ts';
import type { Push, PushOutcome } from '../push/push.ts';
import {
  authorPrefix,
  reasonToWait,
  takenBackIn,
  type Situation,
  type Waits,
} from './reason-to-wait.ts';
import { runsNow, waitsForRollout, wentBack } from './rollout-by-source.ts';
import type { SourceProposals } from './source-proposals.ts';

export interface SourceView {
  readonly file: string;
  /** Whether the controller pushes by itself, or a person does. */
  readonly pushes: boolean;
  /** The controller proposes by itself, because a configuration needs approvals. */
  readonly proposes?: boolean;
  /** The file of its strategy. Absent: all nodes get it at once. */
  readonly strategy?: string;
  readonly state:
    /** It was not read yet. */
    | 'reading'
    /** It cannot be read; the newest revision stays. */
    | 'unreadable'
    /** It is the content of the newest revision. */
    | 'same'
    /** It has errors. */
    | 'refused'
    /** It waits for the end of a rollout, or for nodes; then it is brought. */
    | 'waiting'
    /** It waits for a person. */
    | 'proposed';
  /** Why it is in this state; absent: the state says it all. */
  readonly why?: string;
  readonly commit?: Commit;
  /** The errors and warnings of its check. */
  readonly issues?: readonly Issue[];
}

export interface FollowedSource {
  readonly view: () => SourceView;
  /** Pushes the content as it is now. @throws AppError as a push, or if it cannot be read */
  readonly push: (by: string, retry: boolean) => Promise<PushOutcome>;
  /** Reads it, and goes on with what is new. Never rejects. */
  readonly look: () => Promise<void>;
  /** Resolves when no look is under way. */
  readonly idle: () => Promise<void>;
}

export interface SourceDeps {
  readonly tree: SourceTree;
  readonly pushes: boolean;
  /** Absent: a configuration needs no approval. */
  readonly proposals?: SourceProposals;
  readonly fleet: Pick<Fleet, 'revision' | 'records' | 'requireKnown'>;
  readonly checker: Pick<ConfigChecker, 'check'>;
  readonly push: Push;
  /** Default: push. */
  readonly pushByItself?: Push;
  /** The file of the strategy with which these pushes are rollouts. Absent: they are pushes. */
  readonly strategyFile?: string;
  /** The newest rollout. */
  readonly rollout?: () => Rollout | undefined;
  readonly readRevision?: (number: number) => Promise<Revision | undefined>;
  readonly logger: Logger;
  /** Milliseconds of a clock that never jumps. */
  readonly elapsedMs: () => number;
}

const logged: Readonly<Record<SourceView['state'], string>> = {
  reading: 'following a file',
  unreadable: 'the followed file cannot be used now; the newest revision stays',
  same: 'the followed file is the newest revision',
  refused: 'the followed file is refused',
  waiting: 'the followed file waits',
  proposed: 'the followed file waits for a person',
};

/** An unchanged content is judged again so often: the facts of the nodes may have changed. */
const judgeAgainMs = 60_000;

export function followSource(deps: SourceDeps): FollowedSource {
  const { tree, fleet, checker, logger, elapsedMs, proposals, rollout } = deps;
  const shown = settingsOf(deps);
  let view: SourceView = { ...shown, state: 'reading' };
  /** The content of the last look: a half-written file has another one in the next look. */
  let last: string | undefined;
  /** The content that was pushed, proposed, or found in force, since this process began. */
  let known: string | undefined;
  let judged: Judged | undefined;
  let looking: Promise<void> | undefined;

  const show = (state: SourceView['state'], more: Partial<SourceView> = {}): void => {
    const before = `${view.state} ${view.why ?? ''}`;
    view = { ...shown, state, ...more };
    if (`${view.state} ${view.why ?? ''}` === before) return;
    const about = { file: tree.file, ...(view.why !== undefined && { why: view.why }) };
    // A wait for a rollout has issues, and ends by itself; a wait for nodes that failed may need a person.
    const isStuck = state === 'waiting' && more.issues === undefined;
    const isTrouble = state === 'unreadable' || state === 'refused' || isStuck;
    if (isTrouble) logger.warn(logged[state], about);
    else logger.info(logged[state], about);
  };

  const judge = async (content: SourceContent): Promise<void> => {
    const commit = await tree.commitOf(content);
    const found = commit === undefined ? {} : { commit };
    const checked = await checkDespiteOddNodes(fleet.records(), (nodes) =>
      checker.check(content.text, nodes),
    );
    const { issues } = checked;
    if (!checked.ok || hasErrors(issues)) {
      return show('refused', { ...found, issues, why: 'it has errors; the newest revision stays' });
    }
    const newest = fleet.revision();
    const judgedBeside = revisionIn(deps);
    if (checked.digest === newest?.digest && newest.decided !== 'rolled-back') {
      known = content.text;
      return show('same', { ...found, ...runsNow(rollout?.()) });
    }
    const waits = await waitingFor(checked.digest, newest, deps, {
      ...shown,
      isUnchanged: content.text === known,
      isFirst: known === undefined,
    });
    const busy = waits === undefined && proposals === undefined && waitsForRollout(rollout?.());
    // It is not known yet: it is brought at the end of that.
    if (busy) return show('waiting', { ...found, issues, why: busy });
    const why = waits?.why ?? (await bring(content, commit, judgedBeside, deps));
    if (waits?.isBehind !== true) known = content.text;
    if (why === undefined) show('same', { ...found, ...runsNow(rollout?.()) });
    else show('proposed', { ...found, issues, why });
  };

  const look = async (): Promise<void> => {
    try {
      const content = await tree.read();
      const isSettled = content.text === last;
      last = content.text;
      if (!isSettled || isJudged(judged, content.text, deps)) return;
      fleet.requireKnown('judge the source');
      judged = { text: content.text, newest: newestIn(deps), atMs: elapsedMs() };
      await judge(content);
    } catch (error) {
      show(stateAfter(error), { why: reasonOf(error) });
    }
  };

  return {
    view: () => view,
    push: async (by, retry) => {
      const { outcome, content, commit } = await pushAsIs(by, retry, deps);
      known = content.text;
      show('same', { ...(commit !== undefined && { commit }), ...runsNow(rollout?.()) });
      return outcome;
    },
    look: () => {
      looking ??= look().finally(() => {
        looking = undefined;
      });
      return looking;
    },
    idle: async () => looking,
  };
}

function settingsOf({
  tree: { file },
  pushes,
  proposals,
  strategyFile: strategy,
}: SourceDeps): Pick<SourceView, 'file' | 'pushes' | 'proposes' | 'strategy'> {
  return {
    ...{ file, pushes },
    ...(proposals !== undefined && { proposes: true }),
    ...(strategy !== undefined && { strategy }),
  };
}

/** Pushes the content as it is now, for a person. */
async function pushAsIs(
  by: string,
  retry: boolean,
  { tree, push }: Pick<SourceDeps, 'tree' | 'push'>,
): Promise<{
  readonly outcome: PushOutcome;
  readonly content: SourceContent;
  readonly commit: Commit | undefined;
}> {
  const content = await tree.read();
  const commit = await tree.commitOf(content);
  const author = commit === undefined ? '' : ` (${commitText(commit)})`;
  const outcome = await push({ ...content, by: `${by}${author}`, retry });
  return { outcome, content, commit };
}

async function waitingFor(
  digest: string,
  newest: Revision | undefined,
  deps: SourceDeps,
  situation: Omit<Situation, 'isOlder' | 'takenBack' | 'back'>,
): Promise<Waits | undefined> {
  const { tree, proposals, rollout } = deps;
  const takenBack = await revisionBefore(newest, deps);
  const isOlder = await isBehind(takenBack ?? newest, tree);
  const why = await proposals?.known(digest);
  if (why !== undefined) return { why };
  const back = wentBack(newest, rollout?.());
  return reasonToWait(newest, digest, { ...situation, isOlder, takenBack, back });
}

/**
 * Pushes or proposes it.
 * @param judged the newest revision beside which it was judged
 * @returns what it waits for; undefined: it is the newest revision
 */
async function bring(
  content: SourceContent,
  commit: Commit | undefined,
  judged: string,
  deps: SourceDeps,
): Promise<string | undefined> {
  const { tree, proposals, push, pushByItself = push } = deps;
  if (proposals !== undefined) return proposals.propose(content, commit);
  const requireBase = (): void => {
    if (revisionIn(deps) === judged) return;
    throw new AppError('base-changed', 'another revision came meanwhile; the file is judged again');
  };
  await pushByItself({ ...content, by: authorOf(tree.file, commit), requireBase });
  return undefined;
}

/** Whether the newest revision is of a commit that the tree does not have, as before a pull. */
async function isBehind(newest: Revision | undefined, tree: SourceTree): Promise<boolean> {
  const id = newest === undefined ? undefined : commitIn(newest.by);
  return id !== undefined && !(await tree.isPast(id));
}

function stateAfter(error: unknown): SourceView['state'] {
  if (!(error instanceof AppError)) return 'unreadable';
  // This controller stands by, or has not read its own state yet.
  if (error.code === 'not-ready') return 'reading';
  if (error.code === 'rollout-not-possible' || error.code === 'base-changed') return 'waiting';
  return error.code === 'invalid-config' ? 'refused' : 'unreadable';
}

function revisionIn({ fleet }: Pick<SourceDeps, 'fleet'>): string {
  const newest = fleet.revision();
  return `${String(newest?.number)} ${newest?.decided ?? ''}`;
}

/** The newest revision, and how far its rollout is. */
function newestIn({ fleet, rollout }: Pick<SourceDeps, 'fleet' | 'rollout'>): string {
  const { phase, paused } = rollout?.()?.state ?? {};
  const state = [phase, ...(paused === undefined ? [] : ['paused'])].join(' ');
  return `${revisionIn({ fleet })} ${state}`;
}

/** The revision whose rollout went back, which made the newest one; undefined: none, or it is gone. */
async function revisionBefore(
  newest: Revision | undefined,
  { readRevision }: Pick<SourceDeps, 'readRevision'>,
): Promise<Revision | undefined> {
  const number = newest && takenBackIn(newest);
  return number === undefined ? undefined : readRevision?.(number);
}

/** The last content that was judged, beside which newest revision, and when. */
interface Judged {
  readonly text: string;
  readonly newest: string;
  readonly atMs: number;
}

function isJudged(judged: Judged | undefined, text: string, deps: SourceDeps): boolean {
  if (judged?.text !== text || judged.newest !== newestIn(deps)) return false;
  return deps.elapsedMs() - judged.atMs < judgeAgainMs;
}

function authorOf(file: string, commit: Commit | undefined): string {
  return `${authorPrefix}${file}${commit === undefined ? '' : `, ${commitText(commit)}`}`.slice(
    0,
    256,
  );
}

function commitText({ id, author }: Commit): string {
  return `commit ${id.slice(0, 12)} by ${author}`;
}

/** The commit in the author of a revision, as `commitText` writes it. */
function commitIn(by: string): string | undefined {
  return /\bcommit ([0-9a-f]{12})\b/.exec(by)?.[1];
}
