/**
 * What K3s fixes when a cluster starts for the first time, and what a change of the CNI costs on a
 * living node. Sources: issues 2603, 3967, 3489, 5514, 3409 and 8100 of k3s-io/k3s; docs.k3s.io
 * networking/basic-network-options.
 */
import { issueAt } from '../../../findings.ts';
import type { Issue } from '../../../issue.ts';
import { printable } from '../../../printable.ts';
import { canonicalItem } from '../canonical-item.ts';
import { defaultDns } from '../default-dns.ts';
import { backendName } from '../flannel-backends.ts';
import { itemsInForce, textInForce, type GivenFlags } from '../merge.ts';
import type { DesiredFlag } from './desired-flags.ts';

/** The first start of a node: whether it was, and how that is known. */
export interface FirstStart {
  readonly was: boolean;
  /** A file or folder that K3s made then, or why it is not known. */
  readonly because: string;
}

/** The ranges that flannel uses, from its own file. */
export interface LivingFlannel {
  readonly file: string;
  readonly networks: readonly string[];
  readonly backend?: string;
}

const newCluster =
  'it takes a new cluster: keep the manifests and volumes, run k3s-uninstall.sh on every node, write this configuration first, and install again';

const whatItTakes: ReadonlyMap<string, string> = new Map([
  ['cluster-cidr', newCluster],
  ['service-cidr', newCluster],
  [
    'cluster-dns',
    'the Service kube-system/kube-dns keeps its address: it has to be deleted and made anew, all nodes restarted, and all pods recreated; do it by hand in the files of K3s, then set it here',
  ],
  [
    'cluster-domain',
    'tokens and certificates carry the name: restart all servers, then recreate all pods; do it by hand in the files of K3s, then set it here',
  ],
]);

/** @param before what K3s gets now. @param after with our file as it is to be */
export function checkFirstStart(
  flags: readonly DesiredFlag[],
  before: GivenFlags,
  after: GivenFlags,
  start: FirstStart,
  flannel: LivingFlannel | undefined,
): readonly Issue[] {
  if (!start.was) return [];
  return flags.flatMap((flag) => {
    const takes = whatItTakes.get(flag.name);
    if (takes === undefined) return [];
    const asked = valuesOf(after, flag.name);
    // Later changes of the files are corrected as long as flannel uses another range.
    const isKnown = flag.name === 'cluster-cidr' && (flannel?.networks.length ?? 0) > 0;
    const lives = isKnown
      ? (flannel?.networks ?? []).map(canonicalItem)
      : valuesOf(before, flag.name);
    const isSame = isKnown ? sameItems(lives, asked) : lives.join() === asked.join();
    if (isSame) return [];
    const message = `${flag.setting} asks for ${printable(asked.join(','))}, and this node lives with ${printable(lives.join(','))}: K3s fixes ${flag.name} at the first start (${start.because})`;
    return [issueAt(flag.place, 'error', 'k3s-fixed-at-first-start', message, takes)];
  });
}

function valuesOf(given: GivenFlags, name: string): readonly string[] {
  const items = itemsInForce(given, name).map(canonicalItem);
  return name === 'cluster-dns' && items.length === 0 ? defaultDns(given) : items;
}

function sameItems(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((item) => other.includes(item));
}

/** flannel's own file says more than the files of K3s, unless it is a left-over. */
export function runningBackend(before: GivenFlags, flannel: LivingFlannel | undefined): string {
  const given = backendName(textInForce(before, 'flannel-backend') ?? '');
  return given === 'none' ? given : backendName(flannel?.backend ?? given);
}

/**
 * A change of flannel's backend, or of flannel for another CNI: a loss that a person has to accept
 * (core/plan/order/find-losses.ts).
 */
export function checkCniChange(
  flags: readonly DesiredFlag[],
  before: GivenFlags,
  start: FirstStart,
  flannel: LivingFlannel | undefined,
): readonly Issue[] {
  const flag = flags.find(({ name }) => name === 'flannel-backend');
  if (flag?.form !== 'value' || !start.was) return [];
  const running = runningBackend(before, flannel);
  if (running === flag.value) return [];
  const message = `${flag.setting} changes flannel's backend of a living cluster from ${printable(running)} to ${flag.value}: pods of nodes with the old one and the new one do not reach each other until all nodes are restarted, servers first`;
  const hint =
    flag.value === 'none'
      ? 'K3s calls it unsupported; install Calico right after the servers are restarted, then reboot every node: its pods keep addresses and interfaces of flannel until then'
      : 'K3s calls it unsupported; it works where all servers have it and every node is rebooted, servers first';
  return [issueAt(flag.place, 'warning', 'loss-cni', message, hint)];
}
