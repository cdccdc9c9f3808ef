/** The path of Juju's part of agent.yaml, which the daemon writes, and reads at its next start. */
import path from 'node:path';

export function jujuFolder(stateDirectory: string): string {
  return path.join(stateDirectory, 'juju');
}

export function jujuSettingsFile(stateDirectory: string): string {
  return path.join(jujuFolder(stateDirectory), 'agent.json');
}
