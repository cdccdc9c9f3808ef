/** What the machine lacks for some tests: noted where a test is skipped, summed up at the end. */
const missing = new Map();
let told = 0;

/**
 * Notes that a test cannot run here. With CI=true that is a failure: there everything is installed,
 * but for what SKIPS_ALLOWED names (`api-server`), because no package brings it.
 * @param {string} what for a person: "root", "the program etcd"
 * @param {string} [debianPackage] what `apt-get install` brings it
 * @param {string} [name] by which SKIPS_ALLOWED names it
 */
function lacks(what, debianPackage, name) {
  const allowed = (process.env.SKIPS_ALLOWED ?? '').split(',');
  if (process.env.CI === 'true' && !(name !== undefined && allowed.includes(name)))
    throw new Error(`this machine lacks ${what}, and CI allows no skip`);
  missing.set(what, debianPackage);
  told += 1;
}

/** @returns {string[]} lines for the end of the run */
function summary() {
  const packages = [...missing.values()].filter((name) => name !== undefined);
  const lines = [...missing.keys()].map((what) => `  needs ${what}`);
  if (packages.length > 0)
    lines.push(`  install: sudo apt-get install ${[...new Set(packages)].join(' ')}`);
  return lines;
}

/** @returns {number} how often something was noted so far */
function timesTold() {
  return told;
}

module.exports = { lacks, summary, timesTold };
