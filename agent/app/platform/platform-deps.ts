import type { HostFiles } from '../../ports/platform/host-files.ts';
import type { HostPrograms } from '../../ports/platform/host-programs.ts';

export interface PlatformDeps {
  readonly files: HostFiles;
  readonly programs: HostPrograms;
}
