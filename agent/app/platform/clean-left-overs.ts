/** Finds what an earlier CNI left on this node, and takes it away. */
import { hasPolicyController } from '../../../core/platform/cni/check-rules.ts';
import {
  findLeftOvers,
  withoutChains,
  type FormerCni,
  type LeftOvers,
} from '../../../core/platform/cni/left-overs.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { CniCleaner } from '../../ports/platform/cni-cleaner.ts';
import type { PlatformDeps } from './platform-deps.ts';
import { readConflists } from './read-cni.ts';
import { readPlatform } from './read-platform.ts';

export interface CleanDeps extends Pick<PlatformDeps, 'files' | 'programs'> {
  readonly cleaner: CniCleaner;
}

export interface CleanPlan {
  readonly leftOvers: LeftOvers;
  /** Places that could not be read, each with its reason. */
  readonly unknown: readonly string[];
}

/** @throws AppError apply-failed where this CNI is in force, io-failed where its folder cannot be read */
export async function planClean(
  { cleaner, ...deps }: CleanDeps,
  former: FormerCni,
): Promise<CleanPlan> {
  const { report } = await readPlatform(deps);
  const { platform, values } = report;
  const { files, hidden } = await readConflists(deps, platform, values);
  if (hidden !== undefined) {
    throw new AppError('io-failed', `cannot read "${hidden.path}": ${hidden.why}`);
  }
  const [links, ipv4, ipv6] = await Promise.all([
    deps.programs.links(),
    cleaner.rules('ipv4'),
    cleaner.rules('ipv6'),
  ]);
  const found = findLeftOvers(former, {
    files,
    links,
    rules: { ipv4, ipv6 },
    hasPolicyController: hasPolicyController(report),
  });
  if (found.ok) return { leftOvers: found.leftOvers, unknown: found.unknown };
  throw new AppError('apply-failed', `cannot clean ${former} up: ${found.why}`);
}

/**
 * Files first: they decide which CNI new pods get. Rules are read again, so that only those are taken
 * away that are there now.
 * @returns a sentence for each thing as soon as it is done @throws AppError io-failed; the rest stays
 */
export async function* clean(
  { cleaner }: Pick<CleanDeps, 'cleaner'>,
  { files, chains, links }: LeftOvers,
): AsyncGenerator<string, void> {
  for (const file of files) yield `${file} is now ${await cleaner.setAside(file)}`;
  for (const family of ['ipv4', 'ipv6'] as const) {
    if (chains[family].length === 0) continue;
    const rules = await cleaner.rules(family);
    if (rules === undefined) {
      const message = `cannot read the rules of ${family} any more: its chains stay`;
      throw new AppError('io-failed', message);
    }
    await cleaner.changeRules(family, withoutChains(rules));
    yield `${String(chains[family].length)} chains of ${family} are deleted`;
  }
  for (const link of links) {
    await cleaner.deleteLink(link);
    yield `the interface ${link} is deleted`;
  }
}
