/** Desired × observed of an EC2 instance → changes of its interfaces' source/destination check. */
import type { DesiredCloud } from '../../cloud/desired-cloud.ts';
import {
  isPrimary,
  type CloudInterface,
  type CloudNote,
  type ObservedCloud,
} from '../../cloud/observed-cloud.ts';
import type { CheckState } from '../../cloud/settings.ts';
import { hasErrors, type Issue } from '../../issue.ts';
import type { Reason } from '../../resolve/resolution.ts';
import type { CloudChange, Plan, Step } from '../plan.ts';
import { interfaceIssues, othersIssues, putBackIssues, useIssues } from './cloud-issues.ts';
import type { PoolModes } from './pool-modes.ts';

/**
 * Pure; with an error it has no steps.
 * @param desired absent: every interface that the agent changed is put back
 * @param pools the pools after the plan, as far as they are known
 */
export function planCloud(
  desired: DesiredCloud | undefined,
  observed: ObservedCloud,
  pools: readonly PoolModes[] = [],
): Plan<CloudChange> {
  const carrying = desired === undefined ? [] : carriers(desired, observed);
  const left = carrying.filter((one) => isLeftToOthers(one, observed));
  const issues: readonly Issue[] =
    desired === undefined
      ? []
      : [
          ...interfaceIssues(desired, observed),
          ...othersIssues(desired, observed, left),
          ...useIssues(desired, pools),
        ];
  if (hasErrors(issues)) return { formatVersion: 1, steps: [], issues };
  const set =
    desired === undefined
      ? []
      : carrying.filter((one) => !left.includes(one)).flatMap((one) => setCheck(one, desired));
  const kept = new Set(carrying.map(({ id }) => id));
  const back = observed.notes
    .filter((note) => !kept.has(note.interface))
    .map((note) => putBack(note, observed));
  const ofBack = desired === undefined ? putBackIssues(back, observed, pools) : [];
  return { formatVersion: 1, steps: stepsOf([...set, ...back]), issues: [...issues, ...ofBack] };
}

function carriers(
  { addresses }: DesiredCloud,
  { interfaces }: ObservedCloud,
): readonly CloudInterface[] {
  return interfaces.filter((one) => one.addresses.some((address) => addresses.includes(address)));
}

/** Felix sets that of the primary interface; the controller fails on instances with several. */
function isLeftToOthers(one: CloudInterface, { others, interfaces }: ObservedCloud): boolean {
  if (others.felix !== undefined && isPrimary(one)) return true;
  return others.controller !== undefined && interfaces.length === 1;
}

function setCheck(one: CloudInterface, { settings }: DesiredCloud): readonly CloudChange[] {
  const { sourceDestCheck: after, checkPlace: place } = settings;
  if (one.check === after) return [];
  const reasons: readonly Reason[] = [{ rule: 'cloud', place }];
  return [changeOf(one, after, { reasons })];
}

function putBack(note: CloudNote, observed: ObservedCloud): CloudChange {
  const { instance, interfaces, others } = observed;
  const forget = (why: string): CloudChange => ({
    action: 'forget-interface',
    interface: note.interface,
    why,
  });
  if (note.instance !== instance.id) {
    return forget(`it belongs to another instance, ${note.instance}`);
  }
  const one = interfaces.find(({ id }) => id === note.interface);
  if (one === undefined) return forget('it is not attached to this instance any more');
  if (isLeftToOthers(one, observed)) {
    return forget(`${others.felix?.by ?? `Deployment ${others.controller ?? ''}`} sets its check`);
  }
  if (one.check === note.original) {
    return forget('its check is as it was before the agent changed it');
  }
  return changeOf(one, note.original, { reasons: [], isPutBack: true });
}

function changeOf(
  { id, check: before }: CloudInterface,
  after: CheckState,
  { reasons, isPutBack }: { readonly reasons: readonly Reason[]; readonly isPutBack?: true },
): CloudChange {
  return {
    action: 'set-source-dest-check',
    interface: id,
    before,
    after,
    ...(isPutBack === true && { isPutBack }),
    fields: [{ path: 'sourceDestCheck', before, after, reasons }],
  };
}

function stepsOf(changes: readonly CloudChange[]): readonly Step<CloudChange>[] {
  const isDisabling = (change: CloudChange): boolean =>
    change.action === 'set-source-dest-check' && change.after === 'disabled';
  return [
    {
      title: 'Disable the source/destination check of EC2',
      why: 'EC2 drops the packets of pods that no overlay carries',
      gates: [],
      changes: changes.filter(isDisabling),
    },
    {
      title: 'Enable or forget the source/destination check of EC2',
      why: 'no packet of a pod needs it disabled any more',
      gates: [],
      changes: changes.filter((change) => !isDisabling(change)),
    },
  ].filter((step) => step.changes.length > 0);
}
