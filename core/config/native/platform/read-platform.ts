/** Reads `platform:` with the section of the same name, of the native dialect. */
import { withoutUndefined } from '../../../without-undefined.ts';
import type { ImagesSettings } from '../../images/settings.ts';
import type { PoolBeside } from '../../platform/microk8s-settings.ts';
import type { PlatformSettings } from '../../platform/platform-settings.ts';
import type { Findings } from '../../../findings.ts';
import type { Located } from '../../yaml/located.ts';
import { oneOf } from '../../yaml/read-values.ts';
import { readK3s } from './read-k3s.ts';
import { readMicroK8s } from './read-microk8s.ts';

const kinds = ['k3s', 'microk8s'] as const;

/** Sections that the files of a platform have to agree with; undefined: the document does not have them. */
interface OtherSections {
  readonly pools: readonly PoolBeside[] | undefined;
  readonly images: ImagesSettings | undefined;
}

/** @param fields those of the document */
export function readPlatform(
  fields: ReadonlyMap<string, Located>,
  { pools, images }: OtherSections,
  findings: Findings,
): PlatformSettings | undefined {
  const platform = oneOf(fields.get('platform'), kinds);
  for (const kind of kinds) {
    const section = fields.get(kind);
    if (section === undefined || kind === platform?.value) continue;
    // Its own issue names a platform that nobody knows.
    if (platform === undefined && fields.has('platform')) continue;
    const message =
      platform === undefined
        ? `a section ${kind} needs to say that the nodes are ${kind}`
        : `the platform is ${platform.value}, and this section is for ${kind}`;
    const hint =
      platform === undefined ? `add a line platform: ${kind}` : 'one document has one platform';
    findings.error(section.place, 'platform-missing', message, hint);
  }
  if (platform === undefined) return undefined;
  const { value: kind, place } = platform;
  const node = fields.get(kind);
  const bgp = (fields.get('bgp') ?? fields.get('groups') ?? fields.get('racks'))?.place;
  const beside = withoutUndefined({ pools, bgp, images });
  return kind === 'k3s'
    ? { kind, place, settings: readK3s(node, place, findings) }
    : { kind, place, settings: readMicroK8s(node, place, beside, findings) };
}
