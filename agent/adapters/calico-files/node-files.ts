/**
 * Nodes are patched, never replaced, so a folder of documents cannot say what becomes of them: the
 * commands that do it lie beside the documents, under a name that no `apply -f FOLDER` picks up,
 * and what they set is kept in a folder of its own.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { NodeSettings } from '../../../core/render/desired.ts';
import { writeFileAtomic } from '../../../runtime/atomic-file.ts';
import { AppError } from '../../../runtime/errors.ts';
import { readTextFile } from '../../../runtime/read-text-file.ts';
import { nodeCommandsFileName, nodeSettingsFileName } from './file-name.ts';
import type { Tool } from './tool.ts';

const maxBytes = 1024 * 1024;
const formatVersion = 1;
const nothing: NodeSettings = { groupLabels: [] };

export interface NodeFiles {
  read(node: string): Promise<NodeSettings>;
  write(node: string, settings: NodeSettings): Promise<void>;
}

export function createNodeFiles(folder: string, tool: Tool): NodeFiles {
  const stateFolder = path.join(folder, '.calico-agent');
  const stateFile = (node: string): string => path.join(stateFolder, nodeSettingsFileName(node));
  return {
    read: async (node) => {
      const file = stateFile(node);
      const text = await readTextFile(file, maxBytes);
      return text === undefined ? nothing : parseSettings(file, text);
    },
    write: async (node, settings) => {
      await mkdir(stateFolder, { recursive: true });
      const { nodeCommands } = await import('../../../core/render/documents.ts');
      const commands = commandsText(nodeCommands(node, settings, tool));
      // The commands first: cut off in between, they are written again.
      await writeFileAtomic(path.join(folder, nodeCommandsFileName(node)), commands, {
        mode: 0o755,
      });
      await writeFileAtomic(stateFile(node), JSON.stringify({ formatVersion, node, settings }), {
        mode: 0o644,
      });
    },
  };
}

function commandsText(commands: readonly string[]): string {
  const head = [
    '#!/bin/sh',
    '# What has to become of the node, to be run once; applying the documents does not do it.',
    'set -eu',
  ];
  return [...head, ...commands, ''].join('\n');
}

function parseSettings(file: string, text: string): NodeSettings {
  const broken = (reason: string): AppError =>
    new AppError(
      'datastore-failed',
      `cannot read "${file}": ${reason}; remove it, and it is written again`,
      { retryable: true },
    );
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw broken('it is not JSON');
  }
  if (!isStored(data)) throw broken('it does not have the form that this version writes');
  return data.settings;
}

function isStored(data: unknown): data is { readonly settings: NodeSettings } {
  if (!isRecord(data) || data['formatVersion'] !== formatVersion) return false;
  const settings = data['settings'];
  if (!isRecord(settings)) return false;
  const { asNumber, routeReflectorClusterID, groupLabels } = settings;
  return (
    (asNumber === undefined || asNumber === null || Number.isSafeInteger(asNumber)) &&
    (routeReflectorClusterID === undefined ||
      routeReflectorClusterID === null ||
      typeof routeReflectorClusterID === 'string') &&
    Array.isArray(groupLabels) &&
    groupLabels.every((label) => typeof label === 'string')
  );
}

function isRecord(data: unknown): data is Readonly<Record<string, unknown>> {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}
