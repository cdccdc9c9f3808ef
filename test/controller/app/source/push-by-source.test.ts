import { expect } from 'chai';
import { createPushBySource } from '../../../../controller/app/source/push-by-source.ts';
import type { Push } from '../../../../controller/app/push/push.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { failure } from '../../../support/failure.ts';

describe('a push of the source in the audit log', () => {
  const revision = { lineage: 'controller:lab', number: 1, digest: 'sha256:one' };
  let refusal: AppError | undefined;
  let audited: string[];
  let push: Push;
  beforeEach(() => {
    [refusal, audited] = [undefined, []];
    const refuse = (): Promise<void> =>
      refusal === undefined ? Promise.resolve() : Promise.reject(refusal);
    push = createPushBySource({
      push: async () => {
        await refuse();
        return { result: 'accepted', revision, issues: [] };
      },
      tryPush: refuse,
      trail: {
        run: async ({ by }, work) => {
          audited.push(`${by} begins`);
          return work();
        },
      },
    });
  });

  const pushed = (text: string): ReturnType<Push> =>
    push({ mediaType: 'application/yaml', text, by: text });

  it('is there once for each content and reason for which it is refused', async () => {
    refusal = new AppError('rollout-not-possible', 'a rollout is running');
    await failure(pushed('one'));
    expect((await failure(pushed('one'))).message).to.equal('a rollout is running');
    expect(audited).to.deep.equal(['one begins']);
    await failure(pushed('two'));
    await failure(pushed('two'));
    expect(audited).to.deep.equal(['one begins', 'two begins']);
    refusal = new AppError('invalid-config', 'it has errors');
    await failure(pushed('two'));
    await failure(pushed('two'));
    expect(audited).to.have.length(3);
  });

  it('is there before it begins, also where the content was refused before', async () => {
    refusal = new AppError('rollout-not-possible', 'a rollout is running');
    await failure(pushed('one'));
    refusal = undefined;
    expect((await pushed('one')).revision).to.equal(revision);
    expect(audited).to.have.length(2);
    refusal = new AppError('rollout-not-possible', 'a rollout is running');
    await failure(pushed('one'));
    expect(audited).to.have.length(3);
  });
});
