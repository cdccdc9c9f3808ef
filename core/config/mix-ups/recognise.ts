import type { Located } from '../yaml/located.ts';
import { recogniseDocument } from './document.ts';
import { recogniseKind } from './kubernetes.ts';
import type { MixUp } from './mix-up.ts';

/** Recognises a document that is no network configuration; undefined: it is not known. */
export function recogniseMixUp(root: Located): MixUp | undefined {
  return (root.kind === 'map' ? recogniseKind(root) : undefined) ?? recogniseDocument(root);
}
