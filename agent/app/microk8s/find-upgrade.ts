/** Finds which three manifests an upgrade of Calico merges. Reads only. */
import { parseCniManifest } from '../../../core/platform/microk8s/cni-manifest.ts';
import { checkRefresh, imageVersion } from '../../../core/platform/microk8s/check-refresh.ts';
import { snapData } from '../../../core/platform/microk8s/report-microk8s.ts';
import type {
  NamedManifest,
  ThreeManifests,
} from '../../../core/platform/microk8s/merge/merge-manifests.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { HostFiles } from '../../ports/platform/host-files.ts';

export type FoundUpgrade =
  | { readonly due: false; readonly version: string }
  | ({
      readonly due: true;
      /** The text that is in cni.yaml now; not `mine` where a refresh replaced it. */
      readonly current: string;
      readonly from: string;
      readonly to: string;
      /** A refresh of the snap replaced cni.yaml: `mine` is what was there before. */
      readonly isAfterRefresh: boolean;
    } & ThreeManifests);

const snap = '/snap/microk8s';
const resource = 'upgrade-scripts/000-switch-to-calico/resources/calico.yaml';
const manifestFile = `${snapData}/args/cni-network/cni.yaml`;

/** @param given the text of a file that the person names as the one shipped before @throws AppError */
export async function findUpgrade(files: HostFiles, given?: NamedManifest): Promise<FoundUpgrade> {
  const current = await text(files, manifestFile);
  const shipped = await text(files, `${snap}/current/${resource}`);
  const [now, to] = [versionOf(current), versionOf(shipped)];
  if (now !== to) {
    const before = given ?? (await shippedBefore(files, now));
    return {
      due: true,
      current: current.text,
      from: now,
      to,
      isAfterRefresh: false,
      before,
      mine: current,
      shipped,
    };
  }
  const backup = await files.read(`${manifestFile}.backup`);
  if (backup.state !== 'text') return { due: false, version: now };
  const read = parseCniManifest(backup.path, backup.text);
  if (checkRefresh(parseCniManifest(current.file, current.text), read).length === 0) {
    return { due: false, version: now };
  }
  const mine = { file: backup.path, text: backup.text };
  const from = versionOf(mine);
  const before = given ?? (await shippedBefore(files, from));
  return {
    due: true,
    current: current.text,
    from,
    to,
    isAfterRefresh: true,
    before,
    mine,
    shipped,
  };
}

async function text(files: HostFiles, path: string): Promise<NamedManifest> {
  const file = await files.read(path);
  if (file.state === 'text') return { file: path, text: file.text };
  const why = file.state === 'absent' ? 'there is no such file' : file.why;
  throw new AppError(
    'not-found',
    `cannot read "${path}": ${why}; this command is for nodes of MicroK8s with Calico, and runs as root`,
  );
}

function versionOf({ file, text: content }: NamedManifest): string {
  const { daemonSets, issues } = parseCniManifest(file, content);
  const version = imageVersion(daemonSets[0]?.image);
  if (version !== undefined) return version;
  const [issue] = issues;
  const why =
    issue === undefined
      ? 'it has no DaemonSet calico-node with a version in its image'
      : `line ${String(issue.line ?? 0)}: ${issue.message}`;
  throw new AppError('invalid-config', `cannot find the version of Calico in "${file}": ${why}`);
}

/** snapd keeps the snap of before: its own folder has the manifest that it shipped. */
async function shippedBefore(files: HostFiles, version: string): Promise<NamedManifest> {
  const revisions = (await files.list(snap)).names.filter((name) => /^x?\d+$/.test(name));
  for (const revision of revisions.toReversed()) {
    const file = await files.read(`${snap}/${revision}/${resource}`);
    if (file.state !== 'text') continue;
    const found = imageVersion(parseCniManifest(file.path, file.text).daemonSets[0]?.image);
    if (found === version) return { file: file.path, text: file.text };
  }
  throw new AppError(
    'not-found',
    `cannot find the manifest that MicroK8s shipped with Calico ${version}: no revision of the snap on this node has it; get ${resource} from the branch of that release in github.com/canonical/microk8s, and name it with --shipped-before FILE`,
  );
}
