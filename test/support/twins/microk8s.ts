/** MicroK8s as commands use it: its files in memory, and a cluster that takes a manifest or refuses it. */
import { AppError } from '../../../runtime/errors.ts';
import type { HostFiles } from '../../../agent/ports/platform/host-files.ts';
import type { MicroK8s } from '../../../agent/ports/platform/microk8s.ts';
import { cniYaml } from '../platform/microk8s-node.ts';

export interface MicroK8sTwin {
  readonly files: HostFiles;
  readonly microk8s: MicroK8s;
  readonly texts: Map<string, string>;
  /** What ran, in its order: `kubectl apply -f …`. */
  readonly ran: string[];
  /** The manifest that the cluster got last. */
  applied: string | undefined;
  /** Why a command fails; undefined: it does not. */
  fails: (command: string, manifest: string) => string | undefined;
}

export function createMicroK8sTwin(texts: Readonly<Record<string, string>>): MicroK8sTwin {
  const content = new Map(Object.entries(texts));
  const now = (): string => content.get(cniYaml) ?? '';
  const run = (
    args: readonly string[],
    _seconds: number,
    input?: string,
  ): ReturnType<MicroK8s['run']> => {
    const command = args.join(' ');
    twin.ran.push(command);
    const why = twin.fails(command, input ?? now());
    if (why !== undefined) return Promise.resolve({ ok: false, output: why });
    if (args.includes('apply') && input === undefined) twin.applied = now();
    return Promise.resolve({ ok: true, output: args.includes('get') ? 'a/1\na/2' : 'done' });
  };
  const twin: MicroK8sTwin = {
    texts: content,
    ran: [],
    applied: undefined,
    fails: () => undefined,
    files: {
      read: (path) => {
        const text = content.get(path);
        return Promise.resolve(
          text === undefined ? { state: 'absent', path } : { state: 'text', path, text },
        );
      },
      list: (folder) => {
        const below = [...content.keys()].filter((path) => path.startsWith(`${folder}/`));
        const names = below.map((path) => path.slice(folder.length + 1).split('/')[0] ?? '');
        return Promise.resolve({ names: [...new Set(names)].toSorted() });
      },
      entry: (path) => Promise.resolve({ state: 'absent', path }),
    },
    microk8s: {
      run,
      kubectl: (args, seconds, input) => run(['kubectl', ...args], seconds, input),
      replaceManifest: (before, after) => {
        if (now() !== before) {
          return Promise.reject(
            new AppError('datastore-conflict', 'cni.yaml changed since it was read'),
          );
        }
        content.set(cniYaml, after);
        return Promise.resolve();
      },
      keepManifest: (text, version) => {
        content.set(`${cniYaml}.${version}`, text);
        return Promise.resolve(`${cniYaml}.${version}`);
      },
      setLock: (name) => {
        content.set(`/lock/${name}`, '');
        return Promise.resolve();
      },
    },
  };
  return twin;
}
