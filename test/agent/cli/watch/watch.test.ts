import { expect } from 'chai';
import { once } from 'node:events';
import { spawn, spawnSync } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { openScreen, isTerminal, type TerminalStream } from '../../../../agent/cli/watch/screen.ts';
import { viewOf, type Snapshot } from '../../../../agent/cli/watch/view.ts';
import { json } from '../../../../runtime/http/route.ts';
import type { Peers } from '../../../../schemas/generated/agent-api/peers.ts';
import type { LoggedEvent } from '../../../../schemas/generated/logged-event.ts';
import { lacks } from '../../../support/skips/needs.cjs';
import { agentStatus } from '../agent-status.ts';
import { withAgent } from '../scripted-agent.ts';

const nowMs = Date.parse('2026-03-02T09:00:00Z');
const event: LoggedEvent = {
  id: 7,
  at: '2026-03-02T08:59:00Z',
  kind: 'session-down',
  level: 'warning',
  text: 'the session to 10.0.0.2 went down: \u001b[2Jgone',
};
const peer = (address: string, verdict: 'established' | 'down'): Peers['peers'][number] => ({
  address,
  asNumber: 64512,
  reasons: [],
  session: verdict === 'down' ? { verdict, why: 'connection refused' } : { verdict },
});
const peers: Peers = {
  node: 'node-0',
  peers: [peer('10.0.0.1', 'established'), peer('10.0.0.2', 'down')],
  others: [],
  daemons: [],
};
const snapshot: Snapshot = {
  status: {
    ...agentStatus,
    state: 'awaiting-gate',
    message: 'waits',
    sessions: { expected: 2, established: 1, unexpected: 0, unknown: 0 },
    progress: {
      step: 2,
      steps: 3,
      title: 'mesh off',
      gates: [
        {
          condition: 'all sessions are Established',
          why: '10.0.0.2 is down',
          since: '2026-03-02T08:59:48Z',
          until: '2026-03-02T09:01:48Z',
        },
      ],
    },
  },
  peers,
  events: [event],
  silence: undefined,
};

describe('calico-agent watch', () => {
  it('shows the step, the gate with its time, the sessions that are down first, and the events', () => {
    const lines = viewOf(snapshot, { columns: 200, rows: 24 }, nowMs).map(({ text }) => text);
    expect(lines).to.deep.equal([
      'node-0  awaiting gate (step 2 of 3, mesh off): waits',
      'accepted local:node-0#4, in force local:node-0#4, confirmed local:node-0#4',
      'gate: all sessions are Established; waited 12 s, rolls back in 108 s: 10.0.0.2 is down',
      'BGP: 1 of 2 sessions',
      '',
      '10.0.0.2  down: connection refused',
      '10.0.0.1  established',
      '',
      '2026-03-02T08:59:00Z  session-down    warning: the session to 10.0.0.2 went down: \\u001b[2Jgone',
      'q quits',
    ]);
  });

  const sizes: readonly (readonly [number, number])[] = [
    [1, 1],
    [10, 3],
    [20, 5],
    [40, 8],
    [80, 24],
  ];
  for (const [columns, rows] of sizes) {
    it(`stays within ${columns} by ${rows}`, () => {
      const many = Array.from({ length: 50 }, (_, index) => peer(`10.0.1.${index}`, 'down'));
      const full = { ...snapshot, peers: { ...peers, peers: many }, events: many.map(() => event) };
      const lines = viewOf(full, { columns, rows }, nowMs);
      expect(lines.length).to.be.at.most(rows);
      for (const { text } of lines) expect(text.length).to.be.at.most(columns);
    });
  }

  it('counts the lines that it leaves out', () => {
    const many = Array.from({ length: 50 }, (_, index) => peer(`10.0.1.${index}`, 'down'));
    const full = { ...snapshot, peers: { ...peers, peers: many } };
    const lines = viewOf(full, { columns: 80, rows: 24 }, nowMs).map(({ text }) => text);
    expect(lines.join('\n')).to.match(/\nand \d+ more: calico-agent peers\n/);
  });

  it('says that the daemon is silent, and goes on showing its last answer', () => {
    const lines = viewOf({ ...snapshot, silence: 'timeout' }, { columns: 80, rows: 24 }, nowMs);
    expect(lines[0]).to.deep.equal({ text: 'no answer from the daemon: timeout', tone: 'bad' });
    expect(lines.length).to.be.greaterThan(5);
  });

  describe('on a screen', () => {
    const terminal = (highWaterMark = 16_384) => {
      const stdout = new PassThrough({ highWaterMark });
      return Object.assign(stdout, { isTTY: true as const, columns: 80, rows: 24 });
    };
    const keyboard = () => {
      const modes: boolean[] = [];
      const stdin = new PassThrough();
      return Object.assign(stdin, {
        isTTY: true as const,
        modes,
        setRawMode: (isRaw: boolean) => void modes.push(isRaw),
      });
    };
    const open = (stdout: TerminalStream, hasColors = false) => {
      const stdin = keyboard();
      const asked = { quit: 0, resized: 0 };
      const screen = openScreen({
        stdin,
        stdout,
        hasColors,
        quit: () => {
          asked.quit += 1;
        },
        resized: () => {
          asked.resized += 1;
        },
      });
      return { screen, stdin, asked };
    };

    for (const key of ['q', '\u0003']) {
      it(`gives the terminal back after ${JSON.stringify(key)}`, async () => {
        const stdout = terminal();
        const { screen, stdin, asked } = open(stdout);
        stdin.write(key);
        await new Promise(setImmediate);
        expect(asked.quit).to.equal(1);
        screen.close();
        screen.close();
        expect(stdin.modes).to.deep.equal([true, false]);
        expect(String(stdout.read())).to.match(/\?1049h.*\?25l.*\?25h.*\?1049l$/s);
        expect(process.listenerCount('SIGHUP')).to.equal(0);
      });
    }

    it('has no colours when they are not wanted', () => {
      const [plain, coloured] = [terminal(), terminal()];
      const lines = [{ text: 'bad news', tone: 'bad' }] as const;
      for (const [stdout, hasColors] of [
        [plain, false],
        [coloured, true],
      ] as const) {
        const { screen } = open(stdout, hasColors);
        screen.draw(lines);
        screen.close();
      }
      expect(String(plain.read())).to.contain('bad news').and.not.contain('31m');
      expect(String(coloured.read())).to.contain('\u001b[31mbad news\u001b[0m');
    });

    it('skips pictures while the terminal takes nothing, and then draws the newest', async () => {
      const stdout = terminal(1);
      const { screen } = open(stdout);
      for (let n = 0; n < 1000; n += 1) screen.draw([{ text: `line ${n}`, tone: 'plain' }]);
      expect(stdout.writableLength + stdout.readableLength).to.be.below(200);
      let text = '';
      stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      await once(stdout, 'drain');
      await new Promise(setImmediate);
      expect(text).to.contain('line 999');
      screen.close();
    });

    it('is not used when stdout is not a terminal', () => {
      expect(isTerminal(new PassThrough())).to.equal(false);
    });
  });

  it('works on a real terminal, and ends with q', async function () {
    if (spawnSync('script', ['--version']).status !== 0) {
      lacks('the program script', 'bsdutils');
      this.skip();
    }
    this.timeout(30_000);
    const answers = {
      'GET /v1/status': () => json(snapshot.status),
      'GET /v1/peers': () => json(peers),
      'GET /v1/events': () => json({ events: [event], last: 7 }),
    };
    await withAgent(answers, async ({ socket }) => {
      const command = `stty rows 20 cols 60; ${process.execPath} --import tsx agent/main.ts watch --socket ${socket}; stty -a`;
      const child = spawn('script', ['-qec', command, '/dev/null'], {
        stdio: ['pipe', 'pipe', 'ignore'],
        env: { ...process.env, NO_COLOR: '1' },
      });
      let text = '';
      let isAsked = false;
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (!isAsked && text.includes('q quits')) {
          isAsked = true;
          child.stdin.write('q');
        }
      });
      await once(child, 'close');
      expect(text).to.contain('gate: all sessions are Established; waited');
      expect(text).to.contain('\u001b[?1049l');
      expect(text.slice(text.indexOf('?1049l'))).to.match(/ icanon/);
    });
  });

  it('prints plain lines when stdout is not a terminal, and nothing twice', async () => {
    let reads = 0;
    const answers = {
      'GET /v1/status': () => {
        reads += 1;
        return json({ ...snapshot.status, message: reads < 3 ? 'waits' : 'goes on' });
      },
      'GET /v1/peers': () => json(peers),
      'GET /v1/events': () =>
        json(reads < 2 ? { events: [event], last: 7 } : { events: [{ ...event, id: 8 }], last: 8 }),
    };
    await withAgent(answers, async ({ socket }) => {
      const args = ['--import', 'tsx', 'agent/main.ts', 'watch', '--socket', socket];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      let text = '';
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes('goes on')) child.kill('SIGINT');
      });
      await once(child, 'close');
      const lines = text.split('\n');
      expect(lines[0]).to.equal(
        'node-0: awaiting gate (step 2 of 3, mesh off): waits; 1 of 2 sessions',
      );
      expect(text.match(/: waits;/g)).to.have.length(1);
      expect(text).to.contain('session-down');
      expect(text).not.to.contain('\u001b');
    });
  });
});
