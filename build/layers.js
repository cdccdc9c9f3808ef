/**
 * The layer rule: imports point inwards only.
 *
 *   core ← runtime;  core ← ports ← app ← (api, channel, cli, adapters) ← compose
 *
 * Plain JavaScript, because dependency-cruiser's swc reader does not work under tsx.
 * Fails when a rule is broken, when it looked at no module (a checker that cannot read
 * TypeScript passes everything), or when it does not find the faults of the fixture.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { cruise } from 'dependency-cruiser';

const root = fileURLToPath(new URL('..', import.meta.url));
const fixture = 'test/layers/fixture';

/** What a folder may import besides itself; everything else of ours is forbidden. */
const mayImport = {
  'core/': ['schemas/'],
  'runtime/': ['core/', 'schemas/'],
  'agent/ports/': ['core/', 'schemas/'],
  'agent/app/': ['agent/ports/', 'core/', 'runtime/', 'schemas/'],
  'agent/api/': ['agent/app/', 'agent/ports/', 'core/', 'runtime/', 'schemas/'],
  'agent/channel/': ['agent/app/', 'agent/ports/', 'core/', 'runtime/', 'schemas/'],
  'agent/cli/': ['agent/app/', 'agent/ports/', 'core/', 'runtime/', 'schemas/'],
  'agent/adapters/': ['agent/ports/', 'core/', 'runtime/', 'schemas/'],
  'controller/': ['core/', 'runtime/', 'schemas/'],
};

/** The only packages that core may use: they are pure. Of ajv just the types of its errors. */
const purePackages = ['ajv', 'yaml', 'ipaddr.js', '@noble/hashes', 'fastest-levenshtein'];

function rules(base) {
  const layerRules = Object.entries(mayImport).map(([folder, allowed]) => ({
    name: `layers: ${folder} imports only ${allowed.join(', ')}`,
    severity: 'error',
    from: { path: `^${base}${folder}` },
    to: {
      path: `^${base}(core|runtime|agent|controller|schemas|test|bench|examples|build)/`,
      pathNot: [folder, ...allowed].map((name) => `^${base}${name}`),
    },
  }));
  return [
    ...layerRules,
    {
      name: 'core is pure: no node:*, and only packages that are pure',
      severity: 'error',
      from: { path: `^${base}core/` },
      to: {
        dependencyTypesNot: ['local', 'type-only'],
        pathNot: [`^${base}(core|schemas)/`, `node_modules/(${purePackages.join('|')})/`],
      },
    },
    {
      name: 'adapters do not know each other',
      severity: 'error',
      from: { path: `^${base}agent/adapters/([^/]+)/` },
      to: { path: `^${base}agent/adapters/`, pathNot: `^${base}agent/adapters/$1/` },
    },
    {
      name: 'no cycles',
      severity: 'error',
      from: { path: `^${base}` },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ];
}

async function violations(folders, base) {
  const { output } = await cruise(folders, {
    baseDir: root,
    ruleSet: { forbidden: rules(base) },
    validate: true,
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    parser: 'swc',
  });
  if (typeof output === 'string') throw new Error('dependency-cruiser gave a text, not a result');
  return output;
}

async function main() {
  const { summary } = await violations(['core', 'runtime', 'agent', 'controller'], '');
  for (const { from, to, rule } of summary.violations) {
    console.error(`${from} → ${to}: ${rule.name}`);
  }
  if (summary.totalCruised === 0) {
    console.error('the layer check looked at no module');
    return 1;
  }

  const expected = ['layers: core/', 'core is pure', 'adapters do not know each other'];
  const found = await violations([fixture], `${fixture}/`);
  const missed = expected.filter(
    (name) => !found.summary.violations.some(({ rule }) => rule.name.startsWith(name)),
  );
  for (const name of missed) {
    console.error(`the layer check does not find the fault of its fixture: ${name}`);
  }

  const failed = summary.violations.length > 0 || missed.length > 0;
  if (!failed) console.log(`layers: ${summary.totalCruised} modules, imports point inwards`);
  return failed ? 1 : 0;
}

new Command('npm run check:layers --')
  .description('Checks that imports point inwards only.')
  .allowExcessArguments(false)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .parse();
process.chdir(path.resolve(root));
process.exitCode = await main();
