/** ajv's errors → issues with their place, the expected form, and the nearest known name. */
import type { ErrorObject } from 'ajv';
import { groupBy } from '../../group-by.ts';
import { maxIssuesTold } from '../../input/bounds.ts';
import { pointerToken, type Issue, type Place } from '../../issue.ts';
import { issueAt } from '../../findings.ts';
import type { Located } from '../yaml/located.ts';
import { nearestName } from '../../nearest-name.ts';
import { hintOf } from './schema-hints.ts';
import { describeValue, expectationOf, faultText, nameOf, statementOf } from './schema-wording.ts';

/** Keywords that only say that one of their branches failed. */
const combinators = new Set([
  'anyOf',
  'oneOf',
  'allOf',
  'if',
  'not',
  'discriminator',
  'propertyNames',
]);

/** `root` is what was validated (as plainValue gave it), so instance paths lead through it. */
export function schemaIssues(errors: readonly ErrorObject[], root: Located): Issue[] {
  if (errors.length === 0) return [];
  const nodes = indexNodes(root);
  const specific = errors.filter(({ keyword }) => !combinators.has(keyword));
  const relevant = withoutOtherBranches(specific.length > 0 ? specific : errors);
  const typeErrors = groupBy(
    relevant.filter(({ keyword }) => keyword === 'type'),
    ({ instancePath }) => instancePath,
  );
  const known = new Set<string>();
  const issues: Issue[] = [];
  for (const [index, error] of relevant.entries()) {
    if (issues.length === maxIssuesTold) return [...issues, moreThanTold(relevant.length - index)];
    const issue = issueOf(error, typeErrors, nodes);
    const key = `${issue.pointer} ${issue.code} ${issue.message}`;
    if (known.has(key)) continue;
    known.add(key);
    issues.push(issue);
  }
  return issues;
}

/**
 * Leaves out errors of other branches: a value that has the type of one branch is judged only by
 * that branch.
 */
function withoutOtherBranches(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const judged = new Set<string>();
  for (const { instancePath, keyword } of errors) {
    if (keyword !== 'type') judged.add(instancePath);
    for (let end = instancePath.lastIndexOf('/'); end > 0;) {
      judged.add(instancePath.slice(0, end));
      end = instancePath.lastIndexOf('/', end - 1);
    }
  }
  return errors.filter(
    ({ keyword, schemaPath, instancePath }) =>
      keyword !== 'type' || !schemaPath.includes('Of/') || !judged.has(instancePath),
  );
}

function moreThanTold(more: number): Issue {
  const message = `${more} more faults of form are not shown`;
  return { severity: 'note', code: 'more-issues', pointer: '', message };
}

interface Node {
  readonly value: Located;
  readonly keyPlace: Place;
}

/** By instance path, which is not the pointer where a part of a document was validated. */
function indexNodes(root: Located): ReadonlyMap<string, Node> {
  const nodes = new Map<string, Node>();
  const visit = (value: Located, path: string, keyPlace: Place): void => {
    nodes.set(path, { value, keyPlace });
    if (value.kind === 'list') {
      for (const [index, item] of value.items.entries())
        visit(item, `${path}/${index}`, item.place);
    }
    if (value.kind === 'map') {
      for (const entry of value.entries) {
        visit(entry.value, `${path}/${pointerToken(entry.key)}`, entry.keyPlace);
      }
    }
  };
  visit(root, '', root.place);
  return nodes;
}

function issueOf(
  error: ErrorObject,
  typeErrors: ReadonlyMap<string, readonly ErrorObject[]>,
  nodes: ReadonlyMap<string, Node>,
): Issue {
  const { instancePath, keyword } = error;
  const node = nodes.get(instancePath);
  const place = node?.value.place ?? { pointer: instancePath };
  const parent = nodes.get(instancePath.slice(0, Math.max(0, instancePath.lastIndexOf('/'))));
  const name = nameOf(instancePath, instancePath !== '' && parent?.value.kind === 'list');
  if (keyword === 'additionalProperties') return unknownKey(error, nodes, place);
  const statement = statementOf(error, name);
  if (statement !== undefined) {
    const { key, code, message, hint } = statement;
    const at = key === undefined ? undefined : nodes.get(`${instancePath}/${pointerToken(key)}`);
    return issueAt(at?.keyPlace ?? place, 'error', code, message, hint);
  }
  if (error.propertyName !== undefined) return wrongKey(error, error.propertyName, nodes, place);
  const found = node === undefined ? undefined : describeValue(node.value, keyword);
  const others = keyword === 'type' ? otherTypeErrors(error, typeErrors) : [];
  const { code, expected } = expectationOf([error, ...others]);
  const message = `${name} must be ${expected}${found === undefined ? '' : `, but is ${found}`}`;
  return issueAt(place, 'error', code, message, node && hintOf(error, node.value));
}

/** `anyOf` a text and a number fails twice, and is one expectation: a text or a number. */
function otherTypeErrors(
  error: ErrorObject,
  typeErrors: ReadonlyMap<string, readonly ErrorObject[]>,
): ErrorObject[] {
  if (!error.schemaPath.includes('Of/')) return [];
  return (typeErrors.get(error.instancePath) ?? []).filter((other) => other !== error);
}

function unknownKey(error: ErrorObject, nodes: ReadonlyMap<string, Node>, parent: Place): Issue {
  const key = textParam(error, 'additionalProperty');
  const place = nodes.get(`${error.instancePath}/${pointerToken(key)}`)?.keyPlace ?? parent;
  const known = knownKeys(error);
  const nearest = nearestName(key, known);
  const listed = known.length === 0 ? undefined : `known here: ${known.join(', ')}`;
  const hint = nearest === undefined ? listed : `did you mean "${nearest}"?`;
  const shown = key.length > 64 ? `${key.slice(0, 64)}…` : key;
  return issueAt(place, 'error', 'unknown-key', `unknown key "${shown}"`, hint);
}

function wrongKey(
  error: ErrorObject,
  key: string,
  nodes: ReadonlyMap<string, Node>,
  parent: Place,
): Issue {
  const place = nodes.get(`${error.instancePath}/${pointerToken(key)}`)?.keyPlace ?? parent;
  return issueAt(place, 'error', expectationOf([error]).code, faultText(error));
}

/** Validators are compiled with `verbose`, so that an error has the schema that it broke. */
function knownKeys({ parentSchema }: ErrorObject): string[] {
  const properties: unknown = parentSchema?.['properties'];
  return typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
}

function textParam({ params }: ErrorObject, name: string): string {
  const value: unknown = params[name];
  return typeof value === 'string' ? value : '';
}
