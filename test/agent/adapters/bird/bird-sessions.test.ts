import { expect } from 'chai';
import { chown, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createBirdSessions } from '../../../../agent/adapters/bird/bird-sessions.ts';
import { usualLimits } from '../../../../agent/adapters/bird/conversation.ts';
import type { ObservedDaemon } from '../../../../core/sessions/session.ts';
import { answer } from '../../../support/calico/bird-answers.ts';
import { lacks } from '../../../support/skips/needs.cjs';

type Serve = (socket: net.Socket) => void;

const greeting = '0001 BIRD 1.6.8 ready.\n';

describe('asking BIRD on its control socket', () => {
  let root: string;
  const servers: net.Server[] = [];

  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'bird-'));
  });
  afterEach(async () => {
    await Promise.all(
      servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))),
    );
    await rm(root, { recursive: true });
  });

  const listen = async (file: string, serve: Serve): Promise<string> => {
    const at = path.join(root, file);
    await mkdir(path.dirname(at), { recursive: true });
    const server = net.createServer((socket) => {
      socket.on('error', () => undefined);
      serve(socket);
      socket.resume();
    });
    servers.push(server);
    await new Promise<void>((resolve) => {
      server.listen(at, resolve);
    });
    return at;
  };
  /** Answers like BIRD, with recorded answers; a test can give other ones. */
  const bird =
    (recorded: string, other: Readonly<Record<string, string>> = {}, asked: string[] = []): Serve =>
    (socket) => {
      socket.write(greeting);
      const answers: Readonly<Record<string, string>> = {
        restrict: '0016 Access restricted\n',
        'show status': answer(`${recorded}-status`),
        'show protocols all': answer(`${recorded}-protocols`),
        'show route count': answer(`${recorded}-routes`),
        ...other,
      };
      socket.on('data', (chunk) => {
        const question = chunk.toString().trim();
        asked.push(question);
        socket.write(answers[question] ?? '9001 syntax error\n');
      });
    };
  const observe = async (
    limits = usualLimits,
    sockets?: readonly string[],
    signal?: AbortSignal,
  ): Promise<readonly ObservedDaemon[]> =>
    createBirdSessions({ root, limits, sockets }).observe(signal);
  const usual = 'var/run/calico/bird.ctl';
  const one = async (limits = usualLimits): Promise<ObservedDaemon> => {
    const [daemon, ...rest] = await observe(limits);
    expect(rest).to.deep.equal([]);
    if (daemon === undefined) throw new Error('no socket was found');
    return daemon;
  };

  it('asks nothing when there is no BIRD', async () => {
    expect(await observe()).to.deep.equal([]);
  });

  it('reads the daemons of both families', async () => {
    await listen(usual, bird('bird-1.6.8'));
    await listen('var/run/calico/bird6.ctl', bird('bird6-1.6.8'));
    const daemons = await observe();
    expect(daemons.map(({ ok, at }) => [ok, path.relative(root, at)])).to.deep.equal([
      [true, usual],
      [true, 'var/run/calico/bird6.ctl'],
    ]);
    expect(daemons[1]).to.have.nested.property('sessions[0].neighbor', 'fd09::2');
    expect(daemons[0]).to.include({ routes: 4 });
  });

  it("finds MicroK8s' socket, and BIRD 2", async () => {
    await listen('var/snap/microk8s/current/var/run/calico/bird.ctl', bird('bird-2.0.12'));
    expect(await one()).to.have.nested.property('status.version', '2.0.12');
  });

  it('gives up every right to change something before it asks anything', async () => {
    const asked: string[] = [];
    await listen(usual, bird('bird-1.6.8', {}, asked));
    await observe();
    expect(asked).to.deep.equal([
      'restrict',
      'show status',
      'show protocols all',
      'show route count',
    ]);
  });

  it('asks nothing when it cannot give up its rights', async () => {
    const asked: string[] = [];
    await listen(usual, bird('bird-1.6.8', { restrict: '9001 syntax error\n' }, asked));
    expect(await one()).to.include({ ok: false, fault: 'unreadable' });
    expect(asked).to.deep.equal(['restrict']);
  });

  it('asks the sockets that are named, and no others', async () => {
    await listen(usual, bird('bird-1.6.8'));
    const other = await listen('elsewhere.ctl', bird('bird-2.0.12'));
    const daemons = await observe(usualLimits, [other, path.join(root, 'gone.ctl')]);
    expect(daemons).to.have.lengthOf(2);
    expect(daemons[0]).to.have.nested.property('status.version', '2.0.12');
    expect(daemons[1]).to.include({ ok: false, why: 'there is no such socket' });
  });

  it('skips a file that is not a socket', async () => {
    await mkdir(path.join(root, 'var/run/calico'), { recursive: true });
    await writeFile(path.join(root, usual), '');
    expect(await observe()).to.deep.equal([]);
  });

  it('ignores a socket that belongs to another user', async function () {
    if (process.getuid?.() !== 0) {
      lacks('root');
      this.skip();
    }
    let wasAsked = false;
    const at = await listen(usual, () => {
      wasAsked = true;
    });
    await chown(at, 12_345, 12_345);
    const why = 'it belongs to user 12345 and not to root';
    expect(await one()).to.deep.equal({ ok: false, at, fault: 'foreign', why });
    expect(wasAsked).to.equal(false);
    expect((await observe({ ...usualLimits, deadlineMs: 200 }, [at]))[0]).to.include({
      fault: 'silent',
    });
  });

  it('reports the socket that an ended BIRD left behind', async () => {
    const at = await listen(usual, bird('bird-1.6.8'));
    // A closed server removes its socket; this one stays, as after kill -9.
    await rename(at, `${at}.kept`);
    await Promise.all(
      servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))),
    );
    await rename(`${at}.kept`, at);
    expect(await one()).to.include({ fault: 'silent', why: 'no program listens there' });
  });

  describe('ends with a reason, and never with "down", when it', () => {
    const short = { ...usualLimits, deadlineMs: 200 };
    const faults: readonly (readonly [
      what: string,
      serve: Serve,
      fault: string,
      why: RegExp | string,
    ])[] = [
      ['hangs before its greeting', () => undefined, 'silent', 'no answer within 0.2 s'],
      ['hangs afterwards', (socket) => socket.write(greeting), 'silent', 'no answer within 0.2 s'],
      [
        'hangs in the middle of an answer',
        bird('bird-1.6.8', { 'show protocols all': answer('bird-1.6.8-protocols').slice(0, 3000) }),
        'silent',
        'no answer within 0.2 s',
      ],
      ['hangs up at once', (socket) => socket.destroy(), 'silent', /it hung up|ECONNRESET|EPIPE/],
      [
        'is cut in the middle',
        (socket) => {
          socket.write(greeting);
          socket.once('data', () => {
            socket.write('0016 Access restricted\n');
            socket.once('data', () => socket.end('1000-BIRD 1.6.8\n1011-Router'));
          });
        },
        'silent',
        'it hung up in the middle of an answer',
      ],
      [
        'talks another protocol',
        (socket) => socket.write('HTTP/1.1 200 OK\r\n'),
        'unreadable',
        /HTTP/,
      ],
      [
        'answers without a question',
        (socket) => socket.write(`${greeting}0000 \n0000 \n`),
        'unreadable',
        'it answers without a question',
      ],
      [
        'refuses a question',
        bird('bird-1.6.8', { 'show status': '8007 Access denied\n' }),
        'unreadable',
        'BIRD answers "Access denied"',
      ],
      [
        'writes a line without an end',
        (socket) => socket.write('0'.repeat(100_000)),
        'unreadable',
        'it has a line without an end',
      ],
    ];
    for (const [what, serve, fault, why] of faults) {
      it(what, async () => {
        const at = await listen(usual, serve);
        const daemon = await one(short);
        expect(daemon).to.include({ ok: false, at, fault });
        expect(daemon)
          .to.have.property('why')
          .that.matches(why instanceof RegExp ? why : new RegExp(`^${why}$`));
      });
    }

    it('sends one gigabyte', async () => {
      let sent = 0;
      await listen(usual, (socket) => {
        socket.write(greeting);
        const chunk = ' Import updates: 0 0 0\n'.repeat(2000);
        const pump = (): void => {
          while (sent < 1024 ** 3 && !socket.destroyed) {
            sent += chunk.length;
            if (!socket.write(chunk)) {
              socket.once('drain', pump);
              return;
            }
          }
        };
        socket.once('data', () => {
          socket.write('0016 Access restricted\n1006-\n');
          pump();
        });
      });
      const daemon = await one();
      expect(daemon).to.include({ ok: false, fault: 'unreadable' });
      expect(sent).to.be.below(2 * usualLimits.maxBytes);
    });
  });

  it('stops waiting for an answer when its caller has gone', async () => {
    await listen(usual, () => undefined);
    const ending = new AbortController();
    const observed = observe(usualLimits, undefined, ending.signal);
    ending.abort();
    expect((await observed)[0]).to.include({ ok: false, fault: 'silent' });
  });

  it('reports the daemon that answers while the other one hangs', async () => {
    await listen(usual, bird('bird-1.6.8'));
    await listen('var/run/calico/bird6.ctl', () => undefined);
    const daemons = await observe({ ...usualLimits, deadlineMs: 300 });
    expect(daemons.map(({ ok }) => ok)).to.deep.equal([true, false]);
  });
});
