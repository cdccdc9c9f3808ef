import { expect } from 'chai';
import { usableControllers } from '../../../../agent/cli/identity/enroll-addresses.ts';
import { failure } from '../../../support/failure.ts';

describe('the addresses of calico-agent enroll', () => {
  it('name each controller once', async () => {
    const given = ['wss://h:7843', 'wss://h:7843', 'wss://H:7843/', 'wss://[fd00::2]:7843'];
    expect(await usableControllers(given)).to.deep.equal(['wss://h:7843', 'wss://[fd00::2]:7843']);
    expect(await usableControllers(['wss://h:7843/'])).to.deep.equal(['wss://h:7843/']);
  });

  it('are refused before the token is used, where agent.yaml would refuse them', async () => {
    const many = Array.from({ length: 17 }, (_, at) => `wss://h${String(at)}:7843`);
    expect(await usableControllers(many.slice(1))).to.have.length(16);
    const error = await failure(usableControllers(many));
    expect(error).to.include({
      code: 'usage',
      message:
        'cannot write these controllers into agent.yaml: "url" must be at most 16 entries long',
    });
    expect(await failure(usableControllers(['wss://h', 'ws://h']))).to.include({ code: 'usage' });
    // A form that the schema refuses, although it is an address.
    expect(await failure(usableControllers(['WSS://h:7843']))).to.include({ code: 'usage' });
  });
});
