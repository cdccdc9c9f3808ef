/** An instance of EC2 in memory, with the faults that a test asks for. */
import type { Ec2 } from '../../../agent/ports/cloud/ec2.ts';
import type { CloudInterface } from '../../../core/cloud/observed-cloud.ts';
import type { CheckState } from '../../../core/cloud/settings.ts';

export interface MemoryEc2 extends Ec2 {
  faces: CloudInterface[];
  /** What setCheck and tryCheck lack the right for. */
  denied: boolean;
  /** Thrown by every reading of EC2. */
  failure: Error | undefined;
  /** How many readings after a change still show the previous state. */
  lag: number;
  /** `read`, `set eni-0 disabled`. */
  readonly calls: string[];
  /** Called before a change is made. */
  beforeSet: () => void | Promise<void>;
}

export function createMemoryEc2(): MemoryEc2 {
  let stale: { readonly faces: CloudInterface[]; left: number } | undefined;
  const set = (id: string, check: CheckState): void => {
    stale = { faces: ec2.faces, left: ec2.lag };
    ec2.faces = ec2.faces.map((one) => (one.id === id ? { ...one, check } : one));
  };
  const ec2: MemoryEc2 = {
    faces: [face('eni-0', 0, '10.0.0.2')],
    denied: false,
    failure: undefined,
    lag: 0,
    calls: [],
    beforeSet: () => undefined,
    instance: () =>
      Promise.resolve({
        id: 'i-1',
        region: 'eu-west-1',
        account: '123456789012',
        partition: 'aws',
      }),
    attachments: () => Promise.resolve(ec2.faces.map(({ id }) => id).join(' ')),
    interfaces: async () => {
      ec2.calls.push('read');
      if (ec2.failure !== undefined) throw ec2.failure;
      if (stale !== undefined && stale.left > 0) {
        stale.left -= 1;
        return stale.faces;
      }
      return ec2.faces;
    },
    tryCheck: (id) => {
      if (ec2.denied) {
        return Promise.resolve({ result: 'denied', action: 'ModifyNetworkInterfaceAttribute' });
      }
      const isThere = ec2.faces.some((one) => one.id === id);
      return Promise.resolve({ result: isThere ? 'permitted' : 'gone' });
    },
    setCheck: async (id, check) => {
      await ec2.beforeSet();
      ec2.calls.push(`set ${id} ${check}`);
      set(id, check);
    },
  };
  return ec2;
}

export function face(id: string, deviceIndex: number, ...addresses: string[]): CloudInterface {
  return { id, deviceIndex, cardIndex: 0, addresses, check: 'enabled' };
}
