/** The settings that K3s gets from everything that it reads at its start. */
import type { HostFile } from '../host-file.ts';
import { mergeFiles, mergeFlags, type GivenFlags, type MergedFiles } from './merge.ts';
import { parseConfigFile, type ConfigFile } from './parse-config-file.ts';
import type { K3sService } from './service.ts';

interface GivenInput {
  readonly service: K3sService;
  /** In the order in which K3s reads them. */
  readonly configFiles: readonly HostFile[];
}

export interface ReadGiven {
  readonly parsed: readonly ConfigFile[];
  readonly files: MergedFiles;
  readonly given: GivenFlags;
}

export function readGiven({ service, configFiles }: GivenInput): ReadGiven {
  const parsed = configFiles.flatMap((file) =>
    file.state === 'text' ? [parseConfigFile(file.path, file.text)] : [],
  );
  const files = mergeFiles(parsed.map(({ entries }) => entries));
  return { parsed, files, given: mergeFlags(files, service.flags, service.variables) };
}

const switchTrue = /^(?:1|t|true)$/i;

/** The truth of a switch as Go reads it. */
export function isTrue(text: string | undefined): boolean {
  return switchTrue.test(text ?? '');
}
