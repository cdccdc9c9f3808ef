/** The status's part about the outcome of a pass. */
import { nameSome } from '../../../core/name-some.ts';
import { nodeWithoutPeers } from '../../../core/resolve/resolution.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { revisionName } from '../state/revision-name.ts';
import { isOwnShare } from '../derive/later-share.ts';
import type { Activity } from '../status/status-board.ts';
import type { Confirming } from '../confirm/confirm-view.ts';
import type { Outcome } from './outcome.ts';

/** The outcome of a pass that nobody stopped. */
export type Ended = Exclude<Outcome, { readonly result: 'stopped' }>;

type EndedAs<Result extends Ended['result']> = Extract<Ended, { readonly result: Result }>;

/** Knowledge of the agent besides the outcome. */
export interface Known {
  /** Hints that follow "is in force". */
  readonly hints: string;
  /** RFC 3339; when the drift was first found, where there is one. */
  readonly driftSince: string;
  /** The confirmation for which the revision waits. */
  readonly confirming?: Confirming | undefined;
}

const brakedText =
  '; it was corrected 5 times within 10 minutes, so another program writes against it: for now it is only reported';
const correctHint = ' (calico-agent drift --correct corrects it all the same)';

export function activityOf(revision: RevisionRef, outcome: Ended, known: Known): Activity {
  const name = revisionName(revision);
  switch (outcome.result) {
    case 'entered':
    case 'unchanged': {
      const { byOthers, unreadable } = outcome;
      const { confirming } = known;
      const hints = sessionHint(outcome) + shareHint(outcome) + known.hints;
      if (confirming === undefined) {
        return { state: 'in-force', message: `${name} is in force${hints}`, byOthers, unreadable };
      }
      const message = `${name} is in force${confirmingText(confirming)}${hints}`;
      const isStuck = confirming.until === undefined;
      return {
        state: 'confirming',
        message,
        byOthers,
        unreadable,
        ...(isStuck && { needsPerson: true }),
      };
    }
    case 'held':
      return { state: 'held', message: `${name}: ${heldText(outcome)}` };
    case 'awaiting-writer': {
      const message = `${name}: this node's changes are applied; ${outcome.why}`;
      return { state: 'awaiting-writer', message };
    }
    case 'awaiting-gate': {
      const { progress, waits, why } = outcome;
      const message = `${name}: ${stepText(progress)}, ${why}`;
      return { state: 'awaiting-gate', message, progress: { ...progress, gates: [...waits] } };
    }
    case 'awaiting-system':
      return { state: 'waiting', message: `${name} waits: ${outcome.why}` };
    case 'awaiting-node': {
      const { why, needsPerson } = outcome;
      const message = `${name} waits: ${why}`;
      return { state: 'waiting', message, ...(needsPerson && { needsPerson }) };
    }
    case 'drifted': {
      const objects = driftedObjects(outcome);
      const message = `${name} is in force, but ${driftText(outcome, objects)}`;
      const { byOthers } = outcome;
      return {
        state: 'drifted',
        message,
        drift: { objects, ...driftedFiles(outcome), since: known.driftSince },
        byOthers,
      };
    }
  }
}

function confirmingText({ mode, until, previous, unhealthy }: Confirming): string {
  if (until === undefined) {
    return `, but the node is not healthy, and there is no earlier revision to roll back to: ${unhealthy ?? ''}`;
  }
  const when =
    mode === 'person'
      ? 'unless a person runs calico-agent confirm'
      : 'unless the node is healthy by then';
  const back =
    previous === undefined
      ? 'it counts as failed'
      : `the agent rolls back to ${revisionName(previous)}`;
  return ` and not confirmed yet: at ${until} ${back}, ${when}`;
}

function driftedFiles({ fields }: EndedAs<'drifted'>): { readonly files?: number } {
  const files = driftedObjects({ fields: fields.filter(({ kind }) => kind === 'File') });
  return files === 0 ? {} : { files };
}

/** The number of objects that somebody else changed. */
function driftedObjects({ fields }: Pick<EndedAs<'drifted'>, 'fields'>): number {
  return new Set(fields.map(({ kind, name }) => `${kind}/${name}`)).size;
}

export function stepText({ step, steps, title }: EndedAs<'awaiting-gate'>['progress']): string {
  return `step ${String(step)} of ${String(steps)}, "${title}"`;
}

function sessionHint({ derived, byOthers }: EndedAs<'entered' | 'unchanged'>): string {
  if (!derived.issues.some(({ code }) => code === nodeWithoutPeers)) return '';
  return byOthers.length === 0
    ? ', but the mesh is off and this node has no peer: it has no BGP session'
    : `; its peers are outside of this configuration: BGPPeer ${nameSome(byOthers)}`;
}

function shareHint({ derived }: EndedAs<'entered' | 'unchanged'>): string {
  return isOwnShare(derived)
    ? ' on this node alone: the cluster-wide resources stay as they are until the controller sends a revision that includes them'
    : '';
}

function heldText({ hold, changes }: EndedAs<'held'>): string {
  const waiting = changes === 1 ? '1 change waits' : `${String(changes)} changes wait`;
  const scope = hold.scope === 'cluster' ? ' for the whole cluster' : '';
  return `${waiting}; ${hold.by} put writing on hold${scope}: ${hold.why}`;
}

function driftText({ isBraked, refused }: EndedAs<'drifted'>, objects: number): string {
  const what = `${String(objects)} object${objects === 1 ? '' : 's'}`;
  // Leaves out the hint where the agent would refuse the command.
  const hint = refused === undefined ? correctHint : `; ${refused}`;
  const braked = isBraked ? brakedText + hint : '';
  return `somebody else changed ${what}: see calico-agent drift${braked}`;
}
