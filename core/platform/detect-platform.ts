/** Which Kubernetes distribution a node runs, by the marks that each one leaves. */
import type { Platform, PlatformSign } from '../../schemas/generated/agent-api/platform.ts';

type PlatformName = Platform['platform'];
type Installed = Exclude<PlatformName, 'none'>;

/**
 * The files found at the places of `platformMarks`, and the names in the folder of Juju's units.
 */
export interface Found {
  readonly present: ReadonlySet<string>;
  readonly units: readonly string[];
}

interface Mark extends PlatformSign {
  readonly platform: Installed;
  /** Remains after the removal of a platform, so it proves nothing by itself. */
  readonly remains?: true;
}

/** The first platform of this list that has a proof is the one; the others are named beside it. */
export const platformMarks: readonly Mark[] = [
  {
    platform: 'microk8s',
    file: '/snap/microk8s/current',
    says: 'the snap microk8s is installed',
  },
  {
    platform: 'microk8s',
    file: '/var/snap/microk8s/current',
    says: 'the data of the snap microk8s',
    remains: true,
  },
  ...['/etc', '/usr/lib', '/usr/local/lib'].flatMap((folder): readonly Mark[] => [
    {
      platform: 'k3s',
      file: `${folder}/systemd/system/k3s.service`,
      says: 'the unit of a K3s server',
    },
    {
      platform: 'k3s',
      file: `${folder}/systemd/system/k3s-agent.service`,
      says: 'the unit of a K3s agent',
    },
  ]),
  {
    platform: 'k3s',
    file: '/usr/local/bin/k3s',
    says: 'the program k3s, without a unit',
    remains: true,
  },
  { platform: 'kops', file: '/opt/kops/bin', says: "nodeup's programs" },
  { platform: 'kops', file: '/opt/kops/conf', says: "nodeup's configuration" },
  {
    platform: 'kops',
    file: '/etc/systemd/system/kops-configuration.service',
    says: 'the unit that runs nodeup',
  },
  {
    platform: 'kops',
    file: '/lib/systemd/system/kops-configuration.service',
    says: 'the unit that runs nodeup',
  },
  {
    platform: 'kubeadm',
    file: '/var/lib/kubelet/kubeadm-flags.env',
    says: 'kubeadm init or join wrote the flags of the kubelet',
  },
];

const unitFolder = '/var/lib/juju/agents';
const charmUnit = /^unit-(kubernetes-(?:worker|control-plane|master)|calico)-\d+$/;
const order: readonly Installed[] = ['microk8s', 'k3s', 'kops', 'charmed-kubernetes', 'kubeadm'];

export interface Detected {
  readonly platform: PlatformName;
  readonly because: PlatformSign[];
  readonly also: { platform: PlatformName; because: PlatformSign[] }[];
}

export function detectPlatform({ present, units }: Found): Detected {
  const marks = [...platformMarks.filter(({ file }) => present.has(file)), ...charmMarks(units)];
  const found = order.flatMap((platform) => {
    const own = marks.filter((mark) => mark.platform === platform);
    if (own.length === 0) return [];
    const because = own.map(({ file, says }) => ({ file, says }));
    return [{ platform, because, isProven: own.some(({ remains }) => remains !== true) }];
  });
  const [first, ...others] = found.toSorted(
    (one, other) => Number(other.isProven) - Number(one.isProven),
  );
  const also = (first?.isProven === true ? others : found).map(({ platform, because }) => ({
    platform,
    because,
  }));
  if (first?.isProven !== true) return { platform: 'none', because: [], also };
  return { platform: first.platform, because: first.because, also };
}

function charmMarks(units: readonly string[]): readonly Mark[] {
  return units
    .filter((name) => charmUnit.test(name))
    .map((name) => ({
      platform: 'charmed-kubernetes',
      file: `${unitFolder}/${name}`,
      says: 'a unit of Juju that belongs to Charmed Kubernetes',
    }));
}
