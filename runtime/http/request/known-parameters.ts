/**
 * Refuses query parameters that a route does not have. With a typing error in `confirm-within` a
 * request would mean something else, and nobody would see it.
 */
import { pointerToken, type Issue } from '../../../core/issue.ts';
import { nearestName } from '../../../core/nearest-name.ts';
import { nameSome } from '../../../core/name-some.ts';
import { printable } from '../../../core/printable.ts';
import { AppError } from '../../errors.ts';
import type { Route } from '../route.ts';

/** The longest part of an unknown name that is shown. */
const longest = 64;
/** Most issues of one request; its target may have thousands of parameters. */
const mostIssues = 20;

/** @param query without the question mark @throws AppError bad-request, with an issue for each */
export function requireKnownParameters(
  { method, path, query: known = [] }: Pick<Route, 'method' | 'path' | 'query'>,
  query: string,
): void {
  if (query === '' || known === 'any') return;
  const given = new Set(new URLSearchParams(query).keys());
  const unknown = [...given].filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const names = unknown.map((name) => `"${shown(name)}"`);
  const what = `cannot ${method} "${path}": unknown query ${unknown.length === 1 ? 'parameter' : 'parameters'} ${nameSome(names)}`;
  const issues = unknown.slice(0, mostIssues).map((name) => issueOf(name, known));
  throw new AppError('bad-request', `${what}; ${listOf(known)}`, { issues });
}

/** `/query/waitt` is its place in the request. */
function issueOf(name: string, known: readonly string[]): Issue {
  const near = nearestName(name, known);
  return {
    severity: 'error',
    code: 'unknown-parameter',
    pointer: `/query/${pointerToken(shown(name))}`,
    message: `unknown query parameter "${shown(name)}"`,
    hint: near === undefined ? listOf(known) : `did you mean "${near}"?`,
  };
}

function listOf(known: readonly string[]): string {
  return known.length === 0 ? 'it takes no query parameters' : `known here: ${known.join(', ')}`;
}

function shown(name: string): string {
  return printable(name.length > longest ? `${name.slice(0, longest)}…` : name);
}
