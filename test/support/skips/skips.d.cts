import type { Runner } from 'mocha';
export function observeSkips(runner: Runner): {
  readonly titles: readonly string[];
  readonly unexplained: readonly string[];
};
