/** Warnings about unexpected effects of a tool on the documents. */
import { issueAt } from '../../findings.ts';
import type { Issue, Place } from '../../issue.ts';
import { losesFields } from './calicoctl-replaces.ts';
import type { Desired, DesiredResource } from '../desired.ts';

type Tool = 'calicoctl' | 'kubectl' | 'kubectl-v3';

const maxInt32 = 2_147_483_647;

export function checkTool({ resources, metallb }: Desired, tool: Tool): readonly Issue[] {
  return [
    ...checkReplaced(resources, tool),
    ...checkAsNumbers(resources, tool),
    ...(tool === 'calicoctl' && metallb !== undefined ? [notForCalicoctl(metallb)] : []),
  ];
}

function notForCalicoctl({ objects, place }: NonNullable<Desired['metallb']>): Issue {
  const message = `calicoctl does not know MetalLB's kinds: ${objects.length} objects of MetalLB are not printed`;
  const hint = 'print them with --for kubectl, or kubectl-v3 where Calico has its API server';
  return issueAt(place, 'warning', 'metallb-not-for-calicoctl', message, hint);
}

function checkReplaced(resources: readonly DesiredResource[], tool: Tool): readonly Issue[] {
  return resources
    .filter(({ resource }) => losesFields(resource, tool))
    .map(({ resource: { kind, metadata }, reasons }) =>
      issueAt(
        Object.values(reasons)[0]?.[0]?.place ?? nowhere,
        'warning',
        'calicoctl-replaces',
        `calicoctl apply replaces the whole ${kind} "${metadata.name}": fields that it has and this configuration does not name are lost`,
        'where it exists, use the calicoctl patch that stands in the comment at the document',
      ),
    );
}

/**
 * One warning per number, about `format: int32` of asNumber in the CRDs,
 * projectcalico/calico#13494.
 */
function checkAsNumbers(resources: readonly DesiredResource[], tool: Tool): readonly Issue[] {
  if (tool === 'calicoctl') return [];
  const places = new Map<number, Place>();
  for (const { resource, reasons } of resources) {
    const asNumber = resource.kind === 'IPPool' ? undefined : resource.spec.asNumber;
    if (asNumber === undefined || asNumber <= maxInt32 || places.has(asNumber)) continue;
    places.set(asNumber, reasons['spec.asNumber']?.[0]?.place ?? nowhere);
  }
  return [...places].map(([asNumber, place]) =>
    issueAt(
      place,
      'warning',
      'as-number-int32',
      `AS number ${asNumber} is above ${maxInt32}: the CRDs of BGPPeer and BGPConfiguration say int32, and strict API servers refuse it`,
      'try kubectl apply --dry-run=server first (calico#13494); the annotations of Nodes take it',
    ),
  );
}

const nowhere: Place = { pointer: '' };
