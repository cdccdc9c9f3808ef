/**
 * A hint that works after the Node object is gone: `calicoctl delete node` then finds nothing, and
 * fails.
 */
export const freeingHint =
  'calicoctl ipam check --show-all-ips names them, and calicoctl ipam release --ip=ADDRESS frees each one that nothing uses; then remove the node once more';
