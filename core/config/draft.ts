import type { NetworkModel } from './model.ts';

/** What the reader of a dialect gives: everything of the model that could be read. */
export type NetworkDraft = Omit<NetworkModel, 'digest'>;
