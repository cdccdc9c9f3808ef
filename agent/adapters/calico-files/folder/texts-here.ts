import type { Texts } from '../../../ports/texts.ts';

/**
 * Reads texts in this process: for commands, which end soon. Loads the YAML parser with the first
 * text.
 */
export const textsHere: Texts = {
  readDocuments: async (text) => {
    const { readDocuments } = await import('../../../../core/deciding/read-documents.ts');
    return readDocuments(text);
  },
  writeDocument: async (resource, tool) => {
    const { resourceDocument } = await import('../../../../core/render/documents/documents.ts');
    return resourceDocument(resource, tool);
  },
  writeObject: async (content) => {
    const { yamlText } = await import('../../../../core/yaml-text.ts');
    return yamlText(content);
  },
};
