import { expect } from 'chai';
import fc from 'fast-check';
import type {
  CloudInterface,
  CloudNote,
  ObservedCloud,
  OtherSetters,
} from '../../../../core/cloud/observed-cloud.ts';
import type { CheckState } from '../../../../core/cloud/settings.ts';
import type { DesiredCloud } from '../../../../core/cloud/desired-cloud.ts';
import { applyChanges } from '../../../../core/plan/apply-changes.ts';
import { planCloud } from '../../../../core/plan/cloud/plan-cloud.ts';
import type { PoolModes } from '../../../../core/plan/cloud/pool-modes.ts';
import type { CloudChange } from '../../../../core/plan/plan.ts';

const instance = { id: 'i-1', region: 'eu-west-1', account: '123456789012', partition: 'aws' };
const felix = { check: 'disabled', by: 'awsSrcDstCheck in FelixConfiguration default' } as const;
const controller = 'kube-system/k8s-ec2-srcdst';

function face(
  id: string,
  deviceIndex: number,
  check: CheckState,
  ...own: string[]
): CloudInterface {
  return { id, deviceIndex, cardIndex: 0, addresses: own, check };
}

const first = face('eni-0', 0, 'enabled', '10.0.0.2', '10.0.0.3');
const second = face('eni-1', 1, 'enabled', '10.0.1.2', '2001:db8::2');

function cloud(
  interfaces: readonly CloudInterface[] = [first],
  { notes = [], ...others }: Partial<OtherSetters> & { notes?: readonly CloudNote[] } = {},
): ObservedCloud {
  return { instance, interfaces, notes, others: { unread: [], ...others } };
}

function note(id: string, original: CheckState, of = 'i-1'): CloudNote {
  return { instance: of, interface: id, original };
}

function wants(sourceDestCheck: CheckState, ...addresses: string[]): DesiredCloud {
  const place = { pointer: '/cloud' };
  const checkPlace = { pointer: '/cloud/sourceDestCheck' };
  return { settings: { provider: 'aws', sourceDestCheck, place, checkPlace }, addresses };
}

function pool(ipip: string, vxlan = 'Never'): PoolModes {
  return { cidr: '192.168.0.0/16', ipip, vxlan };
}

const off = wants('disabled', '10.0.0.2');

interface Row {
  readonly desired?: DesiredCloud;
  readonly observed?: ObservedCloud;
  readonly pools?: readonly PoolModes[];
  readonly changes?: readonly string[];
  readonly issues?: readonly string[];
}

const rows: Readonly<Record<string, Row>> = {
  'disables the check of the interface with the address': {
    desired: off,
    changes: ['eni-0 enabled → disabled'],
  },
  'does nothing where it is disabled already': {
    desired: off,
    observed: cloud([{ ...first, check: 'disabled' }]),
  },
  'finds the interface by a secondary address': {
    desired: wants('disabled', '10.0.0.3'),
    changes: ['eni-0 enabled → disabled'],
  },
  'takes the interface that has the address, and not the first': {
    desired: wants('disabled', '10.0.1.2'),
    observed: cloud([first, second]),
    changes: ['eni-1 enabled → disabled'],
  },
  'takes every interface with an address, of both families': {
    desired: wants('disabled', '10.0.0.2', '2001:db8::2'),
    observed: cloud([first, second]),
    changes: ['eni-0 enabled → disabled', 'eni-1 enabled → disabled'],
  },
  'enables the check': {
    desired: wants('enabled', '10.0.0.2'),
    observed: cloud([{ ...first, check: 'disabled' }]),
    changes: ['eni-0 disabled → enabled'],
  },
  'refuses where no interface has the address': {
    desired: wants('disabled', '10.9.9.9'),
    issues: ['error cloud-interface-missing: no interface has 10.9.9.9'],
  },
  'refuses where the node has no address': {
    desired: wants('disabled'),
    issues: ['error cloud-interface-missing: the node has no address'],
  },
  'warns of one address that no interface has': {
    desired: wants('disabled', '10.0.0.2', 'fd00::2'),
    changes: ['eni-0 enabled → disabled'],
    issues: ['warning cloud-interface-missing: no interface has fd00::2'],
  },
  'leaves the primary interface to Felix, and says so': {
    desired: off,
    observed: cloud([{ ...first, check: 'disabled' }], { felix }),
    issues: ['note cloud-left-to-others: FelixConfiguration default sets it to disabled already'],
  },
  'says when Felix has no effect': {
    desired: off,
    observed: cloud([first], { felix }),
    issues: ['note cloud-left-to-others: eni-0', 'warning cloud-others-without-effect: eni-0'],
  },
  'does the other interfaces itself, which Felix does not': {
    desired: wants('disabled', '10.0.0.2', '10.0.1.2'),
    observed: cloud([{ ...first, check: 'disabled' }, second], { felix }),
    changes: ['eni-1 enabled → disabled'],
    issues: ['note cloud-left-to-others: eni-0'],
  },
  'takes the primary interface of a second network card for none of Felix': {
    desired: wants('disabled', '10.0.1.2'),
    observed: cloud([first, { ...second, deviceIndex: 0, cardIndex: 1 }], { felix }),
    changes: ['eni-1 enabled → disabled'],
  },
  'refuses what Felix would undo': {
    desired: wants('enabled', '10.0.0.2'),
    observed: cloud([{ ...first, check: 'disabled' }], { felix }),
    issues: ['error cloud-others-contradict: sets it to disabled'],
  },
  'leaves an instance with one interface to k8s-ec2-srcdst': {
    desired: off,
    observed: cloud([{ ...first, check: 'disabled' }], { controller }),
    issues: ['note cloud-left-to-others: kube-system/k8s-ec2-srcdst'],
  },
  'does an instance with several itself, on which k8s-ec2-srcdst fails': {
    desired: off,
    observed: cloud([first, second], { controller }),
    changes: ['eni-0 enabled → disabled'],
  },
  'refuses what k8s-ec2-srcdst would undo': {
    desired: wants('enabled', '10.0.0.2'),
    observed: cloud([{ ...first, check: 'disabled' }], { controller }),
    issues: ['error cloud-others-contradict: Deployment kube-system/k8s-ec2-srcdst sets it'],
  },
  'names what it could not read of the others': {
    desired: off,
    observed: cloud([first], { unread: ['the API server is away'] }),
    changes: ['eni-0 enabled → disabled'],
    issues: ['warning cloud-others-unknown: the API server is away'],
  },
  'says that it is pointless where all pools have an overlay': {
    desired: off,
    pools: [pool('Always'), pool('Never', 'Always')],
    changes: ['eni-0 enabled → disabled'],
    issues: ['warning cloud-check-harmless: pointless'],
  },
  'does not say so with a pool that crosses subnets only': {
    desired: off,
    pools: [pool('Always'), pool('CrossSubnet')],
    changes: ['eni-0 enabled → disabled'],
  },
  'warns of pods whose traffic the check drops': {
    desired: wants('enabled', '10.0.0.2'),
    observed: cloud([{ ...first, check: 'disabled' }]),
    pools: [pool('Never', 'CrossSubnet')],
    changes: ['eni-0 disabled → enabled'],
    issues: ['warning cloud-check-drops-pods: 192.168.0.0/16'],
  },
  'puts back what it changed, without a section': {
    observed: cloud([{ ...first, check: 'disabled' }], { notes: [note('eni-0', 'enabled')] }),
    changes: ['eni-0 disabled → enabled, put back'],
  },
  'warns where the put-back takes the way of pods without an overlay': {
    observed: cloud([{ ...first, check: 'disabled' }], { notes: [note('eni-0', 'enabled')] }),
    pools: [pool('Always'), pool('CrossSubnet')],
    changes: ['eni-0 disabled → enabled, put back'],
    issues: ['warning cloud-check-drops-pods: eni-0 is put back to enabled'],
  },
  'puts back without a warning where every pool has an overlay': {
    observed: cloud([{ ...first, check: 'disabled' }], { notes: [note('eni-0', 'enabled')] }),
    pools: [pool('Always')],
    changes: ['eni-0 disabled → enabled, put back'],
  },
  'says at a put-back too that other programs are not known': {
    observed: cloud([{ ...first, check: 'disabled' }], {
      notes: [note('eni-0', 'enabled')],
      unread: ['no right'],
    }),
    changes: ['eni-0 disabled → enabled, put back'],
    issues: ['warning cloud-others-unknown: no right'],
  },
  'leaves what it did not change, without a section': {
    observed: cloud([{ ...first, check: 'disabled' }]),
  },
  'forgets an interface that somebody put back': {
    observed: cloud([first], { notes: [note('eni-0', 'enabled')] }),
    changes: ['eni-0 forgotten: as it was before'],
  },
  'forgets an interface that is not attached any more': {
    observed: cloud([first], { notes: [note('eni-7', 'enabled')] }),
    changes: ['eni-7 forgotten: not attached'],
  },
  'forgets the interface of another instance, whose disk this was': {
    observed: cloud([{ ...first, check: 'disabled' }], {
      notes: [note('eni-0', 'enabled', 'i-9')],
    }),
    changes: ['eni-0 forgotten: i-9'],
  },
  'forgets what Felix sets by now': {
    observed: cloud([{ ...first, check: 'disabled' }], {
      felix,
      notes: [note('eni-0', 'enabled')],
    }),
    changes: ['eni-0 forgotten: FelixConfiguration default sets its check'],
  },
  'puts an interface back that lost the address of the node': {
    desired: wants('disabled', '10.0.1.2'),
    observed: cloud([{ ...first, check: 'disabled' }, second], {
      notes: [note('eni-0', 'enabled')],
    }),
    changes: ['eni-1 enabled → disabled', 'eni-0 disabled → enabled, put back'],
  },
  'keeps the note of an interface that it still sets': {
    desired: off,
    observed: cloud([{ ...first, check: 'disabled' }], { notes: [note('eni-0', 'enabled')] }),
  },
};

describe('planCloud', () => {
  for (const [name, row] of Object.entries(rows)) {
    it(name, () => {
      const { steps, issues } = planCloud(row.desired, row.observed ?? cloud(), row.pools);
      expect(steps.flatMap(({ changes }) => changes).map(changeText)).to.have.lengthOf(
        row.changes?.length ?? 0,
      );
      steps
        .flatMap(({ changes }) => changes)
        .forEach((change, index) => expectText(changeText(change), row.changes?.[index] ?? ''));
      expect(issues.map(({ severity, code }) => `${severity} ${code}`)).to.deep.equal(
        (row.issues ?? []).map((text) => text.split(':')[0]),
      );
      issues.forEach(({ message }, index) => {
        expect(message).to.contain(row.issues?.[index]?.split(': ')[1]);
      });
    });
  }

  it('is empty after its own changes, and again after what puts them back', () => {
    const check = fc.constantFrom('enabled' as const, 'disabled' as const);
    fc.assert(
      fc.property(check, check, check, (one, other, wanted) => {
        const before = cloud([
          { ...first, check: one },
          { ...second, check: other },
        ]);
        const desired = wants(wanted, '10.0.0.2', '2001:db8::2');
        const set = carriedOut(before, planCloud(desired, before).steps);
        expect(planCloud(desired, set).steps).to.deep.equal([]);
        const back = carriedOut(set, planCloud(undefined, set).steps);
        expect(back).to.deep.equal(before);
        expect(planCloud(undefined, back).steps).to.deep.equal([]);
      }),
    );
  });
});

function carriedOut(
  before: ObservedCloud,
  steps: readonly { readonly changes: readonly CloudChange[] }[],
): ObservedCloud {
  const changes = steps.flatMap((step) => step.changes);
  const revision = { lineage: 'local:a', number: 1 };
  return (
    applyChanges({ resources: [], nodes: [], cloud: before }, changes, revision).cloud ?? before
  );
}

function changeText(change: CloudChange): string {
  if (change.action === 'forget-interface') {
    return `${change.interface} forgotten: ${change.why}`;
  }
  const { interface: id, before, after, isPutBack } = change;
  return `${id} ${before} → ${after}${isPutBack === true ? ', put back' : ''}`;
}

function expectText(found: string, expected: string): void {
  const [start = '', rest = ''] = expected.split(': ');
  expect(found.startsWith(start), found).to.equal(true);
  expect(found).to.contain(rest);
  if (rest === '') expect(found).to.equal(expected);
}
