/**
 * Finds changes that the server would refuse, by sending each as a dry run. The server's schemas
 * explain the refusals.
 */
import { documentHint } from '../../../core/document-hint.ts';
import type { Issue } from '../../../core/issue.ts';
import type { Change, Step } from '../../../core/plan/plan.ts';
import { objectKey, type CalicoResource } from '../../../core/calico/resource.ts';
import { nameSome } from '../../../core/name-some.ts';
import { printable } from '../../../core/printable.ts';
import { valueAt } from '../../../core/input/plain-data.ts';
import { AppError } from '../../../runtime/errors.ts';
import { ApiRefusal, type Cause } from '../../../runtime/kubernetes/api-refusal.ts';
import { missingRights, missingText } from './diagnose/diagnose-rights.ts';
import { forEachAtMost } from '../../../runtime/pacing/limit.ts';
import { drainingRights } from './diagnose/needed-rights.ts';
import { listKind } from './observe.ts';
import { isBeyondInt32, readServerSchema, type ServerSchema } from './write/server-schema.ts';
import { writeChange } from './write/write-change.ts';
import type { WriteContext } from './write/write-context.ts';

export async function preflightSteps(
  steps: readonly Step[],
  context: WriteContext,
  concurrency: number,
): Promise<readonly Issue[]> {
  const issues: Issue[] = [];
  let schema: Promise<ServerSchema> | undefined;
  const readSchema = (): Promise<ServerSchema> =>
    (schema ??= readServerSchema(context.client, context.api.group));
  await forEachAtMost(concurrency, possible(steps), async (change) => {
    try {
      await writeChange(change, { ...context, dryRun: true });
    } catch (error) {
      issues.push(...(await issuesOf(change, error, context, readSchema)));
    }
  });
  return [...issues, ...(await leftByDeletion(steps, context))];
}

/**
 * Warnings for blocks that stay. The agent deletes the pool nevertheless, because the configuration
 * asks for it.
 */
async function leftByDeletion(
  steps: readonly Step[],
  { client, api }: WriteContext,
): Promise<readonly Issue[]> {
  const pools = steps
    .flatMap(({ changes }) => changes)
    .flatMap((change) =>
      change.action === 'delete' && change.before.kind === 'IPPool' ? [change.name] : [],
    );
  if (pools.length === 0) return [];
  const missing = await missingRights(client, drainingRights(api));
  if (missing.length === 0) return [];
  const message = `pool ${nameSome(pools)} is deleted, and its blocks stay: this user lacks ${missingText(missing)}`;
  const role = `apply the ClusterRole of ${documentHint('kubernetes.md')} first`;
  const hint = `${role}: left blocks are in the way of a later pool of another block size`;
  return [{ severity: 'warning', code: 'pool-blocks-stay', pointer: '', message, hint }];
}

/**
 * Leaves out what cannot be tried yet: a creation whose name the same plan frees first, and an
 * update of an object that the same plan creates first.
 */
function possible(steps: readonly Step[]): readonly Change[] {
  const freed = new Set<string>();
  const created = new Set<string>();
  return steps
    .flatMap(({ changes }) => changes)
    .filter((change) => {
      if (change.action === 'delete') freed.add(objectKey(change.before));
      if (change.action === 'create') created.add(objectKey(change.resource));
      if (change.action === 'update') return !created.has(objectKey(change.before));
      return change.action !== 'create' || !freed.has(objectKey(change.resource));
    });
}

/** @throws any error other than a refusal: a failure, or a change by somebody else */
async function issuesOf(
  change: Change,
  error: unknown,
  context: WriteContext,
  readSchema: () => Promise<ServerSchema>,
): Promise<readonly Issue[]> {
  if (error instanceof AppError && error.issues.some(isFieldConflict)) return error.issues;
  if (!(error instanceof ApiRefusal)) throw error;
  if (error.status === 403 && !error.isByWebhook) return [notPermitted(error)];
  const isWritten = change.action === 'create' || change.action === 'update';
  // The server answers 500 to a wrong type or an unknown field in server-side apply, and also while
  // its etcd is away.
  const mayBeContent = [400, 422, 500].includes(error.status);
  if (!isWritten || !mayBeContent) {
    if (error.retryable) throw error;
    return [refused(error)];
  }
  const explained = await explain(change, error, context, await readSchema());
  if (explained.length > 0) return explained;
  if (error.retryable) throw error;
  return [refused(error)];
}

type Written = Extract<Change, { readonly action: 'create' | 'update' }>;

async function explain(
  { resource }: Written,
  error: ApiRefusal,
  context: WriteContext,
  schema: ServerSchema,
): Promise<readonly Issue[]> {
  const what = `${resource.kind} "${printable(resource.metadata.name)}"`;
  const lacking = schema.lacking(resource).map((field): Issue => {
    const message = `cannot write ${what}: this server's release of Calico has no spec.${field}`;
    const hint = "upgrade Calico's CRDs, or leave the setting out";
    return { severity: 'error', code: 'server-lacks-field', pointer: '', message, hint };
  });
  if (lacking.length > 0) return lacking;
  const large = await refusedNumbers(resource, schema.beyondInt32(resource), error, context);
  return large.map((field): Issue => {
    const message = `cannot write ${what}: this server stores numbers up to 2147483647 in spec.${field}: ${error.said}`;
    const hint =
      'give the nodes their AS numbers one by one (they go into annotations, which take any); see calico#13494';
    return { severity: 'error', code: 'server-refuses', pointer: '', message, hint };
  });
}

/**
 * Issues for too large numbers. Most servers accept larger numbers than their schema says, so they
 * are reported only after a refusal.
 */
async function refusedNumbers(
  { kind }: CalicoResource,
  large: readonly string[],
  error: ApiRefusal,
  { client, api }: WriteContext,
): Promise<readonly string[]> {
  if (large.length === 0) return [];
  const named = large.filter((field) => error.causes.some((cause) => isOf(cause, field)));
  // A failure without a cause may be any failure, so the agent tries again.
  if (named.length > 0 || error.causes.length > 0 || error.status === 500) return named;
  const stored = await listKind(client, api, kind, {
    keep: (item) => {
      const fields = large.filter((field) => isBeyondInt32(valueAt(item, 'spec', field)));
      return fields.length === 0 ? undefined : { fields };
    },
  });
  return large.filter((field) => !stored.some(({ fields }) => fields.includes(field)));
}

/** Whether the cause is about this field: `spec.asNumber`, or the same with a dot before it. */
function isOf({ field }: Cause, name: string): boolean {
  return field.replace(/^\./u, '') === `spec.${name}`;
}

function isFieldConflict({ code }: Issue): boolean {
  return code === 'field-conflict';
}

function refused(error: ApiRefusal): Issue {
  const { message } = error;
  return { severity: 'error', code: 'server-refuses', pointer: '', message };
}

function notPermitted(error: ApiRefusal): Issue {
  const { message } = error;
  const hint = `give the agent the ClusterRole of ${documentHint('kubernetes.md')}; calico-agent doctor shows what is missing`;
  return { severity: 'error', code: 'not-permitted', pointer: '', message, hint };
}
