/** A module of its own, so that the YAML parser is loaded when the first file is read. */
import { parseAllDocuments } from 'yaml';

const maxAliases = 100;

/** The documents as plain data. @throws where one is not YAML, or its aliases grow beyond bounds */
export function parseDocuments(text: string): readonly unknown[] {
  return [...parseAllDocuments(text, { logLevel: 'silent' })].map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const data: unknown = document.toJS({ maxAliasCount: maxAliases });
    return data;
  });
}
