/** @param nodes how many */
export function couldNotGoBack(nodes: number): string {
  return nodes === 1 ? '1 node could not go back' : `${String(nodes)} nodes could not go back`;
}
