/** The texts of a fleet's records, in the forms that the schemas give. */
import { jsonBounds } from '../../../core/input/bounds.ts';
import { withoutUnknownFields } from '../../../core/input/newer-data.ts';
import { parseJson } from '../../../core/input/parse-json.ts';
import type { Revision } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { StoredFleet, StoredNode } from '../../../schemas/generated/controller-state.ts';
import { isControllerState } from '../../../schemas/generated/controller-state.validator.js';
import type { StoredAnswer } from '../../../schemas/generated/node-answer.ts';
import { isNodeAnswer } from '../../../schemas/generated/node-answer.validator.js';
import { isRevision } from '../../../schemas/generated/revision.validator.js';
import type { StoredRecord } from '../../ports/store.ts';

const formatVersion = 1;

/** @throws AppError internal for a node that could not be read again */
export function nodeText(cluster: string, node: StoredNode): string {
  const alone: StoredFleet = { formatVersion, cluster, nodes: [node] };
  if (isControllerState(alone)) return JSON.stringify({ formatVersion, ...node });
  throw new AppError(
    'internal',
    `cannot store the node "${node.name}": it could not be read again`,
  );
}

export function nodeOf(cluster: string, record: StoredRecord): StoredNode {
  const { formatVersion: _format, ...node } = dataOf(record);
  const alone: unknown = { formatVersion, cluster, nodes: [node] };
  // A node that a newer version has stored is known after a downgrade, too.
  const found = withoutUnknownFields(alone, isControllerState)?.nodes[0];
  if (found !== undefined) return found;
  throw unreadable(record);
}

/** @throws AppError internal for answers that could not be read again */
export function answerText(answer: StoredAnswer): string {
  const { node } = answer;
  if (isNodeAnswer(answer)) return JSON.stringify(answer);
  throw new AppError(
    'internal',
    `cannot store the answers of the node "${node}": they could not be read again`,
  );
}

/** The answers; undefined: they do not have their form, or a newer version wrote them. */
export function answerOf({ text }: StoredRecord): StoredAnswer | undefined {
  const parsed = parseJson(text, jsonBounds.storedAnswer);
  return parsed.ok ? withoutUnknownFields(parsed.data, isNodeAnswer) : undefined;
}

/** The revision; undefined: it does not have its form. */
export function revisionOf(record: StoredRecord): Revision | undefined {
  const data: unknown = dataOf(record);
  return isRevision(data) ? data : undefined;
}

export function identityText(cluster: string): string {
  return JSON.stringify({ formatVersion, cluster });
}

export function clusterOf(record: StoredRecord): string {
  const { cluster } = dataOf(record);
  if (typeof cluster === 'string') return cluster;
  throw unreadable(record);
}

export function numbersText(lastNumber: number): string {
  return JSON.stringify({ formatVersion, lastNumber });
}

export function lastNumberOf(record: StoredRecord): number {
  const { lastNumber } = dataOf(record);
  if (Number.isSafeInteger(lastNumber)) return Number(lastNumber);
  throw unreadable(record);
}

/** @throws AppError newer-format, corrupt-file */
function dataOf(record: StoredRecord): Readonly<Record<string, unknown>> {
  const parsed = parseJson(record.text, jsonBounds.state);
  const { data } = parsed.ok ? parsed : { data: undefined };
  if (typeof data !== 'object' || data === null || Array.isArray(data)) throw unreadable(record);
  const version: unknown = Reflect.get(data, 'formatVersion');
  if (typeof version !== 'number') throw unreadable(record);
  if (version > formatVersion) throw newerFormat(record, version);
  return { ...data };
}

function newerFormat({ kind, key }: StoredRecord, version: number): AppError {
  return new AppError(
    'newer-format',
    `cannot read the ${kind} "${key}" in the store: it has format version ${String(version)}, and this ` +
      `version knows at most ${String(formatVersion)}; install the newer version again`,
  );
}

function unreadable({ kind, key }: StoredRecord): AppError {
  return new AppError(
    'corrupt-file',
    `cannot read the ${kind} "${key}" in the store: it does not have the form that this version writes`,
  );
}
