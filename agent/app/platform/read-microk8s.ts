/** Gathers the files of MicroK8s that say what runs on this node. */
import {
  bashFiles,
  kubeliteFiles,
  snapData,
  type MicroK8sInput,
} from '../../../core/platform/microk8s/report-microk8s.ts';
import type { PlatformDeps } from './platform-deps.ts';

/** Paths that commands of the usual document make where SNAP_DATA is unset. */
const strayPaths = [
  '/run/lock/cni-loaded',
  '/run/lock/no-flanneld',
  '/args/flanneld',
  '/args/flanneld-env',
  '/args/flannel-network-mgr-config',
  '/args/cni-network',
];

export async function readMicroK8s({ files }: PlatformDeps): Promise<MicroK8sInput> {
  const snap = '/snap/microk8s/current';
  const args = `${snapData}/args`;
  const names = [...Object.keys(kubeliteFiles), ...bashFiles];
  const read = names.map(async (name) => [name, await files.read(`${args}/${name}`)] as const);
  const strays = await Promise.all(strayPaths.map((file) => files.entry(file)));
  const current = await files.entry(snap);
  const lock = await files.list(`${snapData}/var/lock`);
  const network = await files.list(`${args}/cni-network`);
  return {
    ...(current.state === 'there' && { revision: current.target?.split('/').at(-1) }),
    snapYaml: await files.read(`${snap}/meta/snap.yaml`),
    snapdState: await files.read('/var/lib/snapd/state.json'),
    lockNames: lock.hidden === undefined ? lock.names : undefined,
    hidden: [
      ...[lock, network].flatMap(({ hidden }) => hidden ?? []),
      ...[current, ...strays].filter((entry) => entry.state === 'unreadable'),
    ],
    arguments: Object.fromEntries(await Promise.all(read)),
    manifest: await files.read(`${args}/cni-network/cni.yaml`),
    backup: await files.read(`${args}/cni-network/cni.yaml.backup`),
    strays: strays.filter(({ state }) => state === 'there').map(({ path }) => path),
  };
}
