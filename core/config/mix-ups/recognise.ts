import type { Located } from '../yaml/located.ts';
import { recogniseDocument } from './document.ts';
import { recogniseKind } from './kubernetes.ts';
import type { MixUp } from './mix-up.ts';

/** What a document is that is no network configuration, where that is known. */
export function recogniseMixUp(root: Located): MixUp | undefined {
  return (root.kind === 'map' ? recogniseKind(root) : undefined) ?? recogniseDocument(root);
}
