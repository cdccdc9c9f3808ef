/**
 * Mocha's spec reporter, and at the end what a person and a CI system want to know: what was
 * skipped, why, and the one command that installs what was missing; then the totals in one line.
 */
const { reporters, Runner } = require('mocha');
const needs = require('../skips/needs.cjs');
const { observeSkips } = require('../skips/skips.cjs');

class Reporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    this.skips = observeSkips(runner);
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      if (this.skips.titles.length > 0) {
        console.log('Skipped:');
        for (const title of this.skips.titles) console.log(`  ${title}`);
        for (const line of needs.summary(needs.noted())) console.log(line);
      }
      const { passes, failures, pending } = this.stats;
      console.log(`${passes} passed, ${failures} failed, ${pending} skipped`);
    });
  }

  /** Called by mocha. A gate knows why each test is skipped: one without a reason fails it. */
  done(failures, end) {
    const unexplained = process.env.CI === 'true' ? this.skips.unexplained : [];
    if (unexplained.length > 0) {
      console.error(
        `skipped without a word about what this machine lacks: ${unexplained.join(', ')}`,
      );
    }
    const faults = failures + unexplained.length;
    endInTime(faults > 0 ? 1 : 0);
    end(faults);
  }
}

const patienceMs = 30_000;

/** A test that leaves something open must not keep a gate from ending; what it is, is said. */
function endInTime(status) {
  // Without Node's own clean-up of handles, which may wait for ever (runtime/process/leave-at-once.ts).
  // The status is said here: this listener may come before mocha's, which sets process.exitCode.
  process.once('exit', () => process.exit(status));
  setTimeout(() => {
    const open = process.getActiveResourcesInfo().filter((name) => name !== 'Timeout');
    console.error(`the tests left something open, and would never end: ${open.join(', ')}`);
    process.exit(status);
  }, patienceMs).unref();
}

module.exports = Reporter;
