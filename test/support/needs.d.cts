/** Notes that a test cannot run here; throws where CI allows no skip. See needs.cjs. */
export function lacks(what: string, debianPackage?: string, name?: string): void;
export function summary(): string[];
