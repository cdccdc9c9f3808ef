/** What the machine lacks for some tests: noted where a test is skipped, summed up at the end. */
const missing = new Map();

/**
 * Notes that a test cannot run here. With CI=true that is a failure: there everything is installed.
 * @param {string} what for a person: "root", "the program etcd"
 * @param {string} [debianPackage] what `apt-get install` brings it
 */
function lacks(what, debianPackage) {
  if (process.env.CI === 'true')
    throw new Error(`this machine lacks ${what}, and CI allows no skip`);
  missing.set(what, debianPackage);
}

/** @returns {string[]} lines for the end of the run */
function summary() {
  const packages = [...missing.values()].filter((name) => name !== undefined);
  const lines = [...missing.keys()].map((what) => `  needs ${what}`);
  if (packages.length > 0)
    lines.push(`  install: sudo apt-get install ${[...new Set(packages)].join(' ')}`);
  return lines;
}

module.exports = { lacks, summary };
