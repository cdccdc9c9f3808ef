/** Shows what a configuration would change on the nodes that the controller knows. */
import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { Issue } from '../../../core/issue.ts';
import { nearestName } from '../../../core/nearest-name.ts';
import { withIssues, type PreviewQuestion } from '../../../core/preview/preview-fleet.ts';
import { printable } from '../../../core/printable.ts';
import type { Revision } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { FleetPreview } from '../../../schemas/generated/fleet-preview.ts';
import type { CheckedConfig, CheckOptions, ConfigChecker } from '../../ports/config-checker.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { checkDespiteOddNodes } from '../push/odd-nodes.ts';
import { heldContent, type HeldContent, type HeldDeps } from '../rollout/held-content.ts';
import type { FleetStore } from '../store/fleet-store.ts';

export interface PreviewRequest extends CheckOptions {
  readonly text: string;
  /** The number of the revision to compare with; 0: nothing. Default: what the nodes have. */
  readonly base?: number;
  /** Names of nodes to show whole, at most 20. */
  readonly nodes?: readonly string[];
  /** Names of nodes whose facts would not stop a push. */
  readonly despite?: readonly string[];
}

/**
 * Changes nothing.
 * @throws AppError not-found for a revision or node that is not known, not-ready, limit-reached
 */
export type Preview = (request: PreviewRequest) => Promise<FleetPreview>;

export interface PreviewDeps {
  readonly fleet: Pick<
    Fleet,
    'revision' | 'records' | 'lastSeenAt' | 'lastNumber' | 'unreadable' | 'requireKnown'
  >;
  readonly store: Pick<FleetStore, 'readRevision'>;
  readonly rollouts: HeldDeps['rollouts'];
  readonly checker: Pick<ConfigChecker, 'check' | 'preview'>;
  /** RFC 3339. */
  readonly now: () => string;
}

const mostChosen = 20;

export function createPreview(deps: PreviewDeps): Preview {
  const { fleet, checker } = deps;
  return async ({ text, base: number, nodes = [], despite = [], ...options }) => {
    fleet.requireKnown('preview the configuration');
    if (nodes.length > mostChosen) throw tooMany(nodes.length);
    const chosen = knownNames(nodes, fleet);
    const despiteNames = new Set(knownNames(despite, fleet));
    const held = await heldContent(deps);
    const base = await baseOf(number, held, deps);
    const records = fleet.records();
    const facts = records.map((record) => record.facts);
    const answer = await checker.preview(
      {
        text,
        ...(base !== undefined && { base: asBase(base, held) }),
        nodes: facts,
        away: awayNodes(deps),
        unreadable: fleet.unreadable(),
        chosen,
      },
      options,
    );
    if (!answer.ok) throw unreadBase(base, answer.issues);
    const { preview, ofResources } = answer;
    if (preview.outcome !== 'refused' || preview.digest === undefined) return preview;
    // A push goes ahead despite a single odd node, and so do the findings here.
    const first: CheckedConfig = { ok: false, issues: withoutThose(preview.issues, ofResources) };
    const check = (some: readonly NodeFacts[]): CheckedConfig | Promise<CheckedConfig> =>
      some.length === facts.length ? first : checker.check(text, some, options);
    const { issues } = await checkDespiteOddNodes(records, check, despiteNames);
    return withIssues(preview, [...issues, ...ofResources]);
  };
}

/** The issues of resources come last. */
function withoutThose(all: readonly Issue[], last: readonly Issue[]): readonly Issue[] {
  return all.slice(0, all.length - last.length);
}

/** @throws AppError not-found */
async function baseOf(
  number: number | undefined,
  held: HeldContent,
  { fleet, store }: PreviewDeps,
): Promise<Revision | undefined> {
  if (number === 0) return undefined;
  const newest = fleet.revision();
  if (number === undefined) {
    const most = held.base ?? held.contents[0];
    if (most !== undefined) return most;
  }
  if (number === undefined || number === newest?.number) {
    if (newest !== undefined || fleet.lastNumber() === 0) return newest;
    throw noBase('the newest revision cannot be read', fleet.lastNumber());
  }
  const stored = await store.readRevision(number);
  if (stored !== undefined) return stored;
  throw noBase(`there is no revision ${String(number)}`, fleet.lastNumber());
}

function noBase(why: string, last: number): AppError {
  const which = last === 0 ? '' : `; the controller keeps the last 50, up to ${String(last)}`;
  return new AppError(
    'not-found',
    `cannot compare the configuration: ${why}${which}; --base 0 compares it with nothing`,
  );
}

function unreadBase(base: Revision | undefined, [issue]: readonly Issue[]): AppError {
  const number = String(base?.number ?? 0);
  const why = issue === undefined ? 'it has errors' : issue.message;
  return new AppError(
    'not-found',
    `cannot compare the configuration: this version cannot read revision ${number}: ${why}; --base 0 compares it with nothing`,
  );
}

function asBase(
  { lineage, number, digest, text, decided }: Revision,
  { counts }: HeldContent,
): NonNullable<PreviewQuestion['base']> {
  const isRolledBack = decided === 'rolled-back';
  const of = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const lacking = of - (counts.get(digest) ?? 0);
  return {
    ...{ lineage, number, digest, text },
    ...(isRolledBack && { isRolledBack }),
    ...(lacking > 0 && { lacking: { nodes: lacking, of } }),
  };
}

function awayNodes({ fleet, now }: PreviewDeps): PreviewQuestion['away'] {
  const here = Date.parse(now());
  return fleet.records().flatMap((record) => {
    if (record.connection !== undefined) return [];
    const lastSeenAt = fleet.lastSeenAt(record);
    const age = Math.floor((here - Date.parse(lastSeenAt)) / 1000);
    // A clock that was set back, or a time that cannot be read, is no age.
    return [{ name: record.name, lastSeenAt, ageSeconds: age > 0 ? age : 0 }];
  });
}

/** The names as the fleet spells them. @throws AppError not-found */
function knownNames(given: readonly string[], fleet: PreviewDeps['fleet']): readonly string[] {
  const known = new Set(fleet.records().map(({ name }) => name));
  return given.map((text) => {
    const name = text.toLowerCase();
    if (known.has(name)) return name;
    const nearest = nearestName(name, [...known]);
    const hint =
      nearest === undefined ? 'calico-controller nodes lists them' : `is it "${nearest}"?`;
    throw new AppError(
      'not-found',
      `the controller knows no node "${printable(text.slice(0, 300))}"; ${hint}`,
    );
  });
}

function tooMany(count: number): AppError {
  return new AppError(
    'bad-request',
    `cannot show ${String(count)} nodes whole: name at most ${String(mostChosen)}`,
  );
}
