import { expect } from 'chai';
import { diagnoseMetalLb } from '../../../../agent/cli/doctor/metallb.ts';
import { readService } from '../../../../core/metallb/explain/services.ts';
import type { LivingMetalLb } from '../../../../core/metallb/living/living-metallb.ts';
import type { Finding } from '../../../../agent/ports/diagnosis.ts';

function diagnose(more: Partial<LivingMetalLb> | Error): Promise<readonly Finding[]> {
  const connectLivingMetalLb: Parameters<typeof diagnoseMetalLb>[0]['connectLivingMetalLb'] = () =>
    Promise.resolve({
      read: () =>
        more instanceof Error
          ? Promise.reject(more)
          : Promise.resolve({
              services: { isRead: true, value: [] },
              namespaces: { isRead: true, value: new Map() },
              controllers: {
                isRead: true,
                value: [{ namespace: 'lb', name: 'c', release: '0.16.2' }],
              },
              schemas: { isRead: true, value: new Map([['metallb.io/v1beta1 IPAddressPool', {}]]) },
              ...more,
            }),
      where: () => Promise.resolve({ server: 'https://10.0.0.1:6443', source: 'the settings' }),
      close: () => Promise.resolve(),
    });
  return diagnoseMetalLb({ connectLivingMetalLb }, undefined, 60_000);
}

describe('doctor, for MetalLB', () => {
  it('names its release and namespace, and the Services that wait', async () => {
    const service = readService({
      metadata: { namespace: 'default', name: 'web' },
      spec: { type: 'LoadBalancer' },
    });
    expect(await diagnose({ services: { isRead: true, value: [service] } })).to.deep.equal([
      { check: 'MetalLB', result: 'ok', message: '0.16.2 in namespace lb' },
      {
        check: 'MetalLB',
        result: 'warning',
        message: 'no address yet: default/web',
        hint: 'calico-agent metallb explain CONFIG --live says why',
      },
    ]);
  });

  it('says nothing without MetalLB, and without a server', async () => {
    expect(await diagnose({ controllers: { isRead: true, value: [] } })).to.deep.equal([]);
    expect(await diagnose(new Error('away'))).to.deep.equal([]);
  });

  it('says that it is not known where MetalLB runs', async () => {
    const [finding] = await diagnose({ controllers: { isRead: false, why: 'cannot list' } });
    expect(finding?.message).to.include('is not known: cannot list');
  });
});
