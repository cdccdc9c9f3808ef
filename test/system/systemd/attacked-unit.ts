/**
 * A unit in the container under attack by programs of the container: its answers, its usage and its
 * log.
 */
import { build } from 'esbuild';
import path from 'node:path';
import type { SystemdContainer } from './container.ts';
import type { Watched, Watching } from './watch.child.ts';

export interface Attack {
  /** One of test/security/attackers/, with its parameters. */
  readonly name: string;
  readonly parameters: readonly unknown[];
  readonly user: 'root' | 'nobody';
  /** The time until it is ended. */
  readonly forMs: number;
}

export interface Survived extends Watched {
  /** The unit's lines in the journal meanwhile. */
  readonly lines: readonly string[];
}

export interface AttackedUnit {
  /** Starts an attack, watches the unit until it is over, and ends it. */
  survive(attack: Attack): Promise<Survived>;
  /** Starts an attack that goes on. Returns the address where it listens, or nothing. */
  begin(attack: Attack): Promise<string>;
  end(): Promise<void>;
  watch(forMs: number): Promise<Survived>;
  /** The main process, and the number of restarts by systemd. */
  life(): Promise<string>;
  /** All lines of the unit's processes in the journal. */
  log(): Promise<readonly string[]>;
}

const standing = '/run/attack.standing';

/** Bundles the programs that attack and watch into this folder. */
export async function bundleAttacks(folder: string): Promise<void> {
  await build({
    entryPoints: {
      attack: 'test/security/attack.child.ts',
      watch: 'test/system/systemd/watch.child.ts',
    },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    banner: {
      js: "import{createRequire as _createRequire}from'node:module';const require=_createRequire(import.meta.url);",
    },
    absWorkingDir: path.resolve('.'),
    logLevel: 'warning',
  });
}

/** @param programs the place of bundleAttacks' result in the container */
export function attackedUnit(
  { sh }: SystemdContainer,
  unit: 'calico-agent' | 'calico-controller',
  { socket, programs }: { readonly socket: string; readonly programs: string },
): AttackedUnit {
  const node = `/usr/lib/${unit}/node`;
  const controlGroup = `/system.slice/${unit}.service`;
  const journal = `journalctl --quiet --no-pager -o cat _SYSTEMD_UNIT=${unit}.service`;
  const watch = async (forMs: number): Promise<Survived> => {
    const watching: Watching = { socket, controlGroup, untilContent: standing, thenMs: forMs };
    const further = `${journal} --cursor-file=/run/${unit}.cursor`;
    const look = `${node} ${programs}/watch.mjs '${JSON.stringify(watching)}'`;
    const [seen = '', ...lines] = linesOf(await sh(`${further} >/dev/null; ${look} && ${further}`));
    const watched: Watched = JSON.parse(seen);
    return { ...watched, lines };
  };
  const start = async ({ name, parameters, user }: Attack): Promise<void> => {
    // It leaves the processor to the unit and its watcher, because it is to be hostile and not a
    // load.
    const options = ['--quiet', '--collect', '--unit=attack', '--nice=10', `--uid=${user}`];
    const output = ['-p LimitNOFILE=20000', `-p StandardOutput=truncate:${standing}`];
    const program = [node, `${programs}/attack.mjs`, name, `'${JSON.stringify(parameters)}'`];
    await sh(`rm -f ${standing}; systemd-run ${[...options, ...output, ...program].join(' ')}`);
  };
  const end = async (): Promise<void> => {
    const isOver = 'while systemctl -q is-active attack.service; do sleep 0.1; done';
    const kill = 'systemctl kill --signal=KILL attack.service || :';
    await sh(`${kill}; rm -f ${standing}; timeout 20 sh -c '${isOver}'`);
  };
  const life = `systemctl show -p MainPID -p NRestarts -p ActiveState ${unit}.service`;
  return {
    begin: async (attack) => {
      await start(attack);
      await sh(`timeout 60 sh -c 'until [ -s ${standing} ]; do sleep 0.1; done'`);
      return (await sh(`sed 's/^standing *//' ${standing}`)).trim();
    },
    survive: async (attack) => {
      await start(attack);
      try {
        return await watch(attack.forMs);
      } finally {
        await end();
      }
    },
    end,
    watch,
    life: () => sh(life),
    log: async () => linesOf(await sh(journal)),
  };
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}
