/**
 * Calico's backend, its probes, and the encapsulation of the pools that calico-node makes where none exists.
 * The document of MicroK8s replaces Felix' probes by BIRD's; here BIRD's stand beside them.
 */
import type { MicroK8sSettings, PoolBeside } from '../../../config/platform/microk8s-settings.ts';
import type { Place } from '../../../issue.ts';
import { issueAt } from '../../../findings.ts';
import { poolName } from '../check-calico.ts';
import type { CalicoDaemonSet, ManifestValue } from '../cni-manifest.ts';
import { nothingAsked, refusedWith, type Asked } from './asked.ts';
import { reasonOf, type CalicoSetting } from './calico-setting.ts';

export function askMode(
  settings: MicroK8sSettings,
  node: CalicoDaemonSet,
  backend: ManifestValue | undefined,
): Asked {
  const { mode, beside } = settings;
  if (mode === undefined) return askWithoutMode(settings, backend);
  const { value, place } = mode;
  const pools = (beside.pools ?? []).filter(({ disabled }) => disabled !== true);
  const tunnelled = pools.find(({ ipip }) => ipip !== 'Never');
  if (value === 'vxlan' && beside.bgp !== undefined) {
    return refusedWith(withoutBird(beside.bgp, 'mode is vxlan', 'write mode: bgp'));
  }
  if (value === 'vxlan' && tunnelled !== undefined) {
    const message = `pool "${tunnelled.name}" is in IPIP, which needs BIRD for its routes, and mode is vxlan`;
    const hint = 'write mode: bgp, or vxlan: Always in the pool';
    return refusedWith(issueAt(tunnelled.place, 'error', 'cni-ipip-without-bird', message, hint));
  }
  const reasons = reasonOf('mode', place);
  const isBgp = value === 'bgp';
  return {
    files: [],
    calico: [
      { of: 'config', key: 'calico_backend', value: isBgp ? 'bird' : 'vxlan', reasons },
      ...askProbes(isBgp, reasons),
      ...askEncapsulation(4, pools, node, isBgp, reasons),
      ...askEncapsulation(6, pools, node, isBgp, reasons),
    ],
    issues: beside.pools === undefined ? [poolStays(place, isBgp)] : [],
  };
}

/** Settings of BGP on a backend without BIRD would be stored, and do nothing. */
function askWithoutMode({ beside }: MicroK8sSettings, backend: ManifestValue | undefined): Asked {
  if (beside.bgp === undefined || backend === undefined || backend.text === 'bird') {
    return nothingAsked;
  }
  const { line = 0 } = backend.place;
  const why = `calico_backend is ${backend.text} (${backend.place.file}, line ${String(line)})`;
  return refusedWith(withoutBird(beside.bgp, why, 'write mode: bgp into the section microk8s'));
}

function withoutBird(place: Place, why: string, hint: string): Asked['issues'][0] {
  const message = `settings of BGP would have no effect: ${why}, and no BIRD runs`;
  return issueAt(place, 'error', 'microk8s-bgp-without-bird', message, hint);
}

function poolStays(place: Place, isBgp: boolean): Asked['issues'][0] {
  const message = `the encapsulation in cni.yaml acts only while no pool exists: the pool ${poolName} stays as it is`;
  const hint = `name it under pools: with ${isBgp ? 'ipip: Always' : 'vxlan: Always'}, and the agent changes it as well`;
  return issueAt(place, 'warning', 'microk8s-pool-not-managed', message, hint);
}

function askProbes(isBgp: boolean, reasons: CalicoSetting['reasons']): readonly CalicoSetting[] {
  const probes = [
    ['livenessProbe', 'live'],
    ['readinessProbe', 'ready'],
  ] as const;
  return probes.flatMap(([probe, what]): readonly CalicoSetting[] => [
    { of: 'probe', probe, argument: `-felix-${what}`, isThere: true, reasons },
    { of: 'probe', probe, argument: `-bird-${what}`, isThere: isBgp, reasons },
  ]);
}

/**
 * One of both variables, as the pool says. Without a pool of this family the variables act only while no pool exists, so
 * only the file gets them: IPIP or VXLAN always, or what the file of this node has for that mode already.
 */
function askEncapsulation(
  family: 4 | 6,
  pools: readonly PoolBeside[],
  { env }: CalicoDaemonSet,
  isBgp: boolean,
  reasons: CalicoSetting['reasons'],
): readonly CalicoSetting[] {
  const [ipipName, vxlanName] = [
    `CALICO_IPV${String(family)}POOL_IPIP`,
    `CALICO_IPV${String(family)}POOL_VXLAN`,
  ];
  const pool = pools.find(({ network }) => network.family === family);
  const variable = (name: string, value?: string): CalicoSetting => ({
    of: 'env',
    name,
    reasons,
    ...(value !== undefined && { value }),
    ...(pool === undefined && { isOfThisNode: true }),
  });
  if (family === 6) {
    // Calico has no IPIP for IPv6; without IPv6 the variable stays as the release has it.
    return pool === undefined ? [] : [variable(vxlanName, pool.vxlan)];
  }
  const isOn = (name: string): boolean => (env.get(name)?.text ?? 'Never') !== 'Never';
  const usual = { ipip: isBgp ? 'Always' : 'Never', vxlan: isBgp ? 'Never' : 'Always' } as const;
  const kept = {
    ipip: env.get(ipipName)?.text ?? 'Never',
    vxlan: env.get(vxlanName)?.text ?? 'Never',
  };
  const isKept =
    pool === undefined &&
    (isBgp ? isOn(ipipName) && !isOn(vxlanName) : isOn(vxlanName) && !isOn(ipipName));
  const { ipip, vxlan } = pool ?? (isKept ? kept : usual);
  if (ipip !== 'Never') return [variable(vxlanName), variable(ipipName, ipip)];
  if (vxlan !== 'Never') return [variable(ipipName), variable(vxlanName, vxlan)];
  // Both in words: calico-node's own default is not Never.
  return [variable(ipipName, 'Never'), variable(vxlanName, 'Never')];
}
