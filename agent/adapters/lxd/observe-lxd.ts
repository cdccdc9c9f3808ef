import { pathPart } from '../../../core/input/path-part.ts';
import type {
  ContainerId,
  ObservedContainer,
  LxdDaemon,
  ObservedProfile,
} from '../../../core/lxd/observed-lxd.ts';
import { isMap, textAt } from '../../../core/input/plain-data.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { LookInside } from './inside/look-inside.ts';
import type { LxdClient } from './lxd-client.ts';
import {
  containerOf,
  contentOf,
  mapsOf,
  nameOf,
  projectOf,
  type ReadContainer,
} from './read-answers.ts';

const atOnce = 8;

export async function observeLxd(client: LxdClient, look: LookInside): Promise<LxdDaemon> {
  const list = async (path: string): Promise<ReturnType<typeof mapsOf>> =>
    mapsOf((await client.request({ method: 'GET', path })).metadata);
  const [{ server, version }, projects] = await Promise.all([
    serverOf(client),
    list('/1.0/projects?recursion=1').then((found) => found.map(projectOf)),
  ]);
  const parts = await inTurns(projects, async (project) => {
    const of = `project=${pathPart(project.name)}`;
    const [profiles, instances] = await Promise.all([
      project.profilesIn === project.name ? list(`/1.0/profiles?recursion=1&${of}`) : [],
      list(`/1.0/instances?recursion=2&${of}`),
    ]);
    const read = instances.flatMap((one) => containerOf(one, project, one['state']) ?? []);
    return {
      profiles: profiles.map((one): ObservedProfile => ({
        project: project.name,
        name: nameOf(one),
        content: contentOf(one),
      })),
      containers: await Promise.all(read.map((one) => withInside(one, look))),
    };
  });
  return {
    state: 'there',
    server,
    version,
    projects,
    profiles: parts.flatMap(({ profiles }) => profiles),
    containers: parts.flatMap(({ containers }) => containers),
  };
}

/** The container; undefined: it is gone. */
export async function observeContainer(
  client: LxdClient,
  { project, name }: ContainerId,
  look: LookInside,
): Promise<ObservedContainer | undefined> {
  const of = `project=${pathPart(project)}`;
  const get = async (path: string): Promise<unknown> =>
    (await client.request({ method: 'GET', path: `${path}?${of}` })).metadata;
  try {
    const path = `/1.0/instances/${pathPart(name)}`;
    const [found, instance, state] = await Promise.all([
      get(`/1.0/projects/${pathPart(project)}`),
      get(path),
      get(`${path}/state`),
    ]);
    if (!isMap(found) || !isMap(instance)) return undefined;
    const read = containerOf(instance, projectOf(found), state);
    return read && (await withInside(read, look));
  } catch (error) {
    if (error instanceof AppError && error.code === 'not-found') return undefined;
    throw error;
  }
}

/** LXD tells whether the container runs; its inside is read separately. */
async function withInside(
  { container, pid, networkUp }: ReadContainer,
  look: LookInside,
): Promise<ObservedContainer> {
  if (pid === undefined) return container;
  return { ...container, inside: { pid, networkUp, ...(await look(pid, container)) } };
}

async function serverOf(
  client: LxdClient,
): Promise<{ readonly server: string; readonly version: string }> {
  const { metadata } = await client.request({ method: 'GET', path: '/1.0' });
  const environment = isMap(metadata) ? metadata['environment'] : undefined;
  const of = (name: string): string =>
    (isMap(environment) ? textAt(environment, name) : undefined) ?? 'unknown';
  // Without trust the answer has no environment, and everything else would be refused.
  return { server: of('server'), version: of('server_version') };
}

async function inTurns<T, R>(
  items: readonly T[],
  run: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += atOnce) {
    results.push(...(await Promise.all(items.slice(from, from + atOnce).map(run))));
  }
  return results;
}
