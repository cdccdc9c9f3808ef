import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { parseCniManifest } from '../../../../core/platform/microk8s/cni-manifest.ts';
import { checkLiving } from '../../../../core/platform/microk8s/check-living.ts';
import { isMap, valueAt, type PlainMap } from '../../../../core/input/plain-data.ts';
import { cniYaml, manifest } from '../../../support/platform/microk8s-node.ts';

const file = parseCniManifest(cniYaml, manifest);

/** The objects as the API server has them after it took such a manifest. */
function living(text: string): Parameters<typeof checkLiving>[1] {
  const documents = parseAllDocuments(text).map((one): unknown => one.toJS());
  const named = (name: string): PlainMap | undefined => {
    const own = documents.find((one) => valueAt(one, 'metadata', 'name') === name);
    return isMap(own) ? own : undefined;
  };
  return { config: named('calico-config'), node: named('calico-node') };
}

function found(text: string): readonly string[] {
  return checkLiving(file, living(text)).map(
    ({ severity, code, line, message }) =>
      `${severity} ${code} ${String(line)} ${message.split(':')[0] ?? ''}`,
  );
}

describe('the living objects of Calico on MicroK8s', () => {
  it('are as cni.yaml has them', () => {
    expect(found(manifest)).to.deep.equal([]);
  });

  it('are named value by value where they differ, with the line of the file', () => {
    const changed = manifest
      .replace('calico_backend: "vxlan"', 'calico_backend: "bird"')
      .replace('"10.1.0.0/16"', '"10.9.0.0/16"')
      .replace('- -felix-ready', '- -felix-ready\n              - -bird-ready')
      .replace('node:v3.29.3', 'node:v3.28.1');
    expect(found(changed)).to.deep.equal([
      'warning cni-living-differs 11 the living calico_backend is bird, and cni.yaml has vxlan',
      'warning cni-living-differs 51 the living CALICO_IPV4POOL_CIDR is 10.9.0.0/16, and cni.yaml has 10.1.0.0/16',
      'warning cni-living-differs 63 the living readinessProbe is -felix-ready -bird-ready, and cni.yaml has -felix-ready',
      'warning cni-living-differs 35 the living image is docker.io/calico/node',
    ]);
  });

  it('may have another address that join wrote, which is a note', () => {
    const joined = manifest.replace('"first-found"', '"can-reach=10.0.0.7"');
    expect(found(joined)).to.deep.equal([
      'note cni-living-differs 45 the living IP_AUTODETECTION_METHOD is can-reach=10.0.0.7, and cni.yaml has first-found',
    ]);
  });

  it('may lack a variable that the file has', () => {
    const [line = ''] = /^.*name: CALICO_IPV4POOL_CIDR\n.*\n/m.exec(manifest) ?? [];
    expect(found(manifest.replace(line, ''))).to.deep.equal([
      'warning cni-living-differs 51 the living CALICO_IPV4POOL_CIDR is none, and cni.yaml has 10.1.0.0/16',
    ]);
  });

  it('are not compared where the cluster has none', () => {
    expect(checkLiving(file, { config: undefined, node: undefined })).to.deep.equal([]);
  });
});
