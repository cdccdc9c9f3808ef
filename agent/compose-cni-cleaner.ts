/** Builds the adapters for `platform clean`. */
import { createCniCleaner } from './adapters/cni-left-overs/cni-cleaner.ts';
import { createHostFiles } from './adapters/host-files/host-files.ts';
import { createHostPrograms } from './adapters/host-files/host-programs.ts';
import type { CleanDeps } from './app/platform/clean-left-overs.ts';

export function connectCniCleaner(): CleanDeps {
  return {
    files: createHostFiles(),
    programs: createHostPrograms(),
    cleaner: createCniCleaner(),
  };
}
