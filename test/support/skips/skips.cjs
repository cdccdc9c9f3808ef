/** Which tests a run of mocha skips, and which of them for no reason that `lacks` was told. */
const { Runner } = require('mocha');
const needs = require('./needs.cjs');

/**
 * @param {import('mocha').Runner} runner
 * @returns {{ titles: string[], unexplained: string[] }} both grow while the tests run
 */
function observeSkips(runner) {
  const titles = [];
  const unexplained = [];
  // A suite whose first test says what is missing says it for all of its tests.
  const explainedSuites = new Set();
  let told = needs.timesTold();
  runner.on(Runner.constants.EVENT_TEST_PENDING, (test) => {
    titles.push(test.fullTitle());
    const suite = outermostSuite(test.parent);
    if (needs.timesTold() > told) explainedSuites.add(suite);
    told = needs.timesTold();
    if (!explainedSuites.has(suite)) unexplained.push(test.fullTitle());
  });
  return { titles, unexplained };
}

/** The one below the root, which is of no file. */
function outermostSuite(suite) {
  return suite.parent === undefined || suite.parent.root ? suite : outermostSuite(suite.parent);
}

module.exports = { observeSkips };
