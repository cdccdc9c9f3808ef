import { expect } from 'chai';
import { refuseFaults } from '../../../../agent/app/apply/judge-plan.ts';
import type { Issue } from '../../../../core/issue.ts';
import { AppError } from '../../../../runtime/errors.ts';

describe('the refusal of a plan', () => {
  it('says what to do about each fault: apply and status show nothing else of it', () => {
    const faults: readonly Issue[] = [
      { severity: 'error', code: 'a', pointer: '', message: 'no pool', hint: 'name it' },
      { severity: 'warning', code: 'b', pointer: '', message: 'beside the point', hint: 'x' },
      { severity: 'error', code: 'c', pointer: '', message: 'no node' },
    ];
    const refused = (): unknown => refuseFaults({ formatVersion: 1, steps: [], issues: faults });
    expect(refused).to.throw(AppError, /^no pool \(name it\); no node$/);
  });
});
