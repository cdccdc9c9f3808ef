import { digestOf } from '../../../../core/revision/digest.ts';
import type { ResourceKind } from '../../../../core/calico/resource.ts';

const maxNameBytes = 200;

/**
 * `apply -f FOLDER` takes files in alphabetical order, so the numbers give the safe one: pools, the
 * node's commands (labels choose its peers), peers, and last BGPConfiguration, which may turn the
 * mesh off.
 */
const order: Readonly<Record<ResourceKind, number>> = {
  IPPool: 10,
  BGPPeer: 30,
  BGPConfiguration: 50,
};

/** The file name of a resource, as `30-bgppeer-rack-0.yaml`. */
export function resourceFileName(kind: ResourceKind, name: string): string {
  return `${order[kind]}-${kind.toLowerCase()}-${safeName(name)}.yaml`;
}

/** A pattern for the shell. */
export const anyNodeCommandsFile = '20-node-*.sh';

export function isNodeCommandsFile(name: string): boolean {
  const [start = '', end = ''] = anyNodeCommandsFile.split('*');
  return name.startsWith(start) && name.endsWith(end);
}

export function nodeCommandsFileName(node: string): string {
  return anyNodeCommandsFile.replace('*', () => safeName(node));
}

export function nodeSettingsFileName(node: string): string {
  return `node-${safeName(node)}`;
}

/**
 * Escapes all other characters, so that the result is no path, and two names never give the same
 * one.
 */
export function safeName(name: string): string {
  const escaped = name.replaceAll(/[^A-Za-z0-9._-]/gu, (character) =>
    Buffer.from(character).toString('hex').replaceAll(/../g, '%$&'),
  );
  if (escaped.length <= maxNameBytes) return escaped;
  const hash = digestOf(name).slice('sha256:'.length).slice(0, 16);
  return `${escaped.slice(0, maxNameBytes)}-${hash}`;
}
