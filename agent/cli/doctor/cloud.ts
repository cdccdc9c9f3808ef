/** EC2 below this machine: its interfaces' source/destination check, and the rights to set it. */
import { iamStatement } from '../../../core/cloud/iam-statement.ts';
import type { CloudInterface } from '../../../core/cloud/observed-cloud.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import { within } from '../../../runtime/pacing/within.ts';
import type { Finding } from '../../ports/diagnosis.ts';
import type { Ec2 } from '../../ports/cloud/ec2.ts';

const check = 'EC2';

/**
 * Never throws. Changes nothing: the right is tried with EC2's dry run.
 * @param connect undefined: this machine is no instance of EC2
 */
export function diagnoseCloud(
  connect: () => Promise<Ec2 | undefined>,
  deadlineMs: number,
): Promise<readonly Finding[]> {
  const looking = look(connect).catch((error: unknown): readonly Finding[] => [
    {
      check,
      result: 'warning',
      message: reasonOf(error),
      hint: 'only a configuration with a cloud section needs this',
    },
  ]);
  return within<readonly Finding[]>(looking, deadlineMs, () => [
    { check, result: 'warning', message: 'asking it takes too long' },
  ]);
}

async function look(connect: () => Promise<Ec2 | undefined>): Promise<readonly Finding[]> {
  const ec2 = await connect();
  if (ec2 === undefined) return [];
  const [instance, interfaces] = await Promise.all([ec2.instance(), ec2.interfaces()]);
  const states = interfaces.map((one) => `${one.id} ${one.check}`).join(', ');
  const message = `instance ${instance.id} in ${instance.region}; source/destination check: ${states}`;
  const denied: CloudInterface[] = [];
  for (const one of interfaces) {
    const { result } = await ec2.tryCheck(one.id, one.check);
    if (result === 'denied') denied.push(one);
  }
  if (denied.length === 0) return [{ check, result: 'ok', message }];
  const ids = denied.map(({ id }) => id);
  const statement = iamStatement('ModifyNetworkInterfaceAttribute', instance, ids);
  return [
    { check, result: 'ok', message },
    {
      check,
      result: 'warning',
      message: `the instance profile does not permit to change the source/destination check of ${ids.join(', ')}`,
      hint: `a configuration with a cloud section needs this statement in its policy: ${statement}`,
    },
  ];
}
