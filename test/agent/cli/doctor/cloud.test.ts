import { expect } from 'chai';
import { diagnoseCloud } from '../../../../agent/cli/doctor/cloud.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { createMemoryEc2 } from '../../../support/twins/memory-ec2.ts';

describe('doctor on an instance of EC2', () => {
  it('shows the instance and the checks, and changes nothing', async () => {
    const ec2 = createMemoryEc2();
    const [finding, ...more] = await diagnoseCloud(() => Promise.resolve(ec2), 1000);
    expect(more).to.deep.equal([]);
    expect(finding?.result).to.equal('ok');
    expect(finding?.message).to.contain('instance i-1 in eu-west-1').and.contain('eni-0 enabled');
    expect(ec2.calls).to.deep.equal(['read']);
  });

  it('shows the statement that the instance profile lacks', async () => {
    const ec2 = createMemoryEc2();
    ec2.denied = true;
    const [, finding] = await diagnoseCloud(() => Promise.resolve(ec2), 1000);
    expect(finding?.result).to.equal('warning');
    expect(finding?.hint)
      .to.contain('"ec2:ModifyNetworkInterfaceAttribute"')
      .and.contain('123456789012:network-interface/eni-0');
  });

  it('says why EC2 cannot be read', async () => {
    const failing = (): Promise<never> =>
      Promise.reject(new AppError('not-ready', 'the metadata is away'));
    const [finding] = await diagnoseCloud(failing, 1000);
    expect(finding).to.include({ result: 'warning', message: 'the metadata is away' });
  });

  it('says nothing on another machine', async () => {
    expect(await diagnoseCloud(() => Promise.resolve(undefined), 1000)).to.deep.equal([]);
  });
});
