import { createObjectReader, objectId } from './manifest-objects.ts';

/**
 * The objects of the new manifest that the one in force does not have: `kubectl apply` of the old one leaves them.
 * In the order of the manifest.
 */
export function onlyNewObjects(current: string, merged: string): readonly string[] {
  const read = createObjectReader();
  const before = read('cni.yaml', current).objects;
  const after = read('cni.yaml', merged).objects;
  return [...after.values()].map((object) => objectId(object)).filter((id) => !before.has(id));
}
