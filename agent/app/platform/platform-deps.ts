import type { HostFiles } from '../../ports/host-files.ts';
import type { HostPrograms } from '../../ports/host-programs.ts';

export interface PlatformDeps {
  readonly files: HostFiles;
  readonly programs: HostPrograms;
}
