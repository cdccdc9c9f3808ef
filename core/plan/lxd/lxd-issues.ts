/** The issues of a plan for an LXD host, in words. */
import { issueAt } from '../../findings.ts';
import type { Issue, Place } from '../../issue.ts';
import { nameSome } from '../../name-some.ts';
import { noteKey } from '../../lxd/note.ts';
import type { ObservedProfile } from '../../lxd/observed-lxd.ts';
import type { LxdSettings } from '../../lxd/settings.ts';
import { printable } from '../../printable.ts';
import type { LxdChange } from '../plan.ts';

export function lxdAbsent({ place }: LxdSettings, why: string): Issue {
  return issueAt(
    place,
    'warning',
    'lxd-absent',
    `there is no LXD on this machine: ${why}`,
    'nothing is done until it is there; LXD_DIR in the environment of the agent names another folder',
  );
}

export function noteUnreadable({ name }: ObservedProfile, why: string, place: Place): Issue {
  return issueAt(
    place,
    'error',
    'lxd-note-unreadable',
    `the note in profile "${printable(name)}" of what is ours cannot be read: ${why}`,
    `lxc profile unset ${name} ${noteKey} gives all that is in it to you`,
  );
}

export function leftIssues(
  { name }: ObservedProfile,
  left: readonly string[],
  place: Place,
): readonly Issue[] {
  if (left.length === 0) return [];
  const message = `somebody changed in profile "${printable(name)}" what was ours; it stays, and is yours now: ${nameSome(left)}`;
  return [issueAt(place, 'warning', 'lxd-left-to-you', message)];
}

export function noteOfAnother({ name }: ObservedProfile, place: Place): Issue {
  return issueAt(
    place,
    'warning',
    'lxd-note-copied',
    `profile "${printable(name)}" is a copy of another one, or was renamed: what calico-agent set in that one is yours here`,
    `lxc profile unset ${name} ${noteKey}, and this is not said again`,
  );
}

/** A document without an lxd section may be meant for nodes only. */
export function strippedIssues(changes: readonly LxdChange[]): readonly Issue[] {
  const names = changes.flatMap((one) =>
    one.action === 'set-lxd-profile' ? [`${one.project}/${one.profile}`] : [],
  );
  if (names.length === 0) return [];
  const message = `the configuration has no lxd section: what is ours is taken out of ${nameSome(names)}`;
  return [issueAt({ pointer: '' }, 'warning', 'lxd-section-absent', message)];
}
