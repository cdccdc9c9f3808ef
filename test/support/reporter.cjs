/**
 * Mocha's spec reporter, and at the end what a person and a CI system want to know: what was
 * skipped, why, and the one command that installs what was missing; then the totals in one line.
 */
const { reporters, Runner } = require('mocha');
const needs = require('./needs.cjs');

class Reporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const skipped = [];
    this.untold = [];
    const toldSuites = new Set();
    let told = 0;
    runner.on(Runner.constants.EVENT_TEST_PENDING, (test) => {
      skipped.push(test.fullTitle());
      const suite = outermostSuite(test.parent);
      if (needs.timesTold() > told) toldSuites.add(suite);
      told = needs.timesTold();
      if (!toldSuites.has(suite)) this.untold.push(test.fullTitle());
    });
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      if (skipped.length > 0) {
        console.log('Skipped:');
        for (const title of skipped) console.log(`  ${title}`);
        for (const line of needs.summary()) console.log(line);
      }
      const { passes, failures, pending } = this.stats;
      console.log(`${passes} passed, ${failures} failed, ${pending} skipped`);
      endInTime(failures);
    });
  }

  /** Called by mocha. A gate knows why each test is skipped: one without a reason fails it. */
  done(failures, end) {
    if (process.env.CI !== 'true' || this.untold.length === 0) return end(failures);
    console.error(
      `skipped without a word about what this machine lacks: ${this.untold.join(', ')}`,
    );
    end(failures + this.untold.length);
  }
}

/** The one below the root, which is of no file. */
function outermostSuite(suite) {
  return suite.parent === undefined || suite.parent.root ? suite : outermostSuite(suite.parent);
}

const patienceMs = 30_000;

/** A test that leaves something open must not keep a gate from ending; what it is, is said. */
function endInTime(failures) {
  // Node 20's own clean-up of handles was seen to spin for ever (runtime/leave-at-once.ts).
  process.once('exit', () => process.exit());
  setTimeout(() => {
    const open = process.getActiveResourcesInfo().filter((name) => name !== 'Timeout');
    console.error(`the tests left something open, and would never end: ${open.join(', ')}`);
    process.exit(Math.min(failures, 1));
  }, patienceMs).unref();
}

module.exports = Reporter;
