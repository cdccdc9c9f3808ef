import { expect } from 'chai';
import { iamStatement } from '../../../core/cloud/iam-statement.ts';

const instance = {
  id: 'i-1',
  region: 'cn-north-1',
  account: '123456789012',
  partition: 'aws-cn',
} as const;
const arn = 'arn:aws-cn:ec2:cn-north-1:123456789012:network-interface';

describe('iamStatement', () => {
  for (const [name, statement, expected] of [
    [
      'every resource to DescribeInstances, which has none',
      iamStatement('DescribeInstances', instance, ['eni-1']),
      { Effect: 'Allow', Action: 'ec2:DescribeInstances', Resource: '*' },
    ],
    [
      'one interface',
      iamStatement('ModifyNetworkInterfaceAttribute', instance, ['eni-1']),
      {
        Effect: 'Allow',
        Action: 'ec2:ModifyNetworkInterfaceAttribute',
        Resource: `${arn}/eni-1`,
      },
    ],
    [
      'several interfaces',
      iamStatement('ModifyNetworkInterfaceAttribute', instance, ['eni-1', 'eni-2']),
      {
        Effect: 'Allow',
        Action: 'ec2:ModifyNetworkInterfaceAttribute',
        Resource: [`${arn}/eni-1`, `${arn}/eni-2`],
      },
    ],
    [
      'all interfaces of the account',
      iamStatement('ModifyNetworkInterfaceAttribute', instance),
      { Effect: 'Allow', Action: 'ec2:ModifyNetworkInterfaceAttribute', Resource: `${arn}/*` },
    ],
  ] as const) {
    it(`gives the right for ${name}`, () => {
      expect(JSON.parse(statement)).to.deep.equal(expected);
    });
  }
});
