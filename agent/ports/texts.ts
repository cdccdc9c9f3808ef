import type { DocumentsRead } from '../../core/deciding/read-documents.ts';
import type { CalicoResource } from '../../core/calico/resource.ts';
import type { PlainMap } from '../../core/input/plain-data.ts';
import type { Tool } from '../../core/render/documents/documents.ts';

/**
 * Reads and writes YAML documents. A document may be large, and the parser's memory is not freed
 * before its process ends, so the daemon does not do this itself. Each throws AppError
 * limit-reached, not-ready where too much waits, internal after a fault.
 */
export interface Texts {
  readDocuments(text: string): Promise<DocumentsRead>;
  /** As `resourceDocument` of core/render. */
  writeDocument(resource: CalicoResource, tool: Tool): Promise<string>;
  /** Any object of Kubernetes, as it is. */
  writeObject(content: PlainMap): Promise<string>;
}
