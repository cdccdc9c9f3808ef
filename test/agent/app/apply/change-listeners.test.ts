/** The listeners of a change learn of it before the first write, and at each later moment. */
import { expect } from 'chai';
import {
  createChangeListeners,
  type ChangeListener,
  type ChangeMoment,
} from '../../../../agent/app/apply/change-listeners.ts';

const revision = { lineage: 'local:node-0', number: 2, digest: `sha256:${'2'.repeat(64)}` };
const change = {
  revision,
  plan: { formatVersion: 1, steps: [], issues: [] },
  isOwnOnly: false,
} as const;
const written: ChangeMoment = { revision, at: 'written' };

describe('the listeners of a change', () => {
  let told: string[];
  let errors: string[];
  const logger = { error: (message: string): void => void errors.push(message) };
  const listener = (name: string): ChangeListener => ({
    begins: () => {
      told.push(`${name} begins`);
      return Promise.resolve();
    },
    moved: ({ at }) => void told.push(`${name} ${at}`),
  });

  beforeEach(() => {
    told = [];
    errors = [];
  });

  it('begin one after the other, and learn each moment', async () => {
    const all = createChangeListeners([listener('guard'), listener('fleet')], logger);
    await all.begins(change);
    all.moved(written);
    expect(told).to.deep.equal(['guard begins', 'fleet begins', 'guard written', 'fleet written']);
  });

  it('do not stop the change, or each other, when one fails', async () => {
    const failing: ChangeListener = {
      begins: () => Promise.reject(new Error('no')),
      moved: () => {
        throw new Error('no');
      },
    };
    const all = createChangeListeners([failing, listener('fleet')], logger);
    await all.begins(change);
    all.moved(written);
    expect(told).to.deep.equal(['fleet begins', 'fleet written']);
    expect(errors).to.have.length(2);
  });
});
