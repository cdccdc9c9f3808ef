import { expect } from 'chai';
import { json } from '../../../../runtime/http/route.ts';
import type { LoggedEvent } from '../../../../schemas/generated/logged-event.ts';
import { parseSince } from '../../../../runtime/cli/events/since.ts';
import { run } from '../run-command.ts';
import { withAgent } from '../scripted-agent.ts';

const event = (id: number, text: string): LoggedEvent => ({
  id,
  at: '2026-01-31T03:12:07.123Z',
  kind: 'session-down',
  level: 'warning',
  text,
});

describe('calico-agent events', () => {
  it('prints one line for each, and no text from outside raw', async () => {
    const answer = { events: [event(1, 'went down: \u001b[2J\nfake')], last: 1 };
    await withAgent({ 'GET /v1/events': () => json(answer) }, async ({ socket }) => {
      const { stdout, status } = await run(['events', '--socket', socket]);
      expect(status).to.equal(0);
      expect(stdout).to.equal(
        '2026-01-31T03:12:07Z  session-down    warning: went down: \\u001b[2J\\u000afake\n',
      );
    });
  });

  it('prints a line of JSON for each', async () => {
    const answer = { events: [event(1, 'one'), event(2, 'two')], last: 2 };
    await withAgent({ 'GET /v1/events': () => json(answer) }, async ({ socket }) => {
      const { stdout } = await run(['events', '-o', 'json', '--socket', socket]);
      expect(
        stdout
          .trimEnd()
          .split('\n')
          .map((line): unknown => JSON.parse(line)),
      ).to.deep.equal(answer.events);
    });
  });

  it('starts at a given time', async () => {
    const answer = { events: [], last: 0 };
    await withAgent({ 'GET /v1/events': () => json(answer) }, async ({ socket, requests }) => {
      await run(['events', '--since', '2026-01-31T03:00:00Z', '--socket', socket]);
      expect(requests[0]?.query).to.deep.equal({ since: '2026-01-31T03:00:00.000Z' });
    });
    const { status, stderr } = await run(['events', '--since', 'yesterday']);
    expect([status, stderr]).to.satisfy(
      ([code, text]: [number, string]) => code === 2 && text.includes('such as 90s, 30m, 2h'),
    );
  });

  it('continues after its last event, and ends with an error that it cannot retry', async () => {
    const answers = [
      { events: [event(1, 'one')], last: 1 },
      { events: [event(2, 'two')], last: 2 },
    ];
    const next = () => {
      const answer = answers.shift();
      return answer === undefined ? json({ nonsense: true }) : json(answer);
    };
    await withAgent({ 'GET /v1/events': next }, async ({ socket, requests }) => {
      const { stdout, status } = await run(['events', '--follow', '--socket', socket]);
      expect(status).to.equal(1);
      expect(stdout).to.match(/one\n.*two\n$/);
      expect(requests.map(({ query }) => query['after'])).to.deep.equal([undefined, '1', '2']);
    });
  });

  it('reads the disk when no daemon answers', async () => {
    const { stdout, stderr } = await run(['events', '--socket', '/nonexistent/agent.sock'], {
      readEvents: () => Promise.resolve([event(1, 'one')]),
    });
    expect(stdout).to.contain('one');
    expect(stderr).to.equal(
      'no daemon answers; using the state directory "/var/lib/calico-agent"\n',
    );
  });

  const times: readonly (readonly [string, number | undefined])[] = [
    ['90s', 910_000],
    ['2min', 880_000],
    ['2m', 880_000],
    ['9h', 0],
    ['1970-01-01T00:00:01Z', 1000],
    ['1970-01-02', 86_400_000],
    ['soon', undefined],
    ['-1h', undefined],
  ];
  for (const [text, time] of times) {
    it(`understands --since ${text}`, () => expect(parseSince(text, 1_000_000)).to.equal(time));
  }
});
