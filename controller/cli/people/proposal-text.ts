/** One proposal as text. */
import { withoutNotes } from '../../../core/issue.ts';
import { formatIssue } from '../../../core/issue-text.ts';
import { ruleName } from '../../../core/rollout/plan-waves.ts';
import type { ProposalAnswer } from '../../../schemas/generated/controller-api/proposal-answer.ts';
import type { ProposalView } from '../../../schemas/generated/controller-api/proposals.ts';
import { barrierLine, nodesOfWave } from '../rollout/rollout-text.ts';

type Row = readonly [title: string, value: string];

/** @param change the lines of the change, indented */
export function proposalText(answer: ProposalAnswer, change: readonly string[]): string {
  const { proposal, issues: found, checkedAt } = answer;
  const issues = found === undefined ? undefined : withoutNotes(found);
  const { id, by, at, message, base, closed, digest, author, commit, expiresAt } = proposal;
  const rows: readonly Row[] = [
    ['proposal', `${id}, by ${by} at ${at}`],
    ...rowIf('message', message),
    ...rowIf('author', author),
    ...rowIf('commit', commit),
    ['state', stateText(proposal)],
    ['for', base.number === 0 ? 'the first revision' : `revision ${base.number} as the newest`],
    ['digest', digest],
    ['to do', planText(proposal)],
    ...consentRows(proposal),
    ...strategyRows(answer),
    ['approvals', approvalsText(proposal)],
    ...rowIf('expires', expiresAt),
    ...(closed === undefined ? [] : [[proposal.state, closedText(closed)] as const]),
    ...checkRows(proposal, issues?.length, checkedAt),
  ];
  return [
    ...rows.map(([title, value]) => `${title.padEnd(11)}${value}`.trimEnd()),
    ...(issues ?? []).map((issue) => formatIssue(issue, 'proposal')),
    ...(change.length === 0 ? [] : ['', ...change]),
    ...nextLines(proposal),
  ].join('\n');
}

export function stateText({ state, outdated }: ProposalView): string {
  return outdated === true ? 'outdated' : state;
}

function rowIf(title: string, value: string | undefined): readonly Row[] {
  return value === undefined ? [] : [[title, value]];
}

function planText({ plan: { kind } }: ProposalView): string {
  return kind === 'push' ? 'push it to all nodes at once' : 'roll it out, wave after wave';
}

/** What people consent to beside the configuration, by the options that say it. */
function consentRows({ plan }: ProposalView): readonly Row[] {
  const { retry, acceptLoss, noGuard, supersede, confirmSeconds, despite = [] } = plan;
  const consents = [
    ...(retry ? ['--retry: also on agents that rejected it before'] : []),
    ...(acceptLoss ? ['--accept-loss: traffic may be lost'] : []),
    ...(noGuard ? ['--no-guard: without guard routes'] : []),
    ...(supersede ? ['--supersede: a rollout or push that is running ends'] : []),
    ...despite.map((name) => `--despite ${name}: its errors are warnings`),
    ...(confirmSeconds === undefined
      ? []
      : [`--confirm-within ${confirmSeconds}s: nodes roll back unless somebody confirms`]),
  ];
  return consents.map((text, index) => [index === 0 ? 'with' : '', text]);
}

function strategyRows({ strategy, waves, barrier }: ProposalAnswer): readonly Row[] {
  if (strategy === undefined) return [];
  const { apiVersion: _version, kind: _kind, waves: rules = [], ...terms } = strategy;
  const planned = waves?.map((wave) => `${wave.name}: ${nodesOfWave(wave)}`) ?? [
    'a wave of the strategy has no node now; it cannot be started like this',
  ];
  const named = Object.entries(terms).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return [
    ...planned.map((text, index): Row => [index === 0 ? 'waves' : '', text]),
    ...rules.map((rule, index): Row => [index === 0 ? 'rules' : '', ruleText(rule, index)]),
    ...(named.length === 0 ? [] : [['terms', named.join(', ')] as const]),
    ...rowIf('barrier', barrier === undefined ? undefined : barrierLine(barrier)),
  ];
}

type Rule = NonNullable<NonNullable<ProposalAnswer['strategy']>['waves']>[number];

/** Which nodes a wave has: `canary: nodes ["node-1"]`. What is not shown is not approved. */
function ruleText(rule: Rule, index: number): string {
  const { name: _name, ...conditions } = rule;
  const parts = Object.entries(conditions).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
  return `${ruleName(rule, index)}: ${parts.join(', ')}`;
}

function approvalsText({ approvals, counted, required }: ProposalView): string {
  const names = approvals.map(({ by, how, against }) => {
    const about = [
      ...(how === undefined ? [] : [how]),
      ...(against === undefined ? [] : [`does not count: ${against}`]),
    ];
    return about.length === 0 ? by : `${by} (${about.join('; ')})`;
  });
  return `${counted} of ${required}${names.length === 0 ? '' : `: ${names.join(', ')}`}`;
}

function closedText({ by, at, reason, revision }: NonNullable<ProposalView['closed']>): string {
  const why = reason === undefined ? '' : `: ${reason}`;
  const as = revision === undefined ? '' : `, as revision ${revision}`;
  return `by ${by} at ${at}${as}${why}`;
}

function checkRows({ state }: ProposalView, findings: number | undefined, at = ''): readonly Row[] {
  if (state !== 'open') return [];
  if (findings === undefined) return [['check', 'none yet; ask again in a minute']];
  return [['check', `${findings === 0 ? 'no finding' : `${findings} findings`}, at ${at}`]];
}

function nextLines({ id, state, outdated, counted, required }: ProposalView): readonly string[] {
  if (state !== 'open') return [];
  const preview = `calico-controller preview --proposal ${id} shows what it would change on the nodes`;
  if (outdated === true) {
    return [
      '',
      preview,
      `calico-controller propose --again ${id} proposes it for the newest revision`,
    ];
  }
  const next = counted < required ? 'approve' : 'apply';
  return ['', preview, `calico-controller ${next} ${id}`];
}
