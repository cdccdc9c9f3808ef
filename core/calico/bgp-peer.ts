/**
 * The fields of a BGPPeer. Sources: api/pkg/apis/projectcalico/v3/bgppeer.go,
 * libcalico-go/lib/validator/v3/validator.go.
 */
import type { PeerSettings } from '../config/model.ts';
import type { SessionSettings } from '../config/peer/session-settings.ts';
import { anyAsNumber, text, type FieldTable, type OtherField } from './field.ts';
import { neighbourOf, peerIp } from './neighbour.ts';

export interface BGPPeerSpec extends SessionSettings {
  readonly node?: string;
  readonly nodeSelector?: string;
  /** `v4`, `v4:port`, `v6` or `[v6]:port`. */
  readonly peerIP: string;
}

/** The peer, and the nodes that have it; neither node nor nodeSelector: every node. */
export type PeerSource = PeerSettings & Pick<BGPPeerSpec, 'node' | 'nodeSelector'>;

export const bgpPeerFields: FieldTable<BGPPeerSpec, PeerSource> = {
  node: { read: text, render: ({ node }) => node },
  nodeSelector: { read: text, render: ({ nodeSelector }) => nodeSelector },
  peerIP: {
    read: text,
    render: peerIp,
    isRequired: true,
    identity: (spec) => neighbourOf({ spec }),
  },
  asNumber: { read: anyAsNumber, render: ({ asNumber }) => asNumber, isRequired: true },
};

/** Fields that a NetworkConfig does not have, with Calico's defaults. */
export const otherBgpPeerFields: Readonly<Record<string, OtherField>> = {
  keepOriginalNextHop: { default: false },
  nextHopMode: { default: 'Auto' },
  reversePeering: { default: 'Auto' },
  sourceAddress: { default: 'UseNodeIP' },
  ttlSecurity: { default: 0 },
};
