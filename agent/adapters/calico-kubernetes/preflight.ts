/**
 * What the server would refuse, asked of itself: each change is sent as a dry run. What the
 * refusals mean is explained by the schemas that the server has.
 */
import type { Issue } from '../../../core/issue.ts';
import type { Change, Step } from '../../../core/plan/plan.ts';
import { keyOf } from '../../../core/plan/key-of.ts';
import { printable } from '../../../core/printable.ts';
import { AppError } from '../../../runtime/errors.ts';
import { ApiRefusal } from '../../../runtime/kubernetes/api-refusal.ts';
import { inParallel } from './in-parallel.ts';
import { readServerSchema, type ServerSchema } from './server-schema.ts';
import { writeChange, type WriteContext } from './write-change.ts';

export async function preflightSteps(
  steps: readonly Step[],
  context: WriteContext,
  concurrency: number,
): Promise<readonly Issue[]> {
  const issues: Issue[] = [];
  let schema: Promise<ServerSchema> | undefined;
  const readSchema = (): Promise<ServerSchema> =>
    (schema ??= readServerSchema(context.client, context.api.group));
  await inParallel(possible(steps), concurrency, async (change) => {
    try {
      await writeChange(change, { ...context, dryRun: true });
    } catch (error) {
      issues.push(...(await issuesOf(change, error, readSchema)));
    }
  });
  return issues;
}

/** What is made under a name that the same plan frees first cannot be tried yet. */
function possible(steps: readonly Step[]): readonly Change[] {
  const freed = new Set<string>();
  return steps
    .flatMap(({ changes }) => changes)
    .filter((change) => {
      if (change.action === 'delete') freed.add(keyOf(change.before));
      return change.action !== 'create' || !freed.has(keyOf(change.resource));
    });
}

/** @throws what is no refusal, but a failure, or a change by somebody else: look again */
async function issuesOf(
  change: Change,
  error: unknown,
  readSchema: () => Promise<ServerSchema>,
): Promise<readonly Issue[]> {
  if (error instanceof AppError && error.issues.some(isFieldConflict)) return error.issues;
  if (!(error instanceof ApiRefusal)) throw error;
  if (error.status === 403) return [notPermitted(error)];
  const isWritten = change.action === 'create' || change.action === 'update';
  // A wrong type or an unknown field in server-side apply is a 500, as an etcd that is away is.
  const mayBeContent = [400, 422, 500].includes(error.status);
  if (!isWritten || !mayBeContent) {
    if (error.retryable) throw error;
    return [refused(error)];
  }
  const explained = explain(change, error, await readSchema());
  if (explained.length > 0) return explained;
  if (error.retryable) throw error;
  return [refused(error)];
}

type Written = Extract<Change, { readonly action: 'create' | 'update' }>;

function explain({ resource }: Written, error: ApiRefusal, schema: ServerSchema): readonly Issue[] {
  const what = `${resource.kind} "${printable(resource.metadata.name)}"`;
  const lacking = schema.lacking(resource).map((field): Issue => {
    const message = `cannot write ${what}: this server's release of Calico has no spec.${field}`;
    const hint = "upgrade Calico's CRDs, or leave the setting out";
    return { severity: 'error', code: 'server-lacks-field', pointer: '', message, hint };
  });
  if (lacking.length > 0) return lacking;
  return schema.beyondInt32(resource).map((field): Issue => {
    const message = `cannot write ${what}: this server stores numbers up to 2147483647 in spec.${field}: ${error.said}`;
    const hint =
      'give the nodes their AS numbers one by one (they go into annotations, which take any); see calico#13494';
    return { severity: 'error', code: 'server-refuses', pointer: '', message, hint };
  });
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
  const hint =
    'give the agent the ClusterRole of docs/kubernetes.md; `calico-agent doctor` shows what is missing';
  return { severity: 'error', code: 'not-permitted', pointer: '', message, hint };
}
