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
    runner.on(Runner.constants.EVENT_TEST_PENDING, (test) => skipped.push(test.fullTitle()));
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
}

const patienceMs = 30_000;

/** A test that leaves something open must not keep a gate from ending; what it is, is said. */
function endInTime(failures) {
  setTimeout(() => {
    const open = process.getActiveResourcesInfo().filter((name) => name !== 'Timeout');
    console.error(`the tests left something open, and would never end: ${open.join(', ')}`);
    process.exit(Math.min(failures, 1));
  }, patienceMs).unref();
}

module.exports = Reporter;
