import { expect } from 'chai';
import { createServiceStatus } from '../../../runtime/process/service-status.ts';

describe('the status of a service', () => {
  it('keeps what a person has to do when the service begins to lead', () => {
    const shown: string[] = [];
    const status = createServiceStatus({ status: (text) => void shown.push(text) });
    status.place('stands by');
    status.needed(['restart it']);
    status.place('agents connect to 0.0.0.0:7843');
    status.needed([]);
    expect(shown).to.deep.equal([
      'stands by',
      'stands by; restart it',
      'agents connect to 0.0.0.0:7843; restart it',
      'agents connect to 0.0.0.0:7843',
    ]);
  });
});
