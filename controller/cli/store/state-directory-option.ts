import type { Command } from 'commander';

export interface StateDirectoryOptions {
  readonly stateDirectory: string;
}

export function addStateDirectoryOption(command: Command): Command {
  return command.option(
    '--state-directory <folder>',
    'where the controller keeps its state',
    '/var/lib/calico-controller',
  );
}
