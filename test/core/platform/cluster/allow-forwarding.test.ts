import { expect } from 'chai';
import { allowForwarding } from '../../../../core/platform/cluster/allow-forwarding.ts';

/** The lines of the manifest that matter; install-cni replaces the placeholder. */
const shipped = `{
  "plugins": [
    {
      "type": "calico",
      "mtu": __CNI_MTU__,
      "ipam": {
          "type": "calico-ipam"
      }
    }
  ]
}`;

describe("forwarding in Calico's CNI configuration", () => {
  it('is added beside the type of the plugin, and no other byte changes', () => {
    const added = '\n      "container_settings": {"allow_ip_forwarding": true},';
    const changed = allowForwarding(shipped);
    expect(changed).to.equal(shipped.replace('"type": "calico",', `"type": "calico",${added}`));
    expect(JSON.parse((changed ?? '').replace('__CNI_MTU__', '0'))).to.have.nested.property(
      'plugins[0].container_settings.allow_ip_forwarding',
      true,
    );
    // A second time nothing is left to do.
    expect(allowForwarding(changed ?? '')).to.equal(changed);
  });

  it('is switched on where it is off, and fits where the type comes last or stands in one line', () => {
    const off = '{"type":"calico","container_settings":{"allow_ip_forwarding": false}}';
    expect(allowForwarding(off)).to.equal(off.replace('false', 'true'));
    const last = allowForwarding('{"mtu": 0, "type":"calico"}');
    expect(JSON.parse(last ?? '')).to.deep.equal({
      mtu: 0,
      type: 'calico',
      container_settings: { allow_ip_forwarding: true },
    });
  });

  it('has no place in a text of another form', () => {
    for (const text of [
      '',
      '{"type": "calico-ipam"}',
      '[{"type": "calico"}, {"type": "calico"}]',
      '{"type": "calico", "container_settings": {}}',
    ]) {
      expect(allowForwarding(text), text).to.equal(undefined);
    }
  });
});
