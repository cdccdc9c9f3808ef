import { expect } from 'chai';
import { refused } from './reading-nodes.ts';

describe('NODES as a table', () => {
  const tables: readonly (readonly [string, string])[] = [
    [
      'kubectl get nodes',
      'NAME     STATUS   ROLES    AGE   VERSION\nnode-0   Ready    <none>   1d    v1.32.1\n',
    ],
    [
      'kubectl get nodes -o wide',
      'NAME     STATUS   ROLES   AGE   VERSION   INTERNAL-IP   EXTERNAL-IP   OS-IMAGE             KERNEL-VERSION   CONTAINER-RUNTIME\nnode-0   Ready    <none>  1d    v1.32.1   10.0.0.2      <none>        Ubuntu 24.04.1 LTS   6.8.0   containerd://1.7\n',
    ],
    ['calicoctl get nodes', 'NAME     \nnode-0   \nnode-1   \n'],
    [
      'juju status',
      'Model  Controller  Cloud/Region  Version  SLA          Timestamp\nk8s    prod        maas/default  3.6.9    unsupported  09:12:00Z\n\nApp     Version  Status\n',
    ],
    [
      'juju machines',
      'Machine  State    Address   Inst id  Base\n0        started  10.0.0.2  node-0   ubuntu\n',
    ],
  ];
  for (const [tool, text] of tables) {
    it(`is refused with the command with which ${tool} prints a readable form`, () => {
      const issues = refused(text);
      expect(issues.map(({ code }) => code)).to.deep.equal(['nodes-table']);
      expect(issues[0]?.hint).to.include('-o json').and.include('--format json');
    });
  }

  it('is not suspected in a list', () => {
    expect(refused('- name: [\n').map(({ code }) => code)).to.deep.equal(['yaml-syntax']);
  });
});
