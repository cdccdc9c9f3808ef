import type { Issue } from '../../issue.ts';

/** Source: libcalico-go/lib/clientv3/node.go: an update has the whole object. */
export const wholeNodesWarning: Issue = {
  severity: 'warning',
  code: 'whole-nodes',
  pointer: '',
  message:
    'calicoctl apply replaces a Node that is there: it loses its tunnel addresses and all else that its document does not have',
  hint: 'whole Nodes are for an empty datastore; over living nodes leave out --with-nodes, and run the commands in the comments',
};
