/** MetalLB's manifest on a K3s server: is it the one of the configuration in force? */
import { parseConfig } from '../../../core/config/parse.ts';
import { printable } from '../../../core/printable.ts';
import { shellWord } from '../../../core/shell-word.ts';
import { within } from '../../../runtime/pacing/within.ts';
import { differenceText, findManifest } from '../../app/platform/write-k3s-manifest.ts';
import type { Finding } from '../../ports/diagnosis.ts';
import type { CommandContext } from '../command-context.ts';
import type { InForce } from './daemon.ts';

const check = "MetalLB's manifest";

/**
 * Never throws; says nothing where `metallb install --write-k3s-manifest` wrote no file, or this user cannot look.
 * @param inForce undefined: the daemon does not answer, or no configuration is in force
 */
export function diagnoseK3sManifest(
  context: Pick<CommandContext, 'connectK3sManifests'>,
  inForce: () => Promise<InForce | undefined>,
  deadlineMs: number,
): Promise<readonly Finding[]> {
  const looking = look(context, inForce).catch((): readonly Finding[] => []);
  return within<readonly Finding[]>(looking, deadlineMs, () => [
    { check, result: 'warning', message: 'reading it takes too long' },
  ]);
}

async function look(
  { connectK3sManifests }: Pick<CommandContext, 'connectK3sManifests'>,
  inForce: () => Promise<InForce | undefined>,
): Promise<readonly Finding[]> {
  const found = await findManifest(await connectK3sManifests());
  if (found === undefined || found.writer === 'foreign') return [];
  const file = printable(found.file);
  const ok = (message: string): readonly Finding[] => [
    { check, result: 'ok', message: `${file} ${message}` },
  ];
  if (found.writer === 'edited') {
    return ok('was edited since calico-agent wrote it, so calico-agent does not replace it');
  }
  const config = await inForce().catch(() => undefined);
  if (config === undefined) {
    return ok('is as calico-agent wrote it; the configuration in force is not known');
  }
  const wanted = await wantedText(config.text);
  if (wanted === undefined) {
    return ok('is as calico-agent wrote it; the configuration in force has no metallb for K3s');
  }
  const difference = differenceText(found.text, wanted);
  if (difference === undefined) return ok('is the one of the configuration in force');
  const show = `calico-agent show ${shellWord(config.name)}`;
  return [
    {
      check,
      result: 'warning',
      message: `${file} is of another configuration than the one in force: ${difference}`,
      hint: `as root, ${show} | calico-agent metallb install - --write-k3s-manifest --yes replaces it`,
    },
  ];
}

async function wantedText(config: string): Promise<string | undefined> {
  const parsed = parseConfig(config, {});
  if (!parsed.ok) return undefined;
  const { metallb, platform } = parsed.model;
  if (metallb === undefined || platform?.kind !== 'k3s') return undefined;
  const { manifestText } = await import('../../../core/metallb/install/manifest-text.ts');
  return manifestText({ metallb, platform });
}
