/**
 * Files for Nodes. The agent patches Nodes and never replaces them, which a document cannot
 * express: shell commands lie beside the documents, under a name that `apply -f FOLDER` ignores,
 * and a folder of its own keeps the settings that they make.
 */
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { byText } from '../../../../core/by-text.ts';
import type { ObservedNode } from '../../../../core/observe/observed.ts';
import type { NodeSettings } from '../../../../core/calico/node.ts';
import type { Tool } from '../../../../core/render/documents/documents.ts';
import { nodeCommands } from '../../../../core/render/documents/node-commands.ts';
import { writeFileAtomic } from '../../../../runtime/files/atomic-file.ts';
import { AppError, fromSystemError, systemCodeOf } from '../../../../runtime/errors.ts';
import { inPinnedFolder } from '../../../../runtime/files/pinned-folder.ts';
import { readTextFile } from '../../../../runtime/files/read-text-file.ts';
import { nodeCommandsFileName, nodeSettingsFileName } from './file-name.ts';
import { jsonBounds } from '../../../../core/input/bounds.ts';
import { jsonValue } from '../../../../core/input/parse-json.ts';

const maxBytes = 1024 * 1024;
const formatVersion = 1;
const maxFormerLabels = 100;
const nothing: NodeSettings = { groupLabels: [] };

export function nodeStateFolder(folder: string): string {
  return path.join(folder, '.calico-agent');
}

export interface NodeFiles {
  read(node: string): Promise<NodeSettings>;
  write(node: string, settings: NodeSettings): Promise<void>;
}

export function createNodeFiles(folder: string, tool: Tool): NodeFiles {
  const stateFolder = nodeStateFolder(folder);
  return {
    read: async (node) => {
      const stored = await whereThere(stateFolder, (pinned) =>
        readStored(path.join(pinned, nodeSettingsFileName(node))),
      );
      return stored?.settings ?? nothing;
    },
    write: async (node, settings) => {
      await makeStateFolder(stateFolder);
      const stored = await inPinnedFolder(stateFolder, (pinned) =>
        readStored(path.join(pinned, nodeSettingsFileName(node))),
      );
      const previous = previousSettings(stored, settings);
      const commands = nodeCommands(node, settings, tool, previous);
      const next: StoredNode = { formatVersion, node, settings, previous };
      // The commands come first: if the agent ends in between, it writes them again.
      await writeFileAtomic(path.join(folder, nodeCommandsFileName(node)), commandsText(commands), {
        mode: 0o755,
      });
      await inPinnedFolder(stateFolder, (pinned) =>
        writeFileAtomic(path.join(pinned, nodeSettingsFileName(node)), JSON.stringify(next), {
          mode: 0o644,
        }),
      );
    },
  };
}

/** Lists every node with settings. */
export async function listNodeFiles(folder: string): Promise<readonly ObservedNode[]> {
  const stateFolder = nodeStateFolder(folder);
  const found = await whereThere(stateFolder, listIn);
  return found ?? [];
}

async function listIn(stateFolder: string): Promise<readonly ObservedNode[]> {
  const names = await readdir(stateFolder).catch((error: unknown) => {
    throw fromSystemError(`cannot read "${stateFolder}"`, error);
  });
  const found: ObservedNode[] = [];
  for (const name of names.toSorted(byText)) {
    const stored = name.startsWith('node-')
      ? await readStored(path.join(stateFolder, name))
      : undefined;
    if (stored !== undefined) found.push({ name: stored.node, settings: stored.settings });
  }
  return found;
}

/** Follows no link, because the folder may be another user's, and this process is root. */
async function whereThere<T>(
  stateFolder: string,
  use: (pinned: string) => Promise<T>,
): Promise<T | undefined> {
  return inPinnedFolder(stateFolder, use).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'not-found') return undefined;
    throw error;
  });
}

async function makeStateFolder(stateFolder: string): Promise<void> {
  await mkdir(stateFolder).catch((error: unknown) => {
    if (systemCodeOf(error) === 'EEXIST') return;
    throw fromSystemError(`cannot make the folder "${stateFolder}"`, error);
  });
}

/**
 * All settings that the node once had: the commands remove them each time, because the agent does
 * not know which commands were run.
 */
function previousSettings(
  stored: StoredNode | undefined,
  { groupLabels }: NodeSettings,
): NodeSettings {
  const { settings, previous } = stored ?? { settings: nothing, previous: nothing };
  const asNumber = settings.asNumber ?? previous.asNumber;
  const routeReflectorClusterID =
    settings.routeReflectorClusterID ?? previous.routeReflectorClusterID;
  const labels = new Set(
    [...previous.groupLabels, ...settings.groupLabels].filter(
      (label) => !groupLabels.includes(label),
    ),
  );
  return {
    ...(asNumber === undefined ? {} : { asNumber }),
    ...(routeReflectorClusterID === undefined ? {} : { routeReflectorClusterID }),
    groupLabels: [...labels].slice(-maxFormerLabels),
  };
}

function commandsText(commands: readonly string[]): string {
  const head = [
    '#!/bin/sh',
    '# Commands for the node, to be run once; applying the documents does not run them.',
    'set -eu',
  ];
  return [...head, ...commands, ''].join('\n');
}

interface StoredNode {
  readonly formatVersion: 1;
  readonly node: string;
  readonly settings: NodeSettings;
  readonly previous: NodeSettings;
}

async function readStored(file: string): Promise<StoredNode | undefined> {
  const text = await readTextFile(file, maxBytes, { noLinks: true });
  if (text === undefined) return undefined;
  const data = jsonValue(text, jsonBounds.state);
  if (isStored(data)) return data;
  throw new AppError(
    'datastore-failed',
    `cannot read "${file}": it does not have the form that this version writes; remove it, and the agent writes it again`,
    { retryable: true },
  );
}

function isStored(data: unknown): data is StoredNode {
  if (!isRecord(data) || data['formatVersion'] !== formatVersion) return false;
  return isSettings(data['settings']) && isSettings(data['previous']);
}

function isSettings(data: unknown): data is NodeSettings {
  if (!isRecord(data)) return false;
  const { asNumber, routeReflectorClusterID, groupLabels } = data;
  const hasAsNumber = asNumber === undefined || asNumber === null || Number.isSafeInteger(asNumber);
  const id = routeReflectorClusterID ?? '';
  return hasAsNumber && typeof id === 'string' && isTexts(groupLabels);
}

function isTexts(data: unknown): data is readonly string[] {
  return Array.isArray(data) && data.every((item) => typeof item === 'string');
}

function isRecord(data: unknown): data is Readonly<Record<string, unknown>> {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}
