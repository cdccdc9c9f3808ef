import type { Derived } from '../../../core/deciding/question.ts';

/** Only BGPConfiguration `default` can switch the mesh on or off. */
export function meshOf({ desired }: Pick<Derived, 'desired'>): boolean | undefined {
  for (const { resource } of desired.resources) {
    if (resource.kind === 'BGPConfiguration' && resource.metadata.name === 'default') {
      return resource.spec.nodeToNodeMeshEnabled;
    }
  }
  return undefined;
}
