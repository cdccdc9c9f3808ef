export function lacks(what: string, debianPackage?: string, name?: string): void;
export type Need = readonly [what: string, debianPackage: string | undefined];
export function noted(): readonly Need[];
export function summary(needs: readonly Need[]): readonly string[];
