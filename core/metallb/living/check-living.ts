/** A metallb section beside the MetalLB that is installed: what it would not read, or could not store. */
import { releaseText } from '../../config/metallb/values/release.ts';
import type { MetalLbSettings } from '../../config/metallb/settings.ts';
import { gatherFindings, type Findings } from '../../findings.ts';
import type { Issue } from '../../issue.ts';
import { nameSome } from '../../name-some.ts';
import { objectKinds } from '../../platform/cluster/object-ref.ts';
import { printable } from '../../printable.ts';
import { metalLbObjects, usualNamespace } from '../objects.ts';
import { fieldsLost } from './fields-lost.ts';
import type { LivingController, LivingMetalLb } from './living-metallb.ts';

const usualHint = 'calico-agent metallb install CONFIG prints how to install it';

/**
 * What is not known is a warning; nothing is concluded from it.
 * @param howToInstall the hint where MetalLB is not there
 */
export function checkLivingMetalLb(
  settings: MetalLbSettings,
  { controllers, schemas }: Pick<LivingMetalLb, 'controllers' | 'schemas'>,
  howToInstall: string = usualHint,
): readonly Issue[] {
  const findings = gatherFindings();
  if (controllers.isRead) checkControllers(settings, controllers.value, howToInstall, findings);
  else unknown(settings, 'where MetalLB is installed', controllers.why, findings);
  const isThere = controllers.isRead && controllers.value.length > 0;
  const stored = 'what its CustomResourceDefinitions can store';
  if (!schemas.isRead) unknown(settings, stored, schemas.why, findings);
  else if (schemas.value.size > 0) checkStored(settings, schemas.value, findings);
  else if (isThere) unknown(settings, stored, 'the API server has no schema of them', findings);
  return findings.issues;
}

function unknown(settings: MetalLbSettings, what: string, why: string, findings: Findings): void {
  findings.warning(
    settings.place,
    'metallb-live-unknown',
    `it is not known ${what}: ${printable(why)}`,
  );
}

function checkControllers(
  { namespace, release, place }: MetalLbSettings,
  controllers: readonly LivingController[],
  howToInstall: string,
  findings: Findings,
): void {
  if (controllers.length === 0) {
    const message = 'MetalLB is not installed in this cluster';
    findings.warning(place, 'metallb-live-absent', message, howToInstall);
    return;
  }
  const wanted = namespace?.value ?? usualNamespace;
  const here = controllers.find((one) => one.namespace === wanted);
  if (here === undefined) {
    const found = [...new Set(controllers.map((one) => one.namespace))];
    const message = `MetalLB runs in namespace ${nameSome(found)}, and the objects of this section go to "${wanted}": MetalLB reads those of its own namespace only`;
    const hint = `write namespace: ${printable(found[0] ?? '')} into the metallb section`;
    findings.error(namespace?.place ?? place, 'metallb-live-namespace', message, hint);
    return;
  }
  if (release === undefined || here.release === undefined) return;
  const named = releaseText(release.value);
  if (named === here.release) return;
  const message = `the section is for MetalLB ${named}, and ${here.release} is installed`;
  const hint = `write release: ${here.release}, or upgrade MetalLB`;
  findings.warning(release.place, 'metallb-live-release', message, hint);
}

function checkStored(
  settings: MetalLbSettings,
  schemas: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
  findings: Findings,
): void {
  for (const { kind, name, spec, place } of metalLbObjects(settings).objects) {
    const { apiVersion } = objectKinds[kind];
    const schema = schemas.get(`${apiVersion} ${kind}`);
    if (schema === undefined) {
      const message = `the installed MetalLB has no ${kind} in ${apiVersion}, which "${name}" is`;
      findings.error(place, 'metallb-live-field', message, 'upgrade MetalLB, or take it away');
      continue;
    }
    for (const field of fieldsLost(schema, { spec })) {
      const message = `the installed MetalLB cannot store ${field} of ${kind} "${name}": its server would drop it without a word`;
      const hint = `take ${field.replace('spec.', '')} away, or upgrade MetalLB`;
      findings.error(place, 'metallb-live-field', message, hint);
    }
  }
}
