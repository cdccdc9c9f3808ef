import { expect } from 'chai';
import { createInProcessDecider } from '../../../../agent/adapters/decider/in-process.ts';
import { rememberDecisions } from '../../../../agent/app/derive/remember-decisions.ts';
import type { Decider } from '../../../../agent/ports/decider.ts';

const reading = { unitApplication: undefined, roles: ['node'] } as const;
const facts = { name: 'node-0', units: [], addresses: [], labels: {} };
const ask = (text: string, changes: object = {}): Parameters<Decider['decide']>[0] => ({
  text,
  facts,
  reading,
  ...changes,
});

describe('remembered decisions', () => {
  let asked: number;
  let decider: Decider;
  beforeEach(() => {
    asked = 0;
    const real = createInProcessDecider();
    decider = rememberDecisions({
      ...real,
      decide: (question) => {
        asked += 1;
        return real.decide(question);
      },
    });
  });

  it('are not made again for the same text, as a hook brings it, also with another one in between', async () => {
    const first = await decider.decide(ask('global-as-number: 64512'));
    await decider.decide(ask('global-as-number: 64513'));
    expect(await decider.decide(ask('global-as-number: 64512'))).to.equal(first);
    expect(asked).to.equal(2);
  });

  it('are made again for other facts or settings', async () => {
    await decider.decide(ask('global-as-number: 64512'));
    await decider.decide(ask('global-as-number: 64512', { facts: { ...facts } }));
    const other = { unitApplication: 'cni', roles: ['node'] };
    await decider.decide(ask('global-as-number: 64512', { reading: other }));
    expect(asked).to.equal(3);
  });

  it('are bounded in number', async () => {
    for (const number of [1, 2, 3, 1]) await decider.decide(ask(`global-as-number: ${number}`));
    expect(asked).to.equal(4);
  });
});
