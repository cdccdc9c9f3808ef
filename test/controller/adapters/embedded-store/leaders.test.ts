import { expect } from 'chai';
import { createLeaders } from '../../../../controller/adapters/embedded-store/leaders.ts';

describe('leadership in one process', () => {
  for (const [what, fails] of [
    ['was removed', false],
    ['could not be removed', true],
  ] as const) {
    it(`is free again only after its record ${what}`, async () => {
      let answer = (): void => undefined;
      const lead = createLeaders({
        get: async () => undefined,
        commit: async ({ changes }) => {
          const isRelease = changes[0]?.text === undefined;
          if (isRelease) await new Promise<void>((resolve) => (answer = resolve));
          if (isRelease && fails) throw new Error('the disk is full');
          return { ok: true, version: 1 };
        },
      });
      const leading = await lead('rollout', { holder: 'one' });
      if (!('release' in leading)) throw new Error('another one leads');
      const released = leading.release().catch(() => undefined);
      expect(await lead('rollout', { holder: 'other' })).to.deep.equal({ holder: 'one' });
      answer();
      await released;
      expect(await lead('rollout', { holder: 'other' })).to.have.property('token');
    });
  }
});
