import { expect } from 'chai';
import { createFleetStore } from '../../../../controller/app/store/fleet-store.ts';
import { requirementsName } from '../../../../controller/app/store/requirements.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import { failure } from '../../../support/failure.ts';
import { inProcessChecker } from '../../../support/twins/in-process-checker.ts';
import { memoryStore } from '../../../support/twins/memory-store.ts';

describe('the requirements of a stored state', () => {
  const loading = async (text: string): Promise<unknown> => {
    const store = memoryStore();
    await store.commit({ changes: [{ ...requirementsName, text }] });
    const digestOfText = (one: string): Promise<string | undefined> => inProcessChecker.digest(one);
    return createFleetStore({
      store,
      cluster: 'default',
      logger: silentLogger,
      digestOfText,
    }).load();
  };

  it('that this version does not know keep it from serving, and it says what to do', async () => {
    const error = await failure(
      loading('{"formatVersion":1,"requires":["rollouts-with-tides"],"more":1}'),
    );
    expect(error).to.include({ code: 'newer-format', retryable: false });
    expect(error.message).to.contain(
      'a newer calico-controller has stored what this version does not know ("rollouts-with-tides"); install that version again, or restore a backup of this version into an empty store: calico-controller store restore',
    );
  });

  it('of another form are of a newer version', async () => {
    for (const text of ['{"formatVersion":2}', '[]', '{', '{"formatVersion":1,"requires":[1]}']) {
      expect(await failure(loading(text)), text).to.include({ code: 'newer-format' });
    }
  });

  it('may be empty', async () => {
    expect(await loading('{"formatVersion":1,"requires":[]}')).to.include({ lastNumber: 0 });
  });
});
