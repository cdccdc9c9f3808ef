import { expect } from 'chai';
import { refuseFaults, withoutTrafficGates } from '../../../../agent/app/apply/judge-plan.ts';
import type { Issue } from '../../../../core/issue.ts';
import { AppError } from '../../../../runtime/errors.ts';

describe('the plan of a correction', () => {
  it('has the turns of restarts, and no gate of traffic', () => {
    const gates = [
      { kind: 'fleet-files', withinSeconds: 600 },
      { kind: 'restart-turn', parallel: 1, stableSeconds: 60, withinSeconds: 600 },
      { kind: 'fleet-sessions', stableSeconds: 10, withinSeconds: 600 },
    ] as const;
    const step = { title: 'Restart k3s', why: 'x', gates, changes: [] };
    const { steps } = withoutTrafficGates({ formatVersion: 1, steps: [step], issues: [] });
    expect(steps.flatMap((one) => one.gates.map(({ kind }) => kind))).to.deep.equal([
      'restart-turn',
    ]);
  });
});

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
