/**
 * A push is checked against all nodes, and an error stops it. But any program with the token can
 * appear as a node with any facts, so an error of a single odd node must not keep the configuration
 * from the others. It becomes a warning, and that node itself may refuse the configuration.
 *
 * An error on several nodes stops the push: it is a fault of the configuration, or the facts of
 * these nodes are wrong. A person can then push despite these nodes.
 */
import type { NodeFacts } from '../../../core/facts/facts.ts';
import { groupBy } from '../../../core/group-by.ts';
import type { Issue } from '../../../core/issue.ts';
import { nameSome } from '../../../core/name-some.ts';
import type { CheckedConfig } from '../../ports/config-checker.ts';
import type { NodeRecord } from '../nodes/node-record.ts';

type Check = (nodes: readonly NodeFacts[]) => CheckedConfig | Promise<CheckedConfig>;

/** A node counts as odd if at least so many others are not. */
const fewestOthers = 2;

/** @param despite nodes that a person named, whose errors become warnings */
export async function checkDespiteOddNodes(
  records: readonly NodeRecord[],
  check: Check,
  despite: ReadonlySet<string> = new Set(),
): Promise<CheckedConfig> {
  const all = await checkWithout(records, new Set(), check);
  if (all.ok) return all;
  if (despite.size > 0) {
    const rest = await checkWithout(records, despite, check);
    return rest.ok ? asWarnings(all.issues, rest, despite) : rest;
  }
  const claimants = laterClaimants(records);
  const others = claimants.size === 0 ? all : await checkWithout(records, claimants, check);
  if (others.ok) return asWarnings(all.issues, others, claimants);
  const [odd, ...more] = new Set(errorsOf(others.issues).map(({ node }) => node));
  if (odd === undefined || more.length > 0) return all;
  const without = new Set([...claimants, odd]);
  if (records.length - without.size < fewestOthers) return all;
  const rest = await checkWithout(records, without, check);
  return rest.ok ? asWarnings(all.issues, rest, without) : all;
}

/** Each round finds errors that only appear without the nodes of the previous one. */
const mostRounds = 5;

/**
 * The nodes without which there would be no error, if they are fewer than the others; otherwise the
 * configuration is wrong. Undefined: there are none.
 */
export async function nodesInTheWay(
  records: readonly NodeRecord[],
  check: Check,
): Promise<ReadonlySet<string> | undefined> {
  const blamed = new Set<string>();
  for (let round = 0; round < mostRounds; round += 1) {
    const checked = await checkWithout(records, blamed, check);
    if (checked.ok) return blamed.size === 0 ? undefined : blamed;
    const named = errorsOf(checked.issues).map(({ node }) => node);
    if (named.includes(undefined)) return undefined;
    for (const name of named) if (name !== undefined) blamed.add(name);
    if (blamed.size * 2 >= records.length) return undefined;
  }
  return undefined;
}

function checkWithout(
  records: readonly NodeRecord[],
  without: ReadonlySet<string>,
  check: Check,
): CheckedConfig | Promise<CheckedConfig> {
  return check(records.filter(({ name }) => !without.has(name)).map(({ facts }) => facts));
}

function asWarnings(
  issues: readonly Issue[],
  rest: Extract<CheckedConfig, { readonly ok: true }>,
  odd: ReadonlySet<string>,
): CheckedConfig {
  const names = nameSome([...odd]);
  const why = `${odd.size === 1 ? `only ${names} of the nodes shows this` : `without ${names} there is no error`}, so the push goes ahead`;
  const warnings = errorsOf(issues).map((issue): Issue => ({
    ...issue,
    severity: 'warning',
    message: `${issue.message}; ${why}`,
  }));
  return { ...rest, issues: [...rest.issues, ...warnings] };
}

/**
 * All but one of several nodes with the same address or unit. The one left out is connected, and
 * among several connected ones it has been known for the longest time.
 */
function laterClaimants(records: readonly NodeRecord[]): ReadonlySet<string> {
  const claims = records.flatMap(({ name, facts, connection }) =>
    [...facts.units, ...facts.addresses.map(({ address }) => address)].map((claim) => ({
      claim,
      name,
      isHere: connection !== undefined,
    })),
  );
  const later = [...groupBy(claims, ({ claim }) => claim).values()].flatMap((holders) => {
    const rightful = holders.find(({ isHere }) => isHere) ?? holders[0];
    return holders.filter(({ name }) => name !== rightful?.name).map(({ name }) => name);
  });
  return new Set(later);
}

function errorsOf(issues: readonly Issue[]): readonly Issue[] {
  return issues.filter(({ severity }) => severity === 'error');
}
