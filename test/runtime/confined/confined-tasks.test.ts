import { expect } from 'chai';
import { watch } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createConfinedTasks,
  type ConfinedTasks,
  type Confinement,
} from '../../../runtime/confined/confined-tasks.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { LogFields } from '../../../runtime/log/logger.ts';
import type { BadTasks } from './bad-tasks.ts';

const what = 'check the configuration';
const noInput = undefined;
const limits = { cpuSeconds: 20, seconds: 40, heapMb: 64, residentMb: 400, resultMb: 8 };
const program = {
  file: fileURLToPath(new URL('tasks.child.ts', import.meta.url)),
  flags: ['--import', import.meta.resolve('tsx')],
};
const withCollector = { ...program, flags: ['--expose-gc', ...program.flags] };

describe('tasks in a process of their own', function () {
  this.timeout(60_000);
  let log: { message: string; fields: LogFields | undefined }[];
  let folder: string;
  let all: ConfinedTasks<BadTasks>[];
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-confined-'));
    log = [];
    all = [];
  });
  afterEach(async () => {
    for (const tasks of all) tasks.close();
    await rm(folder, { recursive: true });
  });

  const confine = (changes: Partial<Confinement> = {}): ConfinedTasks<BadTasks> => {
    const write = (message: string, fields?: LogFields): void => void log.push({ message, fields });
    const tasks = createConfinedTasks<BadTasks>({
      program,
      limits,
      idleMs: 10_000,
      maxWaiting: 2,
      maxWaitMs: 30_000,
      logger: { warn: write, error: write },
      ...changes,
    });
    all.push(tasks);
    return tasks;
  };
  it('return the same as in this process, in one process for call after call', async () => {
    const tasks = confine();
    const value = { list: Array.from({ length: 5000 }, (_one, index) => ({ index })), text: 'ä\n' };
    expect(await tasks.run('echo', value, { what })).to.deep.equal(value);
    const pid = await tasks.run('pid', noInput, { what });
    expect(await tasks.run('pid', noInput, { what })).to.equal(pid);
    expect(pid).not.to.equal(process.pid);
  });

  it('start no process before the first call, and end it when no call comes any more', async () => {
    const tasks = confine({ idleMs: 1 });
    const pid = await tasks.run('pid', noInput, { what });
    await ended(pid);
    expect(await tasks.run('pid', noInput, { what })).not.to.equal(pid);
  });

  it('end at the limit of computing time, and say what they did', async () => {
    const tasks = confine({ limits: { ...limits, cpuSeconds: 3 } });
    const pid = await tasks.run('pid', noInput, { what });
    const error = await refusal(tasks.run('spin', noInput, { what }));
    expect(error.code).to.equal('limit-reached');
    expect(error.message).to.equal(
      'cannot check the configuration: it needs more than 3 s; it was turning in circles',
    );
    await ended(pid);
    expect(await tasks.run('echo', 'next', { what })).to.equal('next');
  });

  it('end at the limit of time, also when they do not compute', async () => {
    const tasks = confine({ limits: { ...limits, seconds: 1 } });
    const error = await refusal(tasks.run('spin', noInput, { what }));
    expect(error.message).to.match(/^cannot check the configuration: it needs more than 1 s/);
  });

  it('end at the limit of V8 itself', async () => {
    const tasks = confine();
    const error = await refusal(tasks.run('allocate', noInput, { what }));
    expect(error.code).to.equal('limit-reached');
    expect(error.message).to.equal(
      'cannot check the configuration: it needs more than 64 MB of memory; it was filling its memory',
    );
    expect(log[0]?.fields?.['detail']).to.match(/heap limit/i);
    expect(await tasks.run('echo', 'next', { what })).to.equal('next');
  });

  it('end at the limit of all their memory', async () => {
    const tasks = confine({ limits: { ...limits, heapMb: 1000, residentMb: 200 } });
    const error = await refusal(tasks.run('allocate', noInput, { what }));
    expect(error.message).to.contain('it needs more than 200 MB of memory');
  });

  it('have all of their memory, whatever earlier tasks left in the process', async () => {
    const tasks = confine({ limits: { ...limits, residentMb: 350 } });
    const first = await tasks.run('leave', 150, { what });
    const second = await tasks.run('leave', 150, { what });
    expect(second).not.to.equal(first);
    await ended(first);
    expect(log).to.deep.equal([]);
    expect((await refusal(tasks.run('leave', 400, { what }))).code).to.equal('limit-reached');
    expect(log).to.have.length(1);
  });

  it('leave their input to the collector before the next one arrives', async () => {
    const tasks = confine({ program: withCollector, idleMs: 60_000 });
    const written = whenWritten(folder);
    await tasks.run('forget', { file: path.join(folder, 'forgotten') }, { what });
    await written;
    expect(log).to.deep.equal([]);
  });

  it('may use nine tenths of their heap, however often V8 collects there', async () => {
    const tasks = confine({ program: withCollector });
    const bytes = 0.88 * limits.heapMb * 2 ** 20;
    expect(await tasks.run('fill', bytes, { what })).to.equal('filled');
  });

  it('end when their result is too large to be used', async () => {
    const tasks = confine({ limits: { ...limits, resultMb: 1 } });
    await tasks.run('pid', noInput, { what });
    const file = path.join(folder, 'runs');
    const error = await refusal(tasks.run('enlarge', file, { what }));
    expect(error.message).to.contain('it needs more than 1 MB of memory');
    // It would be as large in another process.
    expect(await readFile(file, 'utf8')).to.equal('once\n');
  });

  for (const task of ['recurse', 'fail'] as const) {
    it(`fail alone with an exception (${task}), and the log has it once with its place`, async () => {
      const tasks = confine();
      const pid = await tasks.run('pid', noInput, { what });
      const error = await refusal(tasks.run(task, noInput, { what }));
      expect(error.code).to.equal('internal');
      expect(error.message).not.to.contain('secret detail');
      expect(log).to.have.length(1);
      expect(log[0]?.fields?.['detail']).to.contain('tasks.child.ts');
      expect(await tasks.run('pid', noInput, { what })).to.equal(pid);
    });
  }

  it('fail alone when the process ends, or somebody kills it', async () => {
    const tasks = confine();
    expect((await refusal(tasks.run('exit', noInput, { what }))).code).to.equal('internal');
    const file = path.join(folder, 'pid');
    const written = whenWritten(folder);
    const spinning = refusal(tasks.run('spinAndTell', file, { what }));
    await written;
    process.kill(Number(await readFile(file, 'utf8')), 'SIGKILL');
    expect((await spinning).code).to.equal('internal');
    expect(log.map(({ fields }) => fields?.['failuresSinceStart'])).to.deep.equal([1]);
    expect(await tasks.run('echo', 'next', { what })).to.equal('next');
  });

  it('fail when no process can be started', async () => {
    const tasks = confine({ program: { file: path.join(folder, 'none.js'), flags: [] } });
    expect((await refusal(tasks.run('echo', 1, { what }))).code).to.equal('internal');
  });

  it('are cancelled when no caller waits any more, and the next one gets its turn', async () => {
    const tasks = confine();
    const client = new AbortController();
    const file = path.join(folder, 'pid');
    const written = whenWritten(folder);
    const first = refusal(tasks.run('spinAndTell', file, { what, signal: client.signal }));
    const second = refusal(tasks.run('spin', noInput, { what, signal: client.signal }));
    const third = tasks.run('echo', 'third', { what });
    await written;
    client.abort();
    expect((await first).message).to.contain('the result is needed no more');
    await second;
    expect(await third).to.equal('third');
    expect(log).to.deep.equal([]);
  });

  it('wait in a bounded queue, in which urgent ones go first', async () => {
    const tasks = confine();
    const order: unknown[] = [];
    const run = async (name: string, isUrgent: boolean): Promise<void> => {
      order.push(await tasks.run('echo', name, { what, isUrgent }));
    };
    const running = [run('running', false)];
    running.push(run('a', false), run('b', false));
    expect((await refusal(tasks.run('echo', 'c', { what }))).code).to.equal('not-ready');
    running.push(run('urgent', true));
    await Promise.all(running);
    expect(order).to.deep.equal(['running', 'urgent', 'a', 'b']);
  });

  it('wait no longer than they may', async () => {
    const tasks = confine({ maxWaitMs: 10, limits: { ...limits, seconds: 2 } });
    const first = refusal(tasks.run('spin', noInput, { what }));
    const error = await refusal(tasks.run('echo', 1, { what }));
    expect(error.code).to.equal('not-ready');
    expect(error.retryable).to.equal(true);
    await first;
  });

  it('are rejected when the program ends', async () => {
    const tasks = confine();
    const running = refusal(tasks.run('spin', noInput, { what }));
    const waiting = refusal(tasks.run('echo', 1, { what }));
    tasks.close();
    expect((await waiting).code).to.equal('not-ready');
    expect((await running).code).to.equal('not-ready');
    expect((await refusal(tasks.run('echo', 1, { what }))).code).to.equal('not-ready');
    expect(log).to.deep.equal([]);
  });
});

async function refusal(promise: Promise<unknown>): Promise<AppError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

/** Resolves when a file there has a content. */
async function whenWritten(folder: string): Promise<void> {
  const watcher = watch(folder);
  await new Promise<void>((resolve) => {
    watcher.on('change', (kind) => {
      if (kind === 'change') resolve();
    });
  });
  watcher.close();
}

/** Resolves when the process is gone. */
async function ended(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}
