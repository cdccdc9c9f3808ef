import { expect } from 'chai';
import { sessionCountText } from '../../../core/sessions/count-sessions.ts';

describe('the count of sessions, for people', () => {
  const counts = [
    [{ expected: 4, established: 4, unknown: 0 }, '4 of 4 sessions'],
    [{ expected: 4, established: 2, unknown: 1 }, '2 of 4 sessions, 1 unknown'],
    [{ expected: 4, established: 0, unknown: 0 }, '0 of 4 sessions'],
    [{ expected: 4, established: 0, unknown: 4 }, '4 sessions, state unknown'],
    [{ expected: 1, established: 0, unknown: 1 }, '1 session, state unknown'],
  ] as const;
  for (const [count, text] of counts) {
    it(`does not count a session as down when its state is unknown: ${text}`, () => {
      expect(sessionCountText({ unexpected: 0, ...count })).to.equal(text);
      const oddRoutes = 'a route is odd';
      expect(sessionCountText({ unexpected: 0, ...count, oddRoutes })).to.equal(
        `${text}; ${oddRoutes}`,
      );
      const worst = '10.0.0.2: why';
      expect(sessionCountText({ unexpected: 0, ...count, worst })).to.equal(`${text} (${worst})`);
    });
  }
});
