/** What is wrong with what this agent keeps on disk, until it is mended: for the status. */
export interface StorageProblem {
  /** Path of the file or folder that it is about. */
  readonly file: string;
  readonly message: string;
  readonly hint: string;
}

export interface StorageProblems {
  /** The same list as long as nothing changed; by time. */
  list(): readonly StorageProblem[];
  /** One for each file: a newer one takes the place of the older. */
  note(problem: StorageProblem): void;
  /** The file is as it shall be. */
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
