import { readdir } from 'node:fs/promises';
import path from 'node:path';

const maxUnits = 100;

/** The machine's Juju units, by the folders that Juju makes for their agents: unit-calico-0. */
export async function readUnits(root: string): Promise<string[]> {
  const names = await readdir(path.join(root, 'var/lib/juju/agents')).catch(() => []);
  return names
    .flatMap((name) => {
      const [, application, number] =
        /^unit-([a-z](?:-?[a-z0-9])*)-(0|[1-9][0-9]*)$/.exec(name) ?? [];
      return application === undefined || number === undefined ? [] : [`${application}/${number}`];
    })
    .sort()
    .slice(0, maxUnits);
}
