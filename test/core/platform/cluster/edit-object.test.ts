import { expect } from 'chai';
import fc from 'fast-check';
import {
  containerPath,
  dataEdit,
  environmentEdit,
  pathText,
  type ObjectEdit,
} from '../../../../core/platform/cluster/cluster-edit.ts';
import { editObject, type FieldEdit } from '../../../../core/platform/cluster/edit-object.ts';
import {
  mergePatch,
  objectDifference,
} from '../../../../core/platform/cluster/object-difference.ts';
import {
  isObjectKind,
  refText,
  type ObjectRef,
} from '../../../../core/platform/cluster/object-ref.ts';
import { isMap, type PlainMap } from '../../../../core/input/plain-data.ts';

const calicoNode: ObjectRef = { kind: 'DaemonSet', namespace: 'kube-system', name: 'calico-node' };
const asked = { reasons: [] };

function daemonSet(env: readonly PlainMap[]): PlainMap {
  const containers = [{ name: 'calico-node', image: 'node:v3.29.3', env }];
  return { kind: 'DaemonSet', spec: { template: { spec: { containers } } } };
}

function fieldOf(edit: ObjectEdit): FieldEdit {
  if (edit.form !== 'field') throw new Error('no field');
  return { path: edit.path, value: edit.value };
}

function edited(object: PlainMap, ...edits: readonly ObjectEdit[]): unknown {
  const result = editObject(object, edits.map(fieldOf));
  return result.ok ? result.object : result.why;
}

describe('edits of Kubernetes objects', () => {
  const before = daemonSet([
    { name: 'IP', value: 'autodetect' },
    { name: 'CALICO_IPV4POOL_VXLAN', value: 'Always' },
  ]);

  it('set, add and remove variables of a container, and leave the others in their place', () => {
    const set = environmentEdit(calicoNode, 'calico-node', 'IP', '10.0.0.1', asked);
    const add = environmentEdit(calicoNode, 'calico-node', 'CALICO_IPV4POOL_IPIP', 'Always', asked);
    const gone = environmentEdit(
      calicoNode,
      'calico-node',
      'CALICO_IPV4POOL_VXLAN',
      undefined,
      asked,
    );
    expect(edited(before, set, add, gone)).to.deep.equal(
      daemonSet([
        { name: 'IP', value: '10.0.0.1' },
        { name: 'CALICO_IPV4POOL_IPIP', value: 'Always' },
      ]),
    );
  });

  it('make no container that is not there', () => {
    const edit = environmentEdit(calicoNode, 'felix', 'IP', '10.0.0.1', asked);
    expect(edited(before, edit)).to.contain('it has no container felix');
  });

  it('make the data of an empty ConfigMap', () => {
    const config: ObjectRef = {
      kind: 'ConfigMap',
      namespace: 'kube-system',
      name: 'calico-config',
    };
    const edit = dataEdit(config, 'calico_backend', 'bird', asked);
    expect(edited({ kind: 'ConfigMap' }, edit)).to.deep.equal({
      kind: 'ConfigMap',
      data: { calico_backend: 'bird' },
    });
  });

  it('change nothing where the field is absent already', () => {
    const gone = environmentEdit(calicoNode, 'calico-node', 'NO_SUCH', undefined, asked);
    expect(edited(before, gone)).to.deep.equal(before);
  });

  it('are named as people name them', () => {
    expect(pathText([...containerPath('calico-node'), 'env', { named: 'IP' }])).to.equal(
      'spec.template.spec.containers[calico-node].env[IP]',
    );
    expect(refText(calicoNode)).to.equal('DaemonSet kube-system/calico-node');
    expect(isObjectKind('Secret')).to.equal(false);
  });
});

describe('the difference of two objects', () => {
  it('names the variable that changed, and nothing else', () => {
    const before = daemonSet([
      { name: 'A', value: '1' },
      { name: 'B', value: '2' },
    ]);
    const after = daemonSet([
      { name: 'A', value: '1' },
      { name: 'B', value: '3' },
    ]);
    const found: readonly unknown[] = objectDifference(before, after).map((one) => ({
      path: pathText(one.path),
      before: one.before,
      after: one.after,
    }));
    const path = 'spec.template.spec.containers[calico-node].env[B].value';
    expect(found).to.deep.equal([{ path, before: '2', after: '3' }]);
  });

  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.string(),
      fc.integer(),
      fc.boolean(),
      tie('list'),
      tie('map'),
    ),
    list: fc.array(tie('value'), { maxLength: 3 }),
    map: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'name'), tie('value'), { maxKeys: 3 }),
  })).map;

  it('is undone by its reverse, for any two objects', () => {
    fc.assert(
      fc.property(json, json, (one, other) => {
        if (!isMap(one) || !isMap(other)) return;
        const there = objectDifference(one, other).map(({ path, after }) => ({
          path,
          value: after,
        }));
        const back = objectDifference(other, one).map(({ path, after }) => ({
          path,
          value: after,
        }));
        const result = editObject(one, there);
        expect(result).to.deep.equal({ ok: true, object: other });
        expect(result.ok && editObject(result.object, back)).to.deep.equal({
          ok: true,
          object: one,
        });
      }),
    );
  });

  it('takes a list as one value where its items stand in another order', () => {
    const [one, other] = [{ name: 'A' }, { name: 'B' }];
    const before = { env: [one, other] };
    const after = { env: [other, one] };
    expect(objectDifference(before, after)).to.deep.equal([
      { path: ['env'], before: [one, other], after: [other, one] },
    ]);
  });

  it('as a merge patch gives the second object from the first', () => {
    fc.assert(
      fc.property(json, json, (one, other) => {
        if (!isMap(one) || !isMap(other)) return;
        expect(patched(one, mergePatch(one, other))).to.deep.equal(other);
      }),
    );
  });
});

/** RFC 7396, section 2. */
function patched(target: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch;
  const result: Record<string, unknown> = { ...(isMap(target) && target) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = patched(result[key], value);
  }
  return result;
}
