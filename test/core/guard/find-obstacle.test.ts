import { expect } from 'chai';
import { findObstacle } from '../../../core/guard/find-obstacle.ts';
import { usualGuard } from '../../../core/guard/guard-settings.ts';
import type { PrintedRule } from '../../../core/guard/parse-rules.ts';

const kernels: readonly PrintedRule[] = [
  { priority: 0, table: 255, isForAll: true },
  { priority: 32_766, table: 254, isForAll: true },
  { priority: 32_767, table: 253, isForAll: true },
];
const obstacle = (...more: readonly PrintedRule[]): string | undefined =>
  findObstacle({ rules: [...kernels, ...more], table: [] }, usualGuard);

describe('an obstacle to the guard', () => {
  it('does not exist on a usual machine, beside rules of others, or beside an existing guard', () => {
    expect(obstacle()).to.equal(undefined);
    expect(obstacle({ priority: 99, table: 1, isForAll: false })).to.equal(undefined);
    expect(
      obstacle(
        { priority: 32_764, table: 254, protocol: 203, isForAll: true },
        { priority: 32_765, table: 4711, protocol: 203, isForAll: true },
      ),
    ).to.equal(undefined);
  });

  it('is a rule of another program with one of the two priorities', () => {
    for (const priority of [32_764, 32_765]) {
      const why = obstacle({ priority, table: 9, isForAll: false });
      expect(why).to.contain(String(priority)).and.to.contain('changes.guardPriority');
    }
  });

  it('is a table that another program looks up or fills', () => {
    expect(obstacle({ priority: 7, table: 4711, isForAll: false })).to.contain(
      'changes.guardTable',
    );
    const foreign = { destination: '10.0.0.0/8', kind: 'unicast', protocol: 4 } as const;
    expect(findObstacle({ rules: kernels, table: [foreign] }, usualGuard)).to.contain('4711');
    const own = { ...foreign, protocol: 203 };
    expect(findObstacle({ rules: kernels, table: [own] }, usualGuard)).to.equal(undefined);
  });

  it('is a missing rule for every packet that leads to the main table afterwards', () => {
    const rules = kernels.filter(({ table }) => table !== 254);
    const marked = { priority: 32_766, table: 254, isForAll: false } as const;
    expect(findObstacle({ rules: [...rules, marked], table: [] }, usualGuard)).to.contain('main');
  });
});
