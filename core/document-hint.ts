/**
 * The places of a document: in the project, and in the package.
 * @param name the name of a file in docs/
 */
export function documentHint(name: string): string {
  return `docs/${name} (in the package /usr/share/doc/calico-agent/${name})`;
}
