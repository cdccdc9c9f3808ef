/** Turns a change into requests, with one function per action. */
import type { Change } from '../../../../core/plan/plan.ts';
import { observeObject } from '../../../../core/observe/observe-object.ts';
import { printable } from '../../../../core/printable.ts';
import type { CalicoResource, ResourceKind } from '../../../../core/calico/resource.ts';
import { markedBy, ownerOf, stamped } from '../../../../core/render/ownership.ts';
import { ApiRefusal } from '../../../../runtime/kubernetes/api-refusal.ts';
import { nodePath, readNode } from '../observe.ts';
import { keptObject, type KeptObject } from '../objects/kept-object.ts';
import { drainPool } from './drain-pool.ts';
import { fieldManager } from '../objects/managed-fields.ts';
import { nodePatch } from '../objects/node-settings.ts';
import { changedMeanwhile, fieldConflict, noSuchNode } from './refusal.ts';
import { releaseWrite } from './release-write.ts';
import { conflictsOf, saysAlready, updateWrite, type ResourceWrite } from './resource-write.ts';
import type { WriteContext } from './write-context.ts';

type ChangeBy<Action extends Change['action']> = Extract<Change, { readonly action: Action }>;

export function writeChange(change: Change, context: WriteContext): Promise<void> {
  switch (change.action) {
    case 'create':
      return create(change, context);
    case 'update':
      return update(change, context);
    case 'delete':
      return remove(change, context);
    case 'release':
      return release(change, context);
    case 'patch-node':
      return patchNode(change, context);
  }
}

async function create(
  { resource, scope }: ChangeBy<'create'>,
  context: WriteContext,
): Promise<void> {
  const { kind, metadata } = resource;
  const marked = stamped(resource, scope, context.revision);
  const what = `create ${nameOf(kind, metadata.name)}`;
  const { client, api, dryRun, allowance } = context;
  try {
    await client.send({
      what,
      method: 'POST',
      path: api.path(kind),
      // Otherwise the server silently drops a field that this release of Calico does not have.
      query: { fieldManager, fieldValidation: 'Strict', ...(dryRun && { dryRun: 'All' }) },
      body: { apiVersion: api.group, kind, metadata: marked.metadata, spec: marked.spec },
      isFromConfig: true,
      ...(await allowance()),
    });
  } catch (error) {
    if (!(error instanceof ApiRefusal) || error.status !== 409) throw error;
    // The object exists: we made it and the answer got lost, or somebody else did. The next plan
    // decides.
    const current = await readCurrent(context, what, resource, undefined);
    if (current === undefined || !saysAlready(marked, current.kept)) throw changedMeanwhile(what);
  }
}

async function update(change: ChangeBy<'update'>, context: WriteContext): Promise<void> {
  const { before, version } = change;
  const what = `update ${nameOf(before.kind, before.metadata.name)}`;
  const current = await currentOf(context, what, before, version);
  if (current === undefined) throw changedMeanwhile(what);
  const marked = markedBy(change, context.revision);
  const wasOurs = ownerOf(before) !== undefined;
  const write = updateWrite({ marked, apiVersion: context.api.group, wasOurs }, current.kept);
  const isPatch = write.contentType === 'application/merge-patch+json';
  // A merge patch finds no conflicts with other managers.
  const conflicts = isPatch && !wasOurs ? conflictsOf(marked, current.kept) : [];
  if (conflicts.length > 0) throw fieldConflict(what, conflicts);
  try {
    await send(context, what, before, write);
  } catch (error) {
    if (isFieldConflict(error)) throw fieldConflict(what, conflictsOf(marked, current.kept));
    throw error;
  }
}

async function remove(
  { before, version }: ChangeBy<'delete'>,
  context: WriteContext,
): Promise<void> {
  const what = `delete ${nameOf(before.kind, before.metadata.name)}`;
  const resourceVersion =
    before.kind === 'IPPool' && !context.dryRun
      ? await drainPool(context, { pool: before, version })
      : (version ?? (await currentOf(context, what, before, undefined))?.kept.version);
  if (resourceVersion === undefined) return;
  const body = {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    preconditions: { resourceVersion },
    ...(context.dryRun && { dryRun: ['All'] }),
  };
  const path = context.api.path(before.kind, before.metadata.name);
  const { client, allowance } = context;
  try {
    await client.send({ what, method: 'DELETE', path, body, ...(await allowance()) });
  } catch (error) {
    const isGone = error instanceof ApiRefusal && error.status === 404;
    if (!isGone || error.reason !== 'NotFound') throw error;
  }
}

async function release(
  { before, version }: ChangeBy<'release'>,
  context: WriteContext,
): Promise<void> {
  const what = `release ${nameOf(before.kind, before.metadata.name)}`;
  const current = await readCurrent(context, what, before, version);
  if (current === undefined) return;
  const { resource, kept } = current;
  if (resource === undefined) throw changedMeanwhile(what);
  await send(context, what, before, releaseWrite(resource, kept));
}

async function patchNode(
  { node, after }: ChangeBy<'patch-node'>,
  { client, dryRun }: WriteContext,
): Promise<void> {
  const found = await readNode(client, node);
  if (found === undefined) throw noSuchNode(node);
  const body = nodePatch(found, after);
  if (body === undefined) return;
  try {
    await client.send({
      what: `patch Node "${printable(node)}"`,
      method: 'PATCH',
      path: nodePath(node),
      query: { fieldManager, ...(dryRun && { dryRun: 'All' }) },
      // Never server-side apply: it would make a Node that is not there.
      contentType: 'application/merge-patch+json',
      body,
      isFromConfig: true,
    });
  } catch (error) {
    throw error instanceof ApiRefusal && error.status === 404 ? noSuchNode(node) : error;
  }
}

async function send(
  { client, api, dryRun, allowance }: WriteContext,
  what: string,
  { kind, metadata }: CalicoResource,
  { contentType, body, force }: ResourceWrite,
): Promise<void> {
  const path = api.path(kind, metadata.name);
  const query = { fieldManager, ...(force && { force }), ...(dryRun && { dryRun: 'All' }) };
  await client.send({
    what,
    method: 'PATCH',
    path,
    query,
    contentType,
    body,
    isFromConfig: true,
    ...(await allowance()),
  });
}

interface Current {
  readonly kept: KeptObject;
  /** Absent: the object no longer has a form that we know. */
  readonly resource?: CalicoResource;
}

/** The object as observed, or as it is now where the change names no version. */
async function currentOf(
  context: WriteContext,
  what: string,
  before: CalicoResource,
  version: string | undefined,
): Promise<Current | undefined> {
  const kept = version === undefined ? undefined : context.seen(before);
  if (kept?.version === version && kept !== undefined) return { kept, resource: before };
  return readCurrent(context, what, before, version);
}

async function readCurrent(
  { client, api }: WriteContext,
  what: string,
  { kind, metadata }: CalicoResource,
  version: string | undefined,
): Promise<Current | undefined> {
  const object = await client.find(what, api.path(kind, metadata.name));
  if (object === undefined) return undefined;
  const kept = keptObject(object);
  if (version !== undefined && kept.version !== version) throw changedMeanwhile(what);
  const observed = observeObject(kind, metadata.name, object);
  return observed.kind === 'resource' ? { kept, resource: observed.resource } : { kept };
}

function nameOf(kind: ResourceKind, name: string): string {
  return `${kind} "${printable(name)}"`;
}

function isFieldConflict(error: unknown): boolean {
  if (!(error instanceof ApiRefusal) || error.status !== 409) return false;
  return error.causes.some(({ reason }) => reason === 'FieldManagerConflict');
}
