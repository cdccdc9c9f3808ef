/** A host below a temporary folder: stand-ins of the files of MicroK8s, K3s and the others. */
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { createHostFiles } from '../../../agent/adapters/host-files/host-files.ts';
import { createPlatformSource } from '../../../agent/app/platform/read-platform.ts';
import type { HostLink } from '../../../core/platform/cni/parse-links.ts';
import type { Platform } from '../../../schemas/generated/agent-api/platform.ts';
import { isPlatform } from '../../../schemas/generated/agent-api/platform.validator.js';

export type Tree = Readonly<
  Record<string, string | { readonly link: string } | { readonly program: string }>
>;

export async function withTree<T>(tree: Tree, use: (root: string) => Promise<T>): Promise<T> {
  const root = await mkdtemp(path.join(os.tmpdir(), 'calico-agent-host-'));
  try {
    for (const [file, content] of Object.entries(tree)) {
      const at = path.join(root, file);
      await mkdir(file.endsWith('/') ? at : path.dirname(at), { recursive: true });
      if (file.endsWith('/')) continue;
      if (typeof content === 'string') await writeFile(at, content);
      else if ('link' in content) await symlink(content.link, at);
      else {
        await writeFile(at, content.program);
        await chmod(at, 0o755);
      }
    }
    return await use(root);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** The report of `platform` about such a host; it matches schemas/agent-api.openapi.yaml. */
export function platformOf(
  tree: Tree,
  version?: string,
  links: readonly HostLink[] = [],
  rules = '',
): Promise<Platform> {
  return withTree(tree, async (root) => {
    const programs = {
      k3sVersion: () => Promise.resolve(version),
      links: () => Promise.resolve(links),
      filterRules: () => Promise.resolve(rules),
    };
    const platform = await createPlatformSource({ files: createHostFiles(root), programs }).read();
    expect(isPlatform(platform), JSON.stringify(isPlatform.errors)).to.equal(true);
    return platform;
  });
}

/** `code file:line`, for the issues that are more than a note. */
export function found({ issues }: Platform): readonly string[] {
  return issues
    .filter(({ severity }) => severity !== 'note')
    .map(({ code, file = '', line }) => `${code} ${file}${line === undefined ? '' : `:${line}`}`);
}
