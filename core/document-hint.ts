/**
 * Where a person finds a document: the package brings it, and the project has it.
 * @param name of a file in docs/
 */
export function documentHint(name: string): string {
  return `docs/${name} (in the package /usr/share/doc/calico-agent/${name})`;
}
