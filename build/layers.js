/**
 * The layer rules: imports point inwards only, in both programs.
 *
 *   core ← runtime;  core ← ports ← app ← (api, channel, cli, adapters) ← compose
 *
 * And no folder of the programs or of the tests has too many files of its own.
 *
 * Plain JavaScript, because dependency-cruiser's swc reader does not work under tsx.
 * Fails when a rule is broken, when it looked at no module (a checker that cannot read
 * TypeScript passes everything), or when a rule does not find its fault in test/layers/fixture.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { cruise } from 'dependency-cruiser';
import { folderArrows, folderCircles } from './folder-circles.js';
import { fullFolders } from './full-folders.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const fixture = 'test/layers/fixture';
const programs = ['core', 'runtime', 'agent', 'controller'];

/** Files that one folder may have of its own. */
const mostFiles = 16;

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
  'controller/ports/': ['core/', 'schemas/'],
  'controller/app/': ['controller/ports/', 'core/', 'runtime/', 'schemas/'],
  'controller/api/': ['controller/app/', 'controller/ports/', 'core/', 'runtime/', 'schemas/'],
  'controller/channel/': ['controller/app/', 'controller/ports/', 'core/', 'runtime/', 'schemas/'],
  'controller/cli/': ['controller/settings.ts', 'core/', 'runtime/', 'schemas/'],
  'controller/adapters/': ['controller/ports/', 'core/', 'runtime/', 'schemas/'],
  'controller/': ['core/', 'runtime/', 'schemas/'],
  // What is stored is read and changed by every phase, and knows none of them.
  'agent/app/state/': ['agent/app/agent.ts', 'agent/ports/', 'core/', 'runtime/', 'schemas/'],
};

/** Arrows between folders that may lead back, as `from → to`, each with its reason in docs/decisions/. */
const circleExceptions = [];

/** The only packages that core may use: they are pure. Of ajv just the types of its errors. */
const purePackages = ['ajv', 'yaml', 'ipaddr.js', '@noble/hashes', 'fastest-levenshtein', 'diff'];

function rules(base) {
  const layerRules = Object.entries(mayImport).map(([folder, allowed]) => ({
    name: `layers: ${folder} imports only ${allowed.join(', ')}`,
    severity: 'error',
    from: { path: `^${base}${folder}` },
    to: {
      path: `^${base}(core|runtime|agent|controller|schemas|test|bench|conformance|examples|build)/`,
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
    ...['agent', 'controller'].map((program) => ({
      name: `adapters of the ${program} do not know each other`,
      severity: 'error',
      from: { path: `^${base}${program}/adapters/([^/]+)` },
      to: { path: `^${base}${program}/adapters/`, pathNot: `^${base}${program}/adapters/$1` },
    })),
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
  const { modules, summary } = await violations(programs, '');
  if (summary.totalCruised === 0) {
    console.error('the layer check looked at no module');
    return 1;
  }
  const faults = [
    ...summary.violations.map(({ from, to, rule }) => `${from} → ${to}: ${rule.name}`),
    ...folderCircles(folderArrows(modules), circleExceptions),
    ...(await fullFolders([...programs, 'bench', 'test'], mostFiles, ['test/fixtures', fixture])),
    ...(await missedFaults()),
  ];
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) return 1;
  console.log(
    `layers: ${summary.totalCruised} modules, imports point inwards; no folder has more than ${mostFiles} files`,
  );
  return 0;
}

/** Each rule proves on the fixture that it can fail. */
async function missedFaults() {
  const base = `${fixture}/`;
  const { modules, summary } = await violations([fixture], base);
  const found = new Set(summary.violations.map(({ rule }) => rule.name));
  const arrows = folderArrows(modules, base);
  const circle =
    'circle of folders: runtime/files → runtime/log: runtime/files/file.ts → runtime/log/log.ts';
  const missed = [
    ...rules(base).flatMap(({ name }) => (found.has(name) ? [] : [name])),
    ...(folderCircles(arrows, []).includes(circle) ? [] : ['no circles of folders']),
    ...(folderCircles(arrows, ['runtime/log → core']).length > folderCircles(arrows, []).length
      ? []
      : ['no exception that nothing needs']),
    ...(await missedFullFolders()),
  ];
  return missed.map((name) => `the layer check does not find the fault of its fixture: ${name}`);
}

/** The largest folder of the fixture, runtime/, has four files: too many where three are allowed. */
async function missedFullFolders() {
  const full = `folder with 4 files, more than 3: ${fixture}/runtime`;
  const [above, within, left] = [
    await fullFolders([fixture], 3),
    await fullFolders([fixture], 4),
    await fullFolders([fixture], 3, [`${fixture}/runtime`]),
  ];
  const isRight = above.join() === full && within.length === 0 && left.length === 0;
  return isRight ? [] : ['no full folders'];
}

new Command('npm run check:layers --')
  .description('Checks that imports point inwards only, and that no folder has too many files.')
  .allowExcessArguments(false)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .parse();
process.chdir(path.resolve(root));
process.exitCode = await main();
