/** Decides which rule gives a node's AS number or cluster ID. */
import type { Group, Sourced } from '../config/model.ts';
import { describePlace, issueAt } from '../findings.ts';
import type { Issue, Severity } from '../issue.ts';
import type { MatchedRule } from './match-rules.ts';
import { printable } from '../printable.ts';
import type { Decided, Reason } from './resolution.ts';

type Value = number | string;

export interface Question<T extends Value> {
  /** The name in messages, as `AS number`. */
  readonly noun: string;
  readonly tieCode: string;
  valueOf(group: Group): Sourced<T> | undefined;
}

export const asNumberQuestion: Question<number> = {
  noun: 'AS number',
  tieCode: 'tie-as-number',
  valueOf: ({ asNumber }) => asNumber,
};

export const clusterIdQuestion: Question<string> = {
  noun: 'cluster ID',
  tieCode: 'tie-cluster-id',
  valueOf: ({ routeReflectorClusterId }) => routeReflectorClusterId,
};

export interface Decision<T> {
  readonly decided?: Decided<T>;
  readonly issues: readonly Issue[];
}

interface Opinion<T> {
  readonly value: T;
  readonly reason: Reason;
}

/**
 * Unit or node name, then label selector, then the longest subnet of each family, then shorter
 * ones, then the global value. Rules of one rank must agree, because their order in the text does
 * not matter.
 */
export function decide<T extends Value>(
  question: Question<T>,
  matched: readonly MatchedRule[],
  global?: Sourced<T>,
): Decision<T> {
  const answering = matched.filter(({ group }) => question.valueOf(group) !== undefined);
  if (answering.length === 0 && global === undefined) return { issues: [] };
  const levels = [
    ...ranks(answering).map((rules) => rules.flatMap((rule) => opinionOf(question, rule))),
    ...(global === undefined ? [] : [[opinion(global, 'global')]]),
  ].filter((level) => level.length > 0);
  const [highest = [], ...lower] = levels;
  const [first] = highest;
  if (first === undefined) return { issues: [] };

  const other = highest.find(({ value }) => value !== first.value);
  if (other !== undefined) return { issues: [tie(question, first, other)] };
  const outranked = lower.flat().filter(({ value }) => value !== first.value);
  return { decided: { ...first, outranked: outranked.map(({ reason }) => reason) }, issues: [] };
}

function ranks(matched: readonly MatchedRule[]): readonly (readonly MatchedRule[])[] {
  const subnets = matched.filter(({ rank }) => rank === 'subnet');
  const longest4 = longest(subnets, 4);
  const longest6 = longest(subnets, 6);
  const isLongest = ({ prefixLengths }: MatchedRule): boolean =>
    prefixLengths[4] === longest4 || prefixLengths[6] === longest6;
  return [
    matched.filter(({ rank }) => rank === 'name'),
    matched.filter(({ rank }) => rank === 'selector'),
    subnets.filter(isLongest),
    subnets.filter((rule) => !isLongest(rule)),
  ];
}

/**
 * The longest prefix length of matching subnets; -1, which no rule has: no rule matches by an
 * address of the family.
 */
function longest(subnets: readonly MatchedRule[], family: 4 | 6): number {
  return Math.max(-1, ...subnets.map(({ prefixLengths }) => prefixLengths[family] ?? -1));
}

function opinionOf<T extends Value>(
  question: Question<T>,
  { group }: MatchedRule,
): readonly Opinion<T>[] {
  const value = question.valueOf(group);
  return value === undefined ? [] : [opinion(value, group.title)];
}

function opinion<T>({ value, place }: Sourced<T>, rule: string): Opinion<T> {
  return { value, reason: { rule, place } };
}

function tie<T extends Value>(
  { noun, tieCode }: Question<T>,
  first: Opinion<T>,
  other: Opinion<T>,
): Issue {
  const message = `two rules of the same rank give the node different ${noun}s: ${says(first)}, and ${says(other)}`;
  return issueAt(first.reason.place, 'error' satisfies Severity, tieCode, message, tieHint);
}

const tieHint =
  'make them say the same, or give the node its own rule by unit or node name, which outranks both';

function says<T extends Value>({ value, reason }: Opinion<T>): string {
  return `${printable(reason.rule)} (${describePlace(reason.place)}) says ${value}`;
}
