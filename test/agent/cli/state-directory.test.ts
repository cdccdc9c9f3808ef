/** Commands that read the state directory, and change it, when no daemon answers. */
import { expect } from 'chai';
import { findStateDirectory } from '../../../agent/compose-on-disk.ts';
import { AppError } from '../../../runtime/errors.ts';
import { failure } from '../../support/failure.ts';
import { inFolder, run } from './run-command.ts';

const socket = ['--socket', '/nonexistent/agent.sock'];
const ref = (number: number) => ({
  lineage: 'local:node-0',
  number,
  digest: `sha256:${'a'.repeat(64)}`,
});

describe('the state directory', () => {
  it('is the named one', async () => {
    await inFolder(async (folder) => {
      expect(await findStateDirectory(folder)).to.equal(folder);
    });
  });

  it('is reported as missing before anything is read from it', async () => {
    expect(await failure(findStateDirectory('/nonexistent/state'))).to.include({
      code: 'not-found',
      message:
        'cannot use the state directory "/nonexistent/state": there is no such folder; ' +
        'name it with --state-directory',
    });
  });

  for (const argv of [['show', '1'], ['diff', '1', '2'], ['history'], ['events'], ['rollback']]) {
    it(`is named by ${argv.join(' ')} when no daemon answers, before it fails`, async () => {
      const failing = (): Promise<never> => Promise.reject(new Error('nothing is there'));
      const { status, stderr } = await run([...argv, ...socket], {
        readHistory: failing,
        readEvents: failing,
      });
      expect(status).to.equal(1);
      expect(stderr).to.match(
        /^no daemon answers; using the state directory "\/var\/lib\/calico-agent"\n/,
      );
    });
  }

  it('needs root, as a user without the right learns', async () => {
    const denied = new AppError('access-denied', 'cannot read "state.json": permission denied');
    const { status, stderr } = await run(['history', ...socket], {
      readHistory: () => Promise.reject(denied),
    });
    expect(status).to.equal(1);
    expect(stderr).to.contain(
      'calico-agent: cannot read "state.json": permission denied; run the command as root\n',
    );
  });

  it('keeps a rollback for the next start, for which no client can wait', async () => {
    const rollBackOnDisk = () => Promise.resolve({ from: ref(2), to: ref(1) });
    const { status, stdout } = await run(['rollback', '--wait', ...socket], { rollBackOnDisk });
    expect(status).to.equal(1);
    expect(stdout).to.equal(
      'revision local:node-0#2 is rolled back; the next start of the agent brings revision ' +
        'local:node-0#1 into force: systemctl start calico-agent\n',
    );
  });
});
