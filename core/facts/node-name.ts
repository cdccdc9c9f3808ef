/** The pattern in the schema of facts: names become parts of commands that people paste. */
const namePattern = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const maxNameLength = 253;

export function isNodeName(name: string): boolean {
  return name.length <= maxNameLength && namePattern.test(name);
}
