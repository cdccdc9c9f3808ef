/** Chains of network policies that kube-router, which K3s has in its own process, left behind. */
import { nameSome } from '../../name-some.ts';
import type { Platform, PlatformIssue } from '../../../schemas/generated/agent-api/platform.ts';
import { fileIssue } from '../file-issues.ts';
import { policyChains } from './left-overs.ts';

/** By family, as iptables-save prints them; undefined: not known. */
export type FilterRules = Readonly<Record<'ipv4' | 'ipv6', string | undefined>>;

/** CNIs beside which a chain of kube-router's is a left-over, unless kube-router runs for its policies alone. */
const otherCnis: ReadonlySet<string> = new Set(['calico', 'flannel', 'cilium-cni']);

/**
 * Whether K3s runs its own controller of network policies. Undefined on a K3s agent: the flag is one of the
 * servers, and an agent does not start with it.
 */
export function hasPolicyController({
  platform,
  properties,
  values,
}: Pick<Platform, 'platform' | 'properties' | 'values'>): boolean | undefined {
  if (platform !== 'k3s') return false;
  if (properties.some(({ name, value }) => name === 'role' && value === 'agent')) return undefined;
  return values.find(({ name }) => name === 'disable-network-policy')?.value !== 'true';
}

/** @param plugins of the CNI configuration in force */
export function mayHaveLeftRules(
  report: Pick<Platform, 'platform' | 'properties' | 'values'>,
  plugins: readonly string[],
): boolean {
  const { platform } = report;
  if (platform === 'none' || platform === 'microk8s') return false;
  return hasPolicyController(report) !== true && plugins.some((plugin) => otherCnis.has(plugin));
}

export function checkRules(
  report: Pick<Platform, 'platform' | 'properties' | 'values'>,
  rules: FilterRules,
): readonly PlatformIssue[] {
  const families = ['ipv4', 'ipv6'] as const;
  const unknown = families.filter((family) => rules[family] === undefined);
  const left = families.flatMap((family) => policyChains(rules[family] ?? ''));
  return [
    ...(left.length === 0 ? [] : [leftRules(report, left)]),
    ...(unknown.length === 0 ? [] : [unknownRules(unknown)]),
  ];
}

function leftRules(
  report: Pick<Platform, 'platform' | 'properties' | 'values'>,
  chains: readonly string[],
): PlatformIssue {
  const isSure = report.platform === 'k3s' && hasPolicyController(report) === false;
  const unless =
    report.platform === 'k3s'
      ? 'unless disable-network-policy is false on the servers'
      : 'unless kube-router runs on this node';
  const message = `the packet filter has ${String(chains.length)} chains of kube-router's network policies (${nameSome(chains)}), and another CNI is in force: ${isSure ? '' : `${unless}, `}nobody updates them, and they drop packets of pods by old policies`;
  const hint =
    'calico-agent platform clean kube-router shows them, and takes them away with --yes; so does a reboot';
  return fileIssue('warning', undefined, { code: 'cni-left-over-rules', message, hint });
}

function unknownRules(families: readonly ('ipv4' | 'ipv6')[]): PlatformIssue {
  const programs = { ipv4: 'iptables-save', ipv6: 'ip6tables-save' } as const;
  const names = families.map((family) => programs[family]).join(' and ');
  const message = `${names} gave no answer: whether chains of kube-router are left is not known`;
  const hint = 'run calico-agent platform as root: the daemon has no right to read these rules';
  return fileIssue('note', undefined, { code: 'cni-rules-unknown', message, hint });
}
