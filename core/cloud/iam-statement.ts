/** The rights that an instance profile needs, as statements of an IAM policy. */
import type { CloudInstance } from './observed-cloud.ts';

/** The actions of EC2 that the agent uses. */
export type Ec2Action = 'DescribeInstances' | 'ModifyNetworkInterfaceAttribute';

/**
 * One statement, on one line, to be added to the policy of the instance profile. EC2 knows no
 * resources for DescribeInstances, and those of an interface for ModifyNetworkInterfaceAttribute:
 * Service Authorization Reference, "Actions, resources, and condition keys for Amazon EC2".
 * @param interfaces ids; empty: every interface of the account in this region
 */
export function iamStatement(
  action: Ec2Action,
  instance: CloudInstance,
  interfaces: readonly string[] = [],
): string {
  const resources =
    action === 'DescribeInstances'
      ? ['*']
      : (interfaces.length === 0 ? ['*'] : interfaces).map((id) => interfaceArn(instance, id));
  const [only, ...more] = resources;
  return JSON.stringify({
    Effect: 'Allow',
    Action: `ec2:${action}`,
    Resource: more.length === 0 ? only : resources,
  });
}

/** @param id `*`: all of the account in this region */
function interfaceArn({ partition, region, account }: CloudInstance, id: string): string {
  return `arn:${partition}:ec2:${region}:${account}:network-interface/${id}`;
}
