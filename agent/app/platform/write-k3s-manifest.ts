/**
 * Writes MetalLB's HelmChart into the folder from which a K3s server applies manifests. Source: docs.k3s.io
 * packaged-components; k3s pkg/deploy/controller.go (every 15 s, `.skip`, names of --disable).
 */
import { firstDifference } from '../../../core/metallb/install/first-difference.ts';
import { writerOf } from '../../../core/metallb/install/marked-manifest.ts';
import { nameSome } from '../../../core/name-some.ts';
import { unreadableCode } from '../../../core/platform/file-issues.ts';
import { printable } from '../../../core/printable.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Platform } from '../../../schemas/generated/agent-api/platform.ts';
import type { K3sManifests } from '../../ports/platform/k3s-manifests.ts';
import type { PlatformDeps } from './platform-deps.ts';
import { readPlatform } from './read-platform.ts';

/** The Addon of K3s has the name before the first point. */
const addon = 'metallb';
const fileName = `${addon}.yaml`;
const maxShown = 120;

export interface ManifestDeps extends Pick<PlatformDeps, 'files' | 'programs'> {
  readonly manifests: K3sManifests;
}

export interface ManifestPlan {
  readonly folder: string;
  readonly file: string;
  /** The file is there with the same text. */
  readonly isThere: boolean;
  /** The file is there as an agent wrote it for another configuration: its text, and the first line that differs. */
  readonly replaces?: { readonly text: string; readonly difference: string };
  /** The files of this server do not disable ServiceLB. */
  readonly hasServiceLb: boolean;
}

/** Changes nothing. @throws AppError apply-failed where the file cannot or must not be written */
export async function planManifest(deps: ManifestDeps, text: string): Promise<ManifestPlan> {
  const { report, k3s } = await readPlatform(deps);
  if (k3s?.role !== 'server') {
    throw refused(
      k3s === undefined
        ? 'this machine is no K3s server; run the command on one'
        : 'this machine is an agent of K3s, and only servers apply manifests; run the command on a server',
    );
  }
  refuseHidden(report);
  const disabled = (valueOf(report, 'disable') ?? '').split(',');
  if (disabled.includes(addon)) {
    throw refused(`"${addon}" is among the disabled components, so K3s would delete ${fileName}`);
  }
  const folder = `${dataDirOf(report)}/server/manifests`;
  const file = `${folder}/${fileName}`;
  const names = await deps.manifests.list(folder);
  if (names === undefined) {
    throw refused(`the folder "${folder}" is not there; a server makes it at its first start`);
  }
  refuseNeighbours(names, folder);
  const there = await deps.manifests.read(folder, fileName);
  const difference = there === undefined ? undefined : differenceText(there, text);
  if (there !== undefined && difference !== undefined) refuseOther(file, there, difference);
  return {
    folder,
    file,
    isThere: there !== undefined && difference === undefined,
    ...(there !== undefined &&
      difference !== undefined && { replaces: { text: there, difference } }),
    hasServiceLb: !disabled.includes('servicelb'),
  };
}

interface FoundManifest {
  readonly file: string;
  readonly text: string;
  readonly writer: ReturnType<typeof writerOf>;
}

/** Undefined: this machine is no K3s server, or has no such file. @throws AppError where nobody can look */
export async function findManifest(deps: ManifestDeps): Promise<FoundManifest | undefined> {
  const { report, k3s } = await readPlatform(deps);
  if (k3s?.role !== 'server') return undefined;
  refuseHidden(report);
  const folder = `${dataDirOf(report)}/server/manifests`;
  const names = await deps.manifests.list(folder);
  if (names?.includes(fileName) !== true) return undefined;
  const text = await deps.manifests.read(folder, fileName);
  if (text === undefined) return undefined;
  return { file: `${folder}/${fileName}`, text, writer: writerOf(text) };
}

/** @throws AppError; then no file was written, or it is there as a whole */
export async function writeManifest(
  { manifests }: Pick<ManifestDeps, 'manifests'>,
  { folder, file, replaces }: ManifestPlan,
  text: string,
): Promise<void> {
  const isWritten =
    replaces === undefined
      ? await manifests.create(folder, fileName, text)
      : await manifests.replace(folder, fileName, replaces.text, text);
  if (isWritten) return;
  throw refused(`somebody else wrote "${file}" meanwhile; run the command again`);
}

/** Where a file that sets data-dir cannot be read, the folder is not known. */
function refuseHidden({ issues }: Platform): void {
  const hidden = issues.find(
    ({ code, file = '' }) =>
      code === 'k3s-config-elsewhere' ||
      (code === unreadableCode && !/\/(?:cni|flannel)\b/.test(file)),
  );
  if (hidden === undefined) return;
  const what = printable(`${hidden.file ?? ''}: ${hidden.message}`);
  const how = hidden.hint === undefined ? '' : `${printable(hidden.hint)}, or `;
  throw refused(
    `K3s' data directory is not known (${what}); ${how}put what --k3s-manifest prints into its folder server/manifests by hand`,
  );
}

function dataDirOf(report: Platform): string {
  const given = valueOf(report, 'data-dir') ?? '';
  const isPlain = given.startsWith('/') && !given.split('/').includes('..');
  if (isPlain) return given.replace(/\/+$/, '');
  throw refused(`K3s' data-dir ${printable(given)} is not an absolute path`);
}

function valueOf({ values }: Platform, name: string): string | undefined {
  return values.find((value) => value.name === name)?.value;
}

/** Files with which K3s would ignore ours, or would apply another one as the same Addon. */
function refuseNeighbours(names: readonly string[], folder: string): void {
  const skip = names.find((name) => name === `${fileName}.skip`);
  if (skip !== undefined) {
    throw refused(`"${folder}/${skip}" is there, with which K3s ignores ${fileName}; remove it`);
  }
  const twins = names.filter(
    (name) => name !== fileName && name.startsWith(`${addon}.`) && /\.(?:ya?ml|json)$/.test(name),
  );
  if (twins.length === 0) return;
  throw refused(
    `"${folder}" has ${nameSome(twins)}, which for K3s is the same Addon "${addon}"; move it away`,
  );
}

/** For people; undefined: the texts are the same. */
export function differenceText(there: string, text: string): string | undefined {
  // The first line of a file of ours has the digest of the others, and people look for those.
  const isMarked = writerOf(there) !== 'foreign';
  const difference = isMarked
    ? (firstDifference(withoutMark(there), withoutMark(text)) ?? firstDifference(there, text))
    : firstDifference(there, text);
  if (difference === undefined) return undefined;
  const { line, there: found, wanted } = difference;
  return `line ${String(isMarked ? line + 1 : line)} is ${shown(found)}, expected ${shown(wanted)}`;
}

function withoutMark(text: string): string {
  return text.slice(text.indexOf('\n') + 1);
}

/** Somebody wrote or edited the file. */
function refuseOther(file: string, there: string, difference: string): void {
  const writer = writerOf(there);
  if (writer === 'ours') return;
  const what =
    writer === 'edited'
      ? 'was edited since calico-agent wrote it'
      : 'has another content, which calico-agent did not write';
  throw refused(
    `"${file}" ${what}, and is not overwritten: ${difference}; ` +
      'compare it with what --k3s-manifest prints; to replace it, move it out of the folder first, which deletes nothing in the cluster',
  );
}

function shown(line: string | undefined): string {
  return line === undefined ? 'the end of the file' : `"${printable(line.slice(0, maxShown))}"`;
}

function refused(why: string): AppError {
  return new AppError('apply-failed', `cannot write MetalLB's manifest: ${why}`);
}
