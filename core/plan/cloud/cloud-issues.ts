/** The issues of a plan for the cloud of a node. */
import type { DesiredCloud } from '../../cloud/desired-cloud.ts';
import type { CloudInterface, ObservedCloud } from '../../cloud/observed-cloud.ts';
import { isPrimary } from '../../cloud/observed-cloud.ts';
import { issueAt } from '../../findings.ts';
import type { Issue, Place } from '../../issue.ts';
import { nameSome } from '../../name-some.ts';
import { printable } from '../../printable.ts';
import type { CloudChange } from '../plan.ts';
import type { PoolModes } from './pool-modes.ts';
import { isOverlaid } from './pool-modes.ts';

/** Nothing is changed where no interface has an address of the node. */
export function interfaceIssues(
  { settings, addresses }: DesiredCloud,
  { instance, interfaces }: ObservedCloud,
): readonly Issue[] {
  const known = new Set(interfaces.flatMap((one) => one.addresses));
  const missing = addresses.filter((address) => !known.has(address));
  if (missing.length === 0 && addresses.length > 0) return [];
  const isNone = missing.length === addresses.length;
  const whose =
    addresses.length === 0 ? 'the node has no address' : `no interface has ${nameSome(missing)}`;
  const has = interfaces.map((one) => `${one.id} has ${nameSome(one.addresses)}`);
  const hint = isNone
    ? `set node.addresses in agent.yaml to an address that EC2 gave the instance: ${nameSome(has)}`
    : 'correct or remove this address in node.addresses of agent.yaml, or give it to an interface of the instance: EC2 drops packets of pods on an interface that keeps its check';
  return [
    issueAt(
      settings.place,
      isNone ? 'error' : 'warning',
      'cloud-interface-missing',
      `cannot find the interface of instance ${printable(instance.id)} that carries the node's traffic: ${whose}`,
      hint,
    ),
  ];
}

/** Issues about a check that Felix or a controller sets already. */
export function othersIssues(
  { settings }: DesiredCloud,
  { others }: ObservedCloud,
  left: readonly CloudInterface[],
): readonly Issue[] {
  const { sourceDestCheck: wanted, checkPlace } = settings;
  const { felix, controller, unread } = others;
  const issues: Issue[] = [...unknownIssues(checkPlace, unread)];
  for (const one of left) {
    const byFelix = isPrimary(one) ? felix : undefined;
    const by = byFelix === undefined ? `Deployment ${controller ?? ''}` : byFelix.by;
    const sets = byFelix?.check ?? 'disabled';
    if (sets !== wanted) {
      issues.push(contradiction(checkPlace, { one, by, sets, wanted }));
      continue;
    }
    issues.push(
      issueAt(
        checkPlace,
        'note',
        'cloud-left-to-others',
        `the agent leaves the source/destination check of ${one.id} alone: ${by} sets it to ${wanted} already`,
      ),
    );
    if (one.check === wanted) continue;
    issues.push(
      issueAt(
        checkPlace,
        'warning',
        'cloud-others-without-effect',
        `the source/destination check of ${one.id} is ${one.check}, although ${by} sets it to ${wanted}`,
        byFelix === undefined
          ? `kubectl logs of the Deployment ${controller ?? ''} says why`
          : 'the log of calico-node on this node says why; or set awsSrcDstCheck to DoNothing, then the agent does it',
      ),
    );
  }
  return issues;
}

/** Unknown is not none: another program may set the check back, and nobody sees it before. */
function unknownIssues(place: Place, unread: readonly string[]): readonly Issue[] {
  return unread.map((reason) =>
    issueAt(
      place,
      'warning',
      'cloud-others-unknown',
      `cannot read whether another program sets the source/destination check too: ${reason}`,
      'look yourself at awsSrcDstCheck of the FelixConfigurations, FELIX_AWSSRCDSTCHECK of calico-node, and the Deployment k8s-ec2-srcdst',
    ),
  );
}

/**
 * What a put-back harms: pools that need the check off, and a program that nobody could read.
 * @param pools the pools after the plan
 */
export function putBackIssues(
  changes: readonly CloudChange[],
  { others }: ObservedCloud,
  pools: readonly PoolModes[],
): readonly Issue[] {
  const enabling = changes.filter(
    (one) => one.action === 'set-source-dest-check' && one.after === 'enabled',
  );
  if (enabling.length === 0) return [];
  const place: Place = { pointer: '' };
  const bare = pools.filter((pool) => !isOverlaid(pool));
  const unknown = unknownIssues(place, others.unread);
  if (bare.length === 0) return unknown;
  const ids = nameSome(enabling.map((one) => one.interface));
  const cidrs = nameSome(bare.map(({ cidr }) => cidr));
  const message = `EC2 drops the traffic of pods between nodes of one subnet: without a cloud section the source/destination check of ${ids} is put back to enabled, and no overlay carries that of ${cidrs}`;
  const hint =
    'add cloud: { provider: aws, sourceDestCheck: disabled }, or set ipip or vxlan of these pools to Always';
  return [...unknown, issueAt(place, 'warning', 'cloud-check-drops-pods', message, hint)];
}

function contradiction(
  place: DesiredCloud['settings']['checkPlace'],
  {
    one,
    by,
    sets,
    wanted,
  }: {
    readonly one: CloudInterface;
    readonly by: string;
    readonly sets: string;
    readonly wanted: string;
  },
): Issue {
  return issueAt(
    place,
    'error',
    'cloud-others-contradict',
    `the configuration wants the source/destination check of ${one.id} ${wanted}, and ${by} sets it to ${sets}`,
    by.startsWith('Deployment')
      ? 'delete that Deployment, or write sourceDestCheck: disabled'
      : `set awsSrcDstCheck to DoNothing, or write sourceDestCheck: ${sets}`,
  );
}

/**
 * Whether the setting has a use, by the modes of the pools. An overlay's outer packets have the
 * nodes' own addresses, which the check lets through.
 */
export function useIssues(
  { settings }: DesiredCloud,
  pools: readonly PoolModes[],
): readonly Issue[] {
  if (pools.length === 0) return [];
  const bare = pools.filter((pool) => !isOverlaid(pool));
  const { sourceDestCheck, checkPlace } = settings;
  if (sourceDestCheck === 'disabled') {
    if (bare.length > 0) return [];
    const message =
      'disabling the source/destination check is pointless here: every pool sends all traffic between nodes through an overlay (Always), which the check lets through';
    const hint =
      'take the cloud section out, or set ipip or vxlan to CrossSubnet, which needs it and has less overhead';
    return [issueAt(checkPlace, 'warning', 'cloud-check-harmless', message, hint)];
  }
  if (bare.length === 0) return [];
  const cidrs = nameSome(bare.map(({ cidr }) => cidr));
  const message = `EC2 drops the traffic of pods between nodes of one subnet: no overlay carries that of ${cidrs}, and the source/destination check is to be enabled`;
  const hint = 'write sourceDestCheck: disabled, or set ipip or vxlan of these pools to Always';
  return [issueAt(checkPlace, 'warning', 'cloud-check-drops-pods', message, hint)];
}
