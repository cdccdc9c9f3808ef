/** Faults of this agent's files on disk, until they are mended, for the status. */
export interface StorageProblem {
  /** Path of the file or folder with the fault. */
  readonly file: string;
  readonly message: string;
  readonly hint: string;
}

export interface StorageProblems {
  /** The faults by time; the same list as long as nothing changed. */
  list(): readonly StorageProblem[];
  /** Takes a fault, which replaces an older one of the same file. */
  note(problem: StorageProblem): void;
  /** Removes the fault of a file that is in order again. */
  mended(file: string): void;
}

const mostListed = 20;

export function createStorageProblems(): StorageProblems {
  let problems: readonly StorageProblem[] = [];
  const without = (file: string): readonly StorageProblem[] =>
    problems.filter((one) => one.file !== file);
  return {
    list: () => problems,
    note: (problem) => {
      const known = problems.find(({ file }) => file === problem.file);
      if (known?.message === problem.message && known.hint === problem.hint) return;
      problems = [...without(problem.file), problem].slice(-mostListed);
    },
    mended: (file) => {
      if (problems.some((one) => one.file === file)) problems = without(file);
    },
  };
}
