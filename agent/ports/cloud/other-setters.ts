import type { OtherSetters } from '../../../core/cloud/observed-cloud.ts';

/** Reads which other programs of the cluster set EC2's check. */
export interface OtherSettersSource {
  /** Never rejects: what cannot be read is named in `unread`. @param node Calico's Node */
  read(node: string): Promise<OtherSetters>;
}
