/** A disk that hangs, as of a broken network file system, when the controller ends. */
import { expect } from 'chai';
import type { OpenHost } from '../../controller/adapters/embedded-store/database-host.ts';
import { hostHere } from '../../controller/adapters/embedded-store/host-here.ts';
import { startController } from '../../controller/compose.ts';
import { silentLogger } from '../../runtime/log/logger.ts';
import { eventually } from '../support/eventually.ts';
import { MemoryAgent } from '../support/twins/memory-agent.ts';
import { Lab } from './running.ts';

describe('a controller whose disk hangs', function () {
  this.timeout(60_000);
  let lab: Lab;
  beforeEach(async () => {
    lab = await Lab.make();
  });
  afterEach(async () => {
    await lab.close();
  });
  const forever = (): Promise<never> => new Promise(() => undefined);

  it('ends all the same, and says that its last changes may not be stored', async () => {
    let hangs = false;
    const openHost: OpenHost = (file) => {
      const host = hostHere(file);
      return { ...host, commit: (given) => (hangs ? forever() : host.commit(given)) };
    };
    const errors: string[] = [];
    const logger = { ...silentLogger, error: (message: string) => void errors.push(message) };
    const settings = lab.settings({ timing: { keepMs: 1, storeEndMs: 100 } });
    lab.controller = await startController(settings, logger, { openHost });
    hangs = true;
    lab.connect(new MemoryAgent({ name: 'node-0' }));
    await eventually(async () => expect((await lab.status()).connected).to.equal(1));
    await lab.stopController();
    expect(errors).to.deep.equal([
      'cannot end the store in order: no answer for 0.1 s; the last changes may not be stored',
    ]);
  });
});
