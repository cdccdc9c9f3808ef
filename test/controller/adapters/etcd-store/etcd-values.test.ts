import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { valueOf } from '../../../../controller/adapters/etcd-store/etcd-values.ts';
import { withDecision } from '../../../../core/rollout/judged.ts';

/** What cannot be compressed well: letters and digits without any order. */
function letters(seed: number, length: number): string {
  let text = '';
  for (let part = 0; text.length < length; part += 1) {
    const hash = createHash('sha512').update(`${String(seed)}/${String(part)}`);
    text += hash.digest('base64').replaceAll(/[+/=]/gu, '');
  }
  return text.slice(0, length);
}

describe('a transaction in etcd', () => {
  it('has room for a revision of 1 MiB with all names that the record of a rollout can have', async () => {
    const nodes = Array.from({ length: 8000 }, (_, place) => letters(place, 60));
    const state = {
      phase: 'forward',
      step: 0,
      stage: 'running',
      sinceMs: 0,
      begun: 1,
      approved: 0,
      tolerated: 0,
    } as const;
    const decision = { tolerated: nodes, unprepared: nodes.slice(0, 1000) };
    const { names, unnamed } = withDecision(state, decision);
    expect(unnamed).to.have.length.above(3000);
    const texts = [JSON.stringify(names), JSON.stringify({ text: letters(-1, 1024 * 1024) })];
    const values = await Promise.all(texts.map(valueOf));
    // 100 KiB for all other parts.
    expect(values.join('').length).to.be.below((1536 - 100) * 1024);
  });
});
