/** A Juju unit: the built charm on a machine with stand-ins of the hook tools and a real agent. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { parse } from 'yaml';
import { writeChanged } from '../../../build/write-changed.ts';

type Value = string | number | boolean;
export type Options = Readonly<Record<string, Value>>;

export interface Unit {
  readonly name: string;
  readonly state: string;
  /** Like `juju config`: refuses options that the charm does not have, and other types. */
  config(options: Options): Promise<void>;
  lead(isLeader: boolean): Promise<void>;
  /** The output of network-get for the binding bgp; undefined: it is bound to nothing. */
  network(printed: object | undefined): Promise<void>;
  relate(id: string, units: Readonly<Record<string, object>>): Promise<void>;
  unrelate(id: string): Promise<void>;
  /** Runs a hook; returns the unit's status. Fails when the hook does. */
  hook(name: string, environment?: Environment): Promise<string>;
  action(name: string, parameters?: Options): Promise<ActionResult>;
  applicationStatus(): Promise<string>;
  /** A file of the stand-ins: version, calls, statuses-unit. */
  recorded(name: string): Promise<string>;
  /** Ends the agent. */
  end(): Promise<void>;
}

type Environment = Readonly<Record<string, string>>;

export interface ActionResult {
  readonly output: string;
  /** Empty: it did not fail. */
  readonly failure: string;
  readonly status: string;
}

interface Option {
  readonly type: 'string' | 'int' | 'boolean';
  readonly default?: Value;
}

export interface UnitOptions {
  /** A new folder, which contains everything of the unit. */
  readonly folder: string;
  readonly name: string;
  /** The charm as `npm run charm` leaves it. */
  readonly charm: string;
  /** The agent's program: see bundleAgent. */
  readonly program: string;
  /** Fields of agent.yaml. */
  readonly agent: object;
}

const tools = path.resolve('test/support/juju-tools');

export async function createUnit({
  folder,
  name,
  charm,
  program,
  agent,
}: UnitOptions): Promise<Unit> {
  const at = (...names: readonly string[]): string => path.join(folder, ...names);
  const state = at('juju');
  const socket = at('agent.sock');
  const known: { readonly options: Readonly<Record<string, Option>> } = parse(
    await readFile(path.join(charm, 'config.yaml'), 'utf8'),
  );
  const defaults = Object.fromEntries(
    Object.entries(known.options).flatMap(([key, option]) =>
      option.default === undefined ? [] : [[key, option.default]],
    ),
  );
  const put = (file: string, value: unknown): Promise<void> =>
    writeFile(path.join(state, file), JSON.stringify(value));
  const recorded = (file: string): Promise<string> =>
    readFile(path.join(state, file), 'utf8').catch(() => '');
  const run = async (file: string, environment: Environment): Promise<void> => {
    const env = {
      PATH: `${at('bin')}:${tools}:${process.env['PATH'] ?? ''}`,
      JUJU_STATE: state,
      JUJU_UNIT_NAME: name,
      JUJU_CHARM_DIR: charm,
      CALICO_AGENT_SOCKET: socket,
      CALICO_AGENT_SETTINGS: at('etc/agent.yaml'),
      CALICO_AGENT_UNIT_FOLDERS: at('agents'),
      AGENT_COMMAND: `${at('bin/calico-agent')} run --config ${at('agent.yaml')}`,
      HOME: folder,
      ...environment,
    };
    await promisify(execFile)(path.join(charm, file), { env, cwd: charm });
  };

  await makePatient(path.join(charm, 'hooks/hook'));
  await mkdir(at('bin'), { recursive: true });
  await mkdir(path.join(state, 'network'), { recursive: true });
  const start = `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`;
  await writeFile(at('bin/calico-agent'), start);
  await chmod(at('bin/calico-agent'), 0o755);
  // Hooks that wait without a result need not wait long here.
  await writeFile(at('bin/sleep'), '#!/bin/sh\nexec /bin/sleep 0.1\n', { mode: 0o755 });
  await writeFile(
    at('agent.yaml'),
    JSON.stringify({
      apiVersion: 'calico-agent/v1',
      kind: 'AgentConfig',
      stateDirectory: at('state'),
      socket,
      statusSocket: at('status.sock'),
      ...agent,
    }),
  );
  await put('config.json', defaults);
  await put('leader', false);

  const unit: Unit = {
    name,
    state,
    config: async (options) => {
      for (const [key, value] of Object.entries(options)) checkOption(known.options, key, value);
      await put('config.json', { ...defaults, ...options });
    },
    lead: (isLeader) => put('leader', isLeader),
    network: async (printed) => {
      if (printed === undefined) await rm(path.join(state, 'network/bgp.json'), { force: true });
      else await put('network/bgp.json', printed);
    },
    relate: async (id, units) => {
      await unit.unrelate(id);
      const [relation = ''] = id.split(':');
      const place = path.join('relations', relation, id);
      await mkdir(path.join(state, place), { recursive: true });
      for (const [remote, data] of Object.entries(units)) {
        await put(path.join(place, `${remote.replace('/', '-')}.json`), data);
      }
    },
    unrelate: (id) => {
      const [relation = ''] = id.split(':');
      return rm(path.join(state, 'relations', relation, id), { recursive: true, force: true });
    },
    hook: async (hook, environment = {}) => {
      await run(`hooks/${hook}`, { JUJU_HOOK_NAME: hook, ...environment });
      return (await recorded('status-unit')).trim();
    },
    action: async (action, parameters = {}) => {
      for (const file of ['result-output', 'failure'])
        await rm(path.join(state, file), { force: true });
      await put('parameters.json', parameters);
      for (const [key, value] of Object.entries(parameters)) {
        await writeFile(path.join(state, `parameter-${key}`), String(value));
      }
      await run(`actions/${action}`, { JUJU_ACTION_NAME: action });
      for (const key of Object.keys(parameters)) await rm(path.join(state, `parameter-${key}`));
      return {
        output: await recorded('result-output'),
        failure: (await recorded('failure')).trim(),
        status: (await recorded('status-unit')).trim(),
      };
    },
    applicationStatus: async () => (await recorded('status-application')).trim(),
    recorded,
    end: async () => {
      const env = {
        ...process.env,
        JUJU_STATE: state,
        AGENT_COMMAND: '',
        CALICO_AGENT_SOCKET: socket,
      };
      await promisify(execFile)(path.join(tools, 'systemctl'), ['stop', 'calico-agent'], { env });
    },
  };
  return unit;
}

/**
 * A hook that waits longer than the charm's, because a machine under tests may need more than 20 s
 * for a change, and the status after its end is what the tests look at.
 */
async function makePatient(program: string): Promise<void> {
  const text = await readFile(program, 'utf8');
  const patient = text.replace(/^wait=20$/m, 'wait=90').replace(/^max_time=30$/m, 'max_time=100');
  if (patient === text) throw new Error(`${program} does not say how long it waits`);
  await writeFile(program, patient);
}

/**
 * The agent as one program that starts fast, because hooks start it again and again. Returns its
 * path. Other test files that run now start the same program: it is never half written, and its parts
 * are there before it names them.
 */
export async function bundleAgent(): Promise<string> {
  // The place where it finds the packages that it leaves out.
  const outdir = path.resolve('node_modules/.cache/calico-agent-hooks');
  const { outputFiles } = await build({
    write: false,
    entryPoints: { main: 'agent/main.ts', 'calico-agent-decider': 'agent/decider.ts' },
    outdir,
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
  });
  const program = path.join(outdir, 'main.js');
  const programs = [program, path.join(outdir, 'calico-agent-decider.js')];
  const contents = new Map(outputFiles.map((one) => [one.path, one.contents]));
  const parts = [...contents.keys()].filter((file) => !programs.includes(file));
  await mkdir(outdir, { recursive: true });
  await writeChanged(path.join(outdir, 'package.json'), '{ "type": "module" }\n');
  for (const file of parts) await writeChanged(file, contents.get(file) ?? '');
  for (const file of programs) await writeChanged(file, contents.get(file) ?? '');
  return program;
}

/** Source: juju's charm config: an unknown option, and a value of another type, are refused. */
function checkOption(options: Readonly<Record<string, Option>>, name: string, value: Value): void {
  const option = options[name];
  if (option === undefined) throw new Error(`unknown option "${name}"`);
  const type = typeof value === 'number' ? 'int' : typeof value;
  if (type !== option.type)
    throw new Error(`option "${name}" expected ${option.type}, got ${type}`);
}
