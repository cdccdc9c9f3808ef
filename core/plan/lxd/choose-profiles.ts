/** Chooses the profiles of a host to which a configuration applies. */
import { byText } from '../../by-text.ts';
import { nearestName } from '../../nearest-name.ts';
import { issueAt } from '../../findings.ts';
import type { Issue } from '../../issue.ts';
import { printable } from '../../printable.ts';
import type { Reason } from '../../resolve/resolution.ts';
import { matchesName } from '../../lxd/match-name.ts';
import { readNote } from '../../lxd/note.ts';
import type { ObservedContainer, LxdDaemon, ObservedProfile } from '../../lxd/observed-lxd.ts';
import type { LxdSettings } from '../../lxd/settings.ts';

type Lxd = Extract<LxdDaemon, { readonly state: 'there' }>;

export interface ChosenProfiles {
  readonly chosen: readonly ChosenProfile[];
  readonly issues: readonly Issue[];
}

export interface ChosenProfile {
  readonly profile: ObservedProfile;
  /** container: chosen as long as a matching container uses it. */
  readonly chosenBy: 'name' | 'container';
  readonly reasons: readonly Reason[];
  /** Other containers use it as well by now: its noted settings stay, and nothing is added. */
  readonly keepsOnly?: true;
}

export function chooseProfiles(settings: LxdSettings, lxd: Lxd): ChosenProfiles {
  const project = lxd.projects.find(({ name }) => name === settings.project);
  if (project === undefined) return { chosen: [], issues: [projectMissing(settings, lxd)] };
  const profiles = lxd.profiles.filter((one) => one.project === project.profilesIn);
  const containers = lxd.containers.filter((one) => one.project === project.name);
  const sharing = lxd.containers.filter((one) => one.profilesIn === project.profilesIn);
  const found = [
    ...namedProfiles(settings, profiles),
    ...matchingProfiles(settings, profiles, containers, sharing),
  ];
  const chosen = new Map<string, ChosenProfile>();
  for (const one of found.flatMap((part) => part.chosen)) {
    const known = chosen.get(one.profile.name);
    const reasons = [...(known?.reasons ?? []), ...one.reasons];
    chosen.set(one.profile.name, { ...(known ?? one), reasons });
  }
  return {
    chosen: [...chosen.values()].toSorted((a, b) => byText(a.profile.name, b.profile.name)),
    issues: found.flatMap(({ issues }) => issues),
  };
}

function namedProfiles(
  { profiles: named, project }: LxdSettings,
  profiles: readonly ObservedProfile[],
): readonly ChosenProfiles[] {
  return named.map(({ value, place }) => {
    const profile = profiles.find(({ name }) => name === value);
    if (profile !== undefined) {
      const reasons = [{ rule: `profile ${value}`, place }];
      return { chosen: [{ profile, chosenBy: 'name', reasons }], issues: [] };
    }
    const names = profiles.map(({ name }) => name);
    const nearest = nearestName(value, names);
    const hint =
      nearest === undefined
        ? `lxc profile list --project ${project} shows those that it has`
        : `did you mean "${printable(nearest)}"?`;
    const message = `LXD has no profile "${printable(value)}" in its project "${printable(project)}"`;
    return { chosen: [], issues: [issueAt(place, 'error', 'lxd-profile-missing', message, hint)] };
  });
}

function matchingProfiles(
  settings: LxdSettings,
  profiles: readonly ObservedProfile[],
  containers: readonly ObservedContainer[],
  sharing: readonly ObservedContainer[],
): readonly ChosenProfiles[] {
  const { profilesOf, project } = settings;
  const isMeant = ({ name, project: of }: ObservedContainer): boolean =>
    of === project && profilesOf.some(({ value }) => matchesName(value, name));
  const shared = new Set(sharing.filter((one) => !isMeant(one)).flatMap((one) => one.profiles));
  return profilesOf.map(({ value, place }) => {
    const matching = containers.filter(({ name }) => matchesName(value, name));
    if (matching.length === 0) {
      const message = `no container of this host is called "${printable(value)}" (project "${printable(project)}")`;
      return { chosen: [], issues: [issueAt(place, 'note', 'lxd-no-container', message)] };
    }
    const parts = matching.map((container): ChosenProfiles => {
      const found = profileFor(container, profiles, shared);
      const profile = found?.profile;
      const isNamed = settings.profiles.some((one) => one.value === profile?.name);
      const keepsOnly = found?.isShared === true && !isNamed;
      const chosen: readonly ChosenProfile[] =
        profile === undefined
          ? []
          : [
              {
                profile,
                chosenBy: 'container',
                reasons: [{ rule: `container ${container.name}`, place }],
                ...(keepsOnly && { keepsOnly }),
              },
            ];
      if (profile !== undefined && !keepsOnly) return { chosen, issues: [] };
      const message =
        profile === undefined
          ? `container "${printable(container.name)}" has no profile that other containers do not use as well`
          : `other containers than "${printable(container.name)}" use profile "${printable(profile.name)}" by now as well: what is ours in it stays, and nothing is added`;
      const hint = 'name the profile under profiles, and all of its containers get it';
      return { chosen, issues: [issueAt(place, 'warning', 'lxd-profile-shared', message, hint)] };
    });
    return {
      chosen: parts.flatMap(({ chosen }) => chosen),
      issues: parts.flatMap(({ issues }) => issues),
    };
  });
}

interface FoundProfile {
  readonly profile: ObservedProfile;
  readonly isShared: boolean;
}

/**
 * Chooses one profile per container. A profile with our settings keeps them, because moving them
 * would remove the mount for a moment. Otherwise it is the first one that only such containers use:
 * Juju has the model's profile before those of charms, whose names change with the charm. `default`
 * comes last, because new containers get it.
 */
function profileFor(
  { profiles: used }: ObservedContainer,
  profiles: readonly ObservedProfile[],
  shared: ReadonlySet<string>,
): FoundProfile | undefined {
  const own = used
    .flatMap((name) => profiles.find((one) => one.name === name) ?? [])
    .map((profile) => ({ profile, isShared: shared.has(profile.name) }));
  const noted = own.filter(({ profile }) => isNoted(profile));
  const free = own.filter(({ isShared }) => !isShared);
  return (
    noted.find(({ isShared }) => !isShared) ??
    noted[0] ??
    free.find(({ profile }) => profile.name !== 'default') ??
    free[0]
  );
}

/** Whether the profile has a note. An unreadable note counts: it is refused later. */
function isNoted(profile: ObservedProfile): boolean {
  const read = readNote(profile);
  return !read.ok || read.note !== undefined;
}

function projectMissing({ project, place }: LxdSettings, { projects }: Lxd): Issue {
  const nearest = nearestName(
    project,
    projects.map(({ name }) => name),
  );
  const message = `LXD has no project "${printable(project)}"`;
  const hint =
    nearest === undefined
      ? 'lxc project list shows those that it has'
      : `did you mean "${printable(nearest)}"?`;
  return issueAt(place, 'error', 'lxd-project-missing', message, hint);
}
