import type { DocumentsRead } from '../../core/deciding/read-documents.ts';
import type { CalicoResource } from '../../core/calico/resource.ts';
import type { Tool } from '../../core/render/documents/documents.ts';

/**
 * Reads and writes YAML documents on disk. One may be large, and its parser takes memory for as long
 * as a process lives, so the daemon does none of it itself.
 * Each throws AppError limit-reached, not-ready where too much waits, internal after a fault.
 */
export interface Texts {
  readDocuments(text: string): Promise<DocumentsRead>;
  /** As `resourceDocument` of core/render. */
  writeDocument(resource: CalicoResource, tool: Tool): Promise<string>;
}
