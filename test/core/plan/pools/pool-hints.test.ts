/**
 * The edits of the hints about pools are made, and then the plan has no error and the pool stays.
 */
import { expect } from 'chai';
import type { NetworkModel } from '../../../../core/config/model.ts';
import type { IPPool } from '../../../../core/calico/resource.ts';
import { planChanges } from '../../../../core/plan/plan-changes.ts';
import type { Plan } from '../../../../core/plan/plan.ts';
import { render } from '../../../../core/render/render.ts';
import { charm, native } from '../../../support/samples/models.ts';
import { observedOf, ours, pool } from '../sample.ts';

interface Row {
  readonly found: IPPool;
  readonly isOurs?: boolean;
  readonly before: NetworkModel;
  readonly hint: RegExp;
  /** The edits that the hint names: each of them alone must suffice. */
  readonly edits: Readonly<Record<string, NetworkModel>>;
}

const found = pool('default-ipv4-ippool', { cidr: '10.1.0.0/16' });
const wide = { cidr: '10.1.0.0/16' };
const named = (...pools: readonly object[]): NetworkModel => native({ pools });

const rows: Readonly<Record<string, Row>> = {
  'the same network under another name': {
    found,
    before: named({ name: 'pods', ...wide }),
    hint: /^write the pool as it is, name: default-ipv4-ippool: then it is taken over$/,
    edits: { named: named({ name: 'default-ipv4-ippool', ...wide }) },
  },
  'a pool of ours under another name': {
    found,
    isOurs: true,
    before: named({ name: 'pods', ...wide }),
    hint: /name: default-ipv4-ippool/,
    edits: { named: named({ name: 'default-ipv4-ippool', ...wide }) },
  },
  'the same network with blocks of another size': {
    found,
    before: named({ name: 'pods', ...wide, blockSize: 24 }),
    hint: /name: default-ipv4-ippool, blockSize: 26: then it is taken over$/,
    edits: { named: named({ name: 'default-ipv4-ippool', ...wide, blockSize: 26 }) },
  },
  'a part of its network': {
    found,
    before: named({ name: 'pods', cidr: '10.1.7.0/24' }),
    hint: /name: default-ipv4-ippool, cidr: 10.1.0.0\/16: .*or take a network that overlaps no pool$/,
    edits: {
      named: named({ name: 'default-ipv4-ippool', ...wide }),
      elsewhere: named({ name: 'pods', cidr: '10.2.7.0/24' }),
    },
  },
  'the network of the charm’s options': {
    found,
    before: charm({ cidr: '10.1.0.0/16', 'manage-pools': true }),
    hint: /^set manage-pools to false, and the pool "default-ipv4-ippool" stays as it is; the native/,
    edits: {
      unmanaged: charm({ cidr: '10.1.0.0/16', 'manage-pools': false }),
      native: named({ name: 'default-ipv4-ippool', ...wide }),
    },
  },
  'another size of blocks': {
    found,
    before: named({ name: 'default-ipv4-ippool', ...wide, blockSize: 24 }),
    hint: /^write blockSize: 26, or leave it out; /,
    edits: {
      written: named({ name: 'default-ipv4-ippool', ...wide, blockSize: 26 }),
      'left out': named({ name: 'default-ipv4-ippool', ...wide }),
      beside: named(
        { name: 'default-ipv4-ippool', ...wide },
        { name: 'small', cidr: '10.2.0.0/16', blockSize: 24 },
      ),
    },
  },
  'another network that does not overlap': {
    found,
    before: named({ name: 'default-ipv4-ippool', cidr: '10.2.0.0/16' }),
    hint: /^write cidr: 10.1.0.0\/16, which .* has, and the new network as a pool of another name; /,
    edits: {
      both: named(
        { name: 'default-ipv4-ippool', ...wide, disabled: true },
        { name: 'new', cidr: '10.2.0.0/16' },
      ),
    },
  },
  'a wider network': {
    found,
    before: named({ name: 'default-ipv4-ippool', cidr: '10.0.0.0/14' }),
    hint: /^write cidr: 10.1.0.0\/16, which .* has; another network is a pool of another name that/,
    edits: {
      kept: named({ name: 'default-ipv4-ippool', ...wide }),
      beside: named({ name: 'default-ipv4-ippool', ...wide }, { name: 'new', cidr: '10.2.0.0/15' }),
    },
  },
  'another network of the charm’s own pool': {
    found: pool('ipv4', wide),
    before: charm({ cidr: '10.2.0.0/16', 'manage-pools': true }),
    hint: /^set cidr to 10.1.0.0\/16, which the pool has, or manage-pools to false, .* native dialect/,
    edits: {
      back: charm({ cidr: '10.1.0.0/16', 'manage-pools': true }),
      unmanaged: charm({ cidr: '10.2.0.0/16', 'manage-pools': false }),
      native: named({ name: 'ipv4', ...wide }, { name: 'new', cidr: '10.2.0.0/16' }),
    },
  },
};

describe('a hint about a pool that is in the way', () => {
  for (const [what, { found: existing, isOurs, before, hint, edits }] of Object.entries(rows)) {
    const planOf = (model: NetworkModel): Plan =>
      planChanges(
        render(model, [], { cluster: true }),
        observedOf(isOurs === true ? ours(existing) : { resource: existing }),
      );

    it(`is given: ${what}`, () => {
      const { steps, issues } = planOf(before);
      expect(steps).to.deep.equal([]);
      expect(issues.filter(({ severity }) => severity === 'error')).to.have.length(1);
      expect(issues[0]?.hint).to.match(hint);
    });

    for (const [edit, model] of Object.entries(edits)) {
      it(`helps when it is obeyed, and the pool stays: ${what}, ${edit}`, () => {
        const { steps, issues } = planOf(model);
        expect(issues.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
        const deleted = steps.flatMap(({ changes }) =>
          changes.filter(({ action }) => action === 'delete'),
        );
        expect(deleted).to.deep.equal([]);
      });
    }
  }
});
