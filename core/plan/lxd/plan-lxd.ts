/** Desired × observed of an LXD host → the least changes, additions before removals. */
import { byText } from '../../by-text.ts';
import { issueAt } from '../../findings.ts';
import { hasErrors, type Issue } from '../../issue.ts';
import { nameSome } from '../../name-some.ts';
import { printable } from '../../printable.ts';
import type { FieldChange, LxdChange, Plan, Step } from '../plan.ts';
import type { Reason } from '../../resolve/resolution.ts';
import { chooseProfiles, type ChosenProfile } from './choose-profiles.ts';
import {
  leftIssues,
  lxdAbsent,
  noteOfAnother,
  noteUnreadable,
  strippedIssues,
} from './lxd-issues.ts';
import type { DesiredLxd } from '../../lxd/desired-lxd.ts';
import {
  isSame,
  mergeProfile,
  modulesKey,
  nothingAsked,
  onlyNoted,
  type Asked,
} from '../../lxd/merge-profile.ts';
import { noteKey, readNote } from '../../lxd/note.ts';
import type {
  ObservedLxd,
  LxdDaemon,
  ObservedProfile,
  ProfileContent,
} from '../../lxd/observed-lxd.ts';
import { bpffsPath, type LxdSettings, type Properties } from '../../lxd/settings.ts';

type Lxd = Extract<LxdDaemon, { readonly state: 'there' }>;
type Planned = Plan<LxdChange>;

/** Pure; with an error it has no steps. */
export function planLxd(desired: DesiredLxd, { daemon, bpffsMounted }: ObservedLxd): Planned {
  const { settings } = desired;
  if (daemon.state === 'absent') {
    const issues = settings === undefined ? [] : [lxdAbsent(settings, daemon.why)];
    return planned([], issues);
  }
  const { chosen, issues } =
    settings === undefined ? { chosen: [], issues: [] } : chooseProfiles(settings, daemon);
  const asked = settings ?? nothingAsked;
  const set = chosen.map((one) => setProfile(one, asked, settings));
  const unset = unwantedProfiles(daemon, chosen, desired.pruneIn).map((one) =>
    takeAway(one, daemon),
  );
  const stripped = settings === undefined ? unset.flatMap(({ change }) => change ?? []) : [];
  const found = [
    ...issues,
    ...strippedIssues(stripped),
    ...[...set, ...unset].flatMap((one) => one.issues),
  ];
  if (hasErrors(found)) return planned([], found);
  const needsMount = settings?.bpffs === true && chosen.length > 0 && !bpffsMounted;
  return planned(
    [
      step(
        'Mount the BPF file system on the host',
        'the containers are shown what is mounted there',
        needsMount ? [{ action: 'mount-bpffs', path: bpffsPath }] : [],
      ),
      step(
        'Set the LXD profiles',
        'containers that run get new devices at once',
        set.flatMap((one) => one.change ?? []),
      ),
      step(
        'Take out of other LXD profiles what was ours',
        'the profiles that replace them are set',
        unset.flatMap((one) => one.change ?? []),
      ),
    ].filter(({ changes }) => changes.length > 0),
    found,
  );
}

interface ProfilePlan {
  readonly change?: LxdChange;
  readonly issues: readonly Issue[];
}

function setProfile(
  { profile, reasons, chosenBy, keepsOnly }: ChosenProfile,
  whole: Asked,
  settings: LxdSettings | undefined,
): ProfilePlan {
  const place = settings?.place ?? { pointer: '' };
  const read = readNote(profile);
  if (!read.ok) return { issues: [noteUnreadable(profile, read.why, place)] };
  const asked = keepsOnly === true ? onlyNoted(whole, read.note) : whole;
  const { content, conflicts, left } = mergeProfile(profile, asked, read.note);
  const issues = [
    ...conflicts.map(({ desired, found }) =>
      issueAt(
        desired.place,
        'error',
        'lxd-device-taken',
        `profile "${printable(profile.name)}" has a device "${printable(found)}" for the same name or path, and it is another one`,
        `lxc profile device remove ${profile.name} ${found}, if nothing needs it`,
      ),
    ),
    ...leftIssues(profile, left, place),
    ...(read.isOfAnother === true ? [noteOfAnother(profile, place)] : []),
  ];
  const isNew = chosenBy === 'container' && read.note === undefined;
  return {
    ...changeOf(profile, content, { isNew, reasonsOf: reasonsFrom(asked, reasons) }),
    issues,
  };
}

function takeAway(profile: ObservedProfile, lxd: Lxd): ProfilePlan {
  const place = { pointer: '' };
  const read = readNote(profile);
  if (!read.ok) return { issues: [noteUnreadable(profile, read.why, place)] };
  if (read.isOfAnother === true) return { issues: [noteOfAnother(profile, place)] };
  const { content, left } = mergeProfile(profile, nothingAsked, read.note);
  const losing = lxd.containers.filter(
    (one) =>
      one.inside !== undefined &&
      one.profilesIn === profile.project &&
      one.profiles.includes(profile.name),
  );
  const isLosing = Object.keys(profile.content.devices).some(
    (name) => content.devices[name] === undefined,
  );
  const unplugged =
    losing.length === 0 || !isLosing
      ? []
      : [
          issueAt(
            place,
            'warning',
            'lxd-device-unplugged',
            `what is taken out of profile "${printable(profile.name)}" is unmounted at once in the containers that run: ${nameSome(losing.map(({ name }) => name))}`,
          ),
        ];
  const issues = [...unplugged, ...leftIssues(profile, left, place)];
  return { ...changeOf(profile, content, { isNew: false, reasonsOf: () => [] }), issues };
}

interface ChangeDetails {
  readonly isNew: boolean;
  readonly reasonsOf: (path: string) => readonly Reason[];
}

function changeOf(
  { project, name, content: before }: ObservedProfile,
  after: ProfileContent,
  { isNew, reasonsOf }: ChangeDetails,
): Pick<ProfilePlan, 'change'> {
  const fields = diffProfile(before, after).map((field) => ({
    ...field,
    reasons: reasonsOf(field.path),
  }));
  if (fields.length === 0) return {};
  return {
    change: { action: 'set-lxd-profile', project, profile: name, isNew, before, after, fields },
  };
}

type Difference = Omit<FieldChange, 'reasons'>;

function diffProfile(before: ProfileContent, after: ProfileContent): readonly Difference[] {
  const namesIn = (one: object, other: object): readonly string[] =>
    [...new Set([...Object.keys(one), ...Object.keys(other)])].toSorted(byText);
  const config = namesIn(before.config, after.config)
    .filter((key) => before.config[key] !== after.config[key])
    .map((key) => ({
      path: `config.${key}`,
      before: before.config[key],
      after: after.config[key],
    }));
  const devices = namesIn(before.devices, after.devices)
    .filter((name) => !isSameDevice(before.devices[name], after.devices[name]))
    .map((name) => ({
      path: `devices.${name}`,
      before: before.devices[name],
      after: after.devices[name],
    }));
  return [...devices, ...config];
}

function isSameDevice(one: Properties | undefined, other: Properties | undefined): boolean {
  return one !== undefined && other !== undefined && isSame(one, other);
}

/** The place of each value, and why it is this profile. */
function reasonsFrom(
  asked: Asked,
  reasons: readonly Reason[],
): (path: string) => readonly Reason[] {
  const places = new Map<string, readonly Reason[]>([
    ...asked.devices.map(
      ({ name, place }) => [`devices.${name}`, [{ rule: 'lxd', place }]] as const,
    ),
    ...asked.config.map(({ key, place }) => [`config.${key}`, [{ rule: 'lxd', place }]] as const),
    [
      `config.${modulesKey}`,
      asked.kernelModules.map(({ place }) => ({ rule: 'lxd', place })),
    ] as const,
  ]);
  return (path) => (path === `config.${noteKey}` ? [] : [...(places.get(path) ?? []), ...reasons]);
}

function unwantedProfiles(
  lxd: Lxd,
  chosen: readonly ChosenProfile[],
  pruneIn: readonly string[],
): readonly ObservedProfile[] {
  const projects = new Set(
    lxd.projects.filter(({ name }) => pruneIn.includes(name)).map(({ profilesIn }) => profilesIn),
  );
  return lxd.profiles
    .filter(
      ({ project, content }) => projects.has(project) && content.config[noteKey] !== undefined,
    )
    .filter(
      ({ project, name }) =>
        !chosen.some(({ profile }) => profile.project === project && profile.name === name),
    )
    .toSorted((a, b) => byText(a.project, b.project) || byText(a.name, b.name));
}

function planned(steps: readonly Step<LxdChange>[], issues: readonly Issue[]): Planned {
  return { formatVersion: 1, steps, issues };
}

function step(title: string, why: string, changes: readonly LxdChange[]): Step<LxdChange> {
  return { title, why, gates: [], changes };
}
