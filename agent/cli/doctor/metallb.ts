/** MetalLB of the cluster: where it is, of which release, and how many Services wait for it. */
import { nameSome } from '../../../core/name-some.ts';
import { printable } from '../../../core/printable.ts';
import { within } from '../../../runtime/pacing/within.ts';
import type { Finding } from '../../ports/diagnosis.ts';
import type { LivingMetalLb } from '../../../core/metallb/living/living-metallb.ts';
import type { CommandContext } from '../command-context.ts';

const check = 'MetalLB';

/**
 * Never throws; says nothing where MetalLB is not installed, or nobody could look: the datastore's own check names a
 * server that is away. @param config agent.yaml; absent: the usual one
 */
export function diagnoseMetalLb(
  { connectLivingMetalLb }: Pick<CommandContext, 'connectLivingMetalLb'>,
  config: string | undefined,
  deadlineMs: number,
): Promise<readonly Finding[]> {
  const looking = connectLivingMetalLb(config === undefined ? {} : { config })
    .then(async (cluster) => {
      try {
        return findingsOf(await cluster.read());
      } finally {
        await cluster.close();
      }
    })
    .catch((): readonly Finding[] => []);
  return within<readonly Finding[]>(looking, deadlineMs, () => [
    { check, result: 'warning', message: 'asking the API server for it takes too long' },
  ]);
}

function findingsOf({ controllers, services, schemas }: LivingMetalLb): readonly Finding[] {
  if (!controllers.isRead) {
    const isInstalled = schemas.isRead && schemas.value.size > 0;
    if (!isInstalled) return [];
    const message = `its kinds are there, and where it runs is not known: ${printable(controllers.why)}`;
    return [{ check, result: 'warning', message }];
  }
  if (controllers.value.length === 0) return [];
  const where = controllers.value.map(
    ({ namespace, release = 'of an unknown release' }) => `${release} in namespace ${namespace}`,
  );
  const found: Finding = { check, result: 'ok', message: nameSome(where) };
  const waiting = services.isRead
    ? services.value.filter(
        ({ isLoadBalancer, loadBalancerClass, addresses }) =>
          isLoadBalancer && loadBalancerClass === undefined && addresses.length === 0,
      )
    : [];
  if (waiting.length === 0) return [found];
  const names = nameSome(waiting.map(({ namespace, name }) => `${namespace}/${name}`));
  return [
    found,
    {
      check,
      result: 'warning',
      message: `no address yet: ${names}`,
      hint: 'calico-agent metallb explain CONFIG --live says why',
    },
  ];
}
