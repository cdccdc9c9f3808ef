import { expect } from 'chai';
import { imageSteps } from '../../../../core/platform/images/by-hand.ts';
import { modelOf } from '../../config/reading-configs.ts';

function commandsOf(section: string): readonly string[] {
  const text = `apiVersion: calico-agent/v1\nkind: NetworkConfig\nimages: ${section}\n`;
  const settings = modelOf(text).images;
  if (settings === undefined) throw new Error('no section images');
  return imageSteps({ settings, application: 'calico', kubectl: 'kubectl' }).flatMap(
    ({ commands }) => commands,
  );
}

describe("the commands for the Tigera operator's Installation", () => {
  it('keep the other pull secrets that it has, and look for the Secret that the operator copies', () => {
    const commands = commandsOf('{installedBy: operator, registry: a.b, pullSecret: creds}');
    expect(commands[0]).to.equal('kubectl get secret --namespace tigera-operator creds');
    expect(commands[1]).to.equal(
      `kubectl patch installation/default --type merge --patch '{"spec":{"registry":"a.b/"}}'`,
    );
    expect(commands[2]).to.include('kubectl patch installation/default --type json --patch');
    expect(commands[2]).to.include('"path":"/spec/imagePullSecrets/-","value":{"name":"creds"}');
    expect(commands.join('\n')).to.not.include('{"imagePullSecrets":');
    expect(commands).to.have.length(4);
  });
});
