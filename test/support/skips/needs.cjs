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

/** @returns {[what: string, debianPackage: string | undefined][]} what this process lacked so far */
function noted() {
  return [...missing];
}

/**
 * @param {readonly (readonly [what: string, debianPackage: string | undefined])[]} needs
 * @returns {string[]} lines for the end of the run
 */
function summary(needs) {
  const lines = [...new Set(needs.map(([what]) => `  needs ${what}`))];
  const packages = new Set(needs.map(([, name]) => name).filter((name) => name !== undefined));
  if (packages.size > 0) lines.push(`  install: sudo apt-get install ${[...packages].join(' ')}`);
  return lines;
}

/** @returns {number} how often something was noted so far */
function timesTold() {
  return told;
}

module.exports = { lacks, noted, summary, timesTold };
