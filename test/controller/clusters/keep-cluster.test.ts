import { expect } from 'chai';
import { keepCluster } from '../../../controller/clusters/keep-cluster.ts';
import { boundWork } from '../../../controller/api/clusters/bound-work.ts';
import { json, type HttpRequest, type Route } from '../../../runtime/http/route.ts';
import { silentLogger } from '../../../runtime/log/logger.ts';
import { eventually } from '../../support/eventually.ts';
import { failure } from '../../support/failure.ts';

type Kept = Awaited<ReturnType<Parameters<typeof keepCluster>[0]['start']>>;

interface Started {
  readonly end: (reason: string) => void;
  isStopped: boolean;
}

describe('a cluster among others', () => {
  it('is served again after its lead was lost, and not after the controller stopped', async () => {
    const starts: Started[] = [];
    const kept = keepCluster({
      start: () => {
        let end: Started['end'] = () => undefined;
        const ended = new Promise<string>((resolve) => {
          end = resolve;
        });
        const started: Started = { end, isStopped: false };
        starts.push(started);
        return Promise.resolve({
          opened: Promise.resolve(),
          ended,
          reload: () => Promise.resolve(),
          stop: () => {
            started.isStopped = true;
            return Promise.resolve();
          },
        });
      },
      again: { baseMs: 1, capMs: 1 },
      random: () => 0,
      logger: silentLogger,
    });
    await kept.opened;
    starts[0]?.end('another one leads');
    await eventually(() => expect(starts).to.have.length(2));
    expect(starts.map(({ isStopped }) => isStopped)).to.deep.equal([true, false]);
    await eventually(() => expect(kept.state().kind).to.equal('runs'));
    await kept.stop();
    expect(starts.map(({ isStopped }) => isStopped)).to.deep.equal([true, true]);
  });

  it('is tried again until it can be served', async () => {
    let tries = 0;
    const logged: string[] = [];
    const kept = keepCluster({
      start: () => {
        tries += 1;
        return tries < 4
          ? Promise.reject(new Error('no such file'))
          : Promise.resolve({
              opened: Promise.resolve(),
              ended: new Promise<string>(() => undefined),
              reload: () => Promise.resolve(),
              stop: () => Promise.resolve(),
            });
      },
      again: { baseMs: 1, capMs: 1 },
      random: () => 0,
      logger: { error: (text) => void logged.push(text), info: (text) => void logged.push(text) },
    });
    await kept.tried;
    expect(kept.state()).to.include({ kind: 'failed', reason: 'no such file' });
    await kept.opened;
    expect(logged).to.deep.equal([
      'cannot serve this cluster, and tries again: no such file',
      'this cluster is served again',
    ]);
    await kept.stop();
  });

  /** A cluster that is served until `end` is called. */
  const served = (
    opened: Promise<void>,
  ): { readonly end: Started['end']; readonly cluster: Kept } => {
    let end: Started['end'] = () => undefined;
    const ended = new Promise<string>((resolve) => {
      end = resolve;
    });
    const done = (): Promise<void> => Promise.resolve();
    return { end, cluster: { opened, ended, reload: done, stop: done } };
  };

  it('is started once, whatever asks for that meanwhile', async () => {
    const starts: ((outcome: Kept | Error) => void)[] = [];
    let stopped = 0;
    const kept = keepCluster({
      start: () =>
        new Promise<Kept>((resolve, reject) => {
          starts.push((outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)));
        }),
      again: { baseMs: 3_600_000, capMs: 3_600_000 },
      random: () => 0.5,
      logger: silentLogger,
    });
    await eventually(() => expect(starts).to.have.length(1));
    starts[0]?.(new Error('no such file'));
    await kept.tried;
    const reloads = [kept.reload(), kept.reload()];
    await eventually(() => expect(starts).to.have.length(2));
    reloads.push(kept.reload(), kept.reload());
    expect(kept.state()).to.include({ kind: 'failed', reason: 'no such file' });
    const stop = (): Promise<void> => {
      stopped += 1;
      return Promise.resolve();
    };
    starts[1]?.({ ...served(Promise.resolve()).cluster, stop });
    await Promise.all(reloads);
    expect([starts.length, kept.state().kind]).to.deep.equal([2, 'runs']);
    await kept.stop();
    expect([starts.length, stopped]).to.deep.equal([2, 1]);
  });

  it('has failed, and is tried with a pause, where its agents cannot connect', async () => {
    const pauses: number[] = [];
    const logged: string[] = [];
    let starts = 0;
    const kept = keepCluster({
      start: () => {
        starts += 1;
        // It leads, and another process has the port.
        const { end, cluster } = served(new Promise(() => undefined));
        end('cannot listen');
        return Promise.resolve(cluster);
      },
      again: { baseMs: 3_600_000, capMs: 3_600_000 },
      random: () => {
        pauses.push(pauses.length);
        return pauses.length < 3 ? 0 : 0.9;
      },
      logger: { error: (text) => void logged.push(text), info: (text) => void logged.push(text) },
    });
    await eventually(() => expect(pauses).to.have.length(3));
    expect(kept.state()).to.include({ kind: 'failed', reason: 'cannot listen' });
    expect(logged).to.deep.equal(['cannot serve this cluster, and tries again: cannot listen']);
    await kept.stop();
    expect(starts).to.be.at.least(3);
  });

  it('leaves places for the others where its store does not answer', async () => {
    const hung: Route = {
      method: 'PUT',
      path: '/v1/x',
      access: 'write',
      handle: () => new Promise(() => undefined),
    };
    const cheap: Route = { ...hung, method: 'GET', isCheap: true, handle: () => json({}) };
    const [put, get] = boundWork([hung, cheap], { requests: 3, bodyBytes: 10 });
    const asked = (body: string): HttpRequest => ({
      access: 'write',
      parameters: {},
      query: new URLSearchParams(),
      headers: {},
      body,
      mediaType: undefined,
      signal: new AbortController().signal,
      caller: () => Promise.resolve(undefined),
    });
    const ask = async (body = ''): Promise<unknown> => put?.handle(asked(body));
    void ask('12345678');
    expect((await failure(ask('123'))).code).to.equal('busy');
    void ask();
    void ask();
    expect((await failure(ask())).code).to.equal('busy');
    expect(await get?.handle(asked(''))).to.include({ body: '{}' });
  });
});
