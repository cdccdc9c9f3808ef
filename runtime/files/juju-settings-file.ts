/** Where Juju's part of agent.yaml lies: the daemon writes it, and reads it at its next start. */
import path from 'node:path';

export function jujuFolder(stateDirectory: string): string {
  return path.join(stateDirectory, 'juju');
}

export function jujuSettingsFile(stateDirectory: string): string {
  return path.join(jujuFolder(stateDirectory), 'agent.json');
}
