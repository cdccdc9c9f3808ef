import { expect } from 'chai';
import { forgetOldNodes } from '../../../../controller/app/fleet/forget-old-nodes.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const start = Date.parse('2026-11-01T00:00:00Z');

describe('nodes that are away for too long', () => {
  let moments: string[];
  let warnings: string[];
  let wall: number;
  let steady: number;
  let look: () => void;
  const begin = (days: number): void => {
    [moments, warnings, wall, steady] = [[], [], start, 0];
    look = forgetOldNodes({
      days,
      fleet: { expire: (moment) => void moments.push(moment) },
      wallMs: () => wall,
      steadyMs: () => steady,
      logger: { warn: (message) => void warnings.push(message) },
    });
  };
  const pass = (ms: number, jump = 0): void => {
    wall += ms + jump;
    steady += ms;
    look();
  };

  it('are forgotten after their days', () => {
    begin(30);
    pass(hourMs);
    pass(hourMs, 20_000);
    expect(moments).to.deep.equal(['2026-10-02T01:00:00.000Z', '2026-10-02T02:00:20.000Z']);
    expect(warnings).to.deep.equal([]);
  });

  it('stay for all these days after the clock jumped by a year, and back', () => {
    begin(2);
    pass(hourMs, 365 * dayMs);
    for (let hours = 0; hours < 24; hours += 1) pass(hourMs);
    pass(hourMs, -365 * dayMs);
    for (let hours = 0; hours < 47; hours += 1) pass(hourMs);
    expect(moments).to.deep.equal([]);
    expect(warnings).to.deep.equal([
      'the clock of this machine jumped by 8760.0 hours: no node that is away is forgotten for 2 days',
      'the clock of this machine jumped by -8760.0 hours: no node that is away is forgotten for 2 days',
    ]);
    pass(hourMs);
    expect(moments).to.have.length(1);
  });

  it('stay for ever with 0 days', () => {
    begin(0);
    pass(hourMs);
    expect(moments).to.deep.equal([]);
  });
});
