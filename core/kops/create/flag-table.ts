/** The values of `kops create cluster --networking`, per version of kops. */
import type { CreateFlag, KopsProvider } from '../table/provider.ts';
import { kopsProviders } from '../table/providers.ts';

export interface FlagOfProvider {
  readonly provider: KopsProvider;
  readonly flag: CreateFlag;
}

/** kubenet was the default until kops 1.25, and cilium is it since (new_cluster.go). */
export function defaultFlag(kops: number): string {
  return kops < 26 ? 'kubenet' : 'cilium';
}

export function flagsFor(kops: number): readonly CreateFlag[] {
  return kopsProviders.flatMap(({ flags }) => flags.filter((flag) => isValid(flag, kops)));
}

export function flagNamed(value: string, kops: number): FlagOfProvider | undefined {
  for (const provider of kopsProviders) {
    const flag = provider.flags.find((one) => one.value === value && isValid(one, kops));
    if (flag !== undefined) return { provider, flag };
  }
  return undefined;
}

export function isValid({ since, until }: CreateFlag, kops: number): boolean {
  return kops >= since && (until === undefined || kops <= until);
}
