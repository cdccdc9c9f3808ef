/**
 * The fields of a BGPPeer. Sources: api/pkg/apis/projectcalico/v3/bgppeer.go,
 * libcalico-go/lib/validator/v3/validator.go.
 */
import type { PeerSettings } from '../config/model.ts';
import {
  keysOf,
  text,
  wholeNumber,
  type Field,
  type FieldTable,
  type OtherField,
} from './field.ts';
import { neighbourOf, peerIp, peerKey } from './neighbour.ts';

/** What a session is like, beside the neighbour that it is with: the same names in both worlds. */
type SessionSettings = Omit<PeerSettings, 'address' | 'family' | 'port'>;

export interface BGPPeerSpec extends SessionSettings {
  readonly node?: string;
  readonly nodeSelector?: string;
  /** `v4`, `v4:port`, `v6` or `[v6]:port`. */
  readonly peerIP: string;
}

/** The peer, and the nodes that have it; neither node nor nodeSelector: every node. */
export type PeerSource = PeerSettings & Pick<BGPPeerSpec, 'node' | 'nodeSelector'>;

interface SessionField<T> extends Field<T, BGPPeerSpec, PeerSource> {
  /** As a message names it. */
  readonly noun: string;
  readonly defaultOf?: () => T;
}

/** Settings in which all rules that give a node the same neighbour must agree. */
export const sessionFields: {
  readonly [K in keyof Required<SessionSettings>]: SessionField<Required<SessionSettings>[K]>;
} = {
  asNumber: {
    noun: 'AS number',
    read: wholeNumber,
    render: ({ asNumber }) => asNumber,
    isRequired: true,
  },
};

export const bgpPeerFields: FieldTable<BGPPeerSpec, PeerSource> = {
  node: { read: text, render: ({ node }) => node },
  nodeSelector: { read: text, render: ({ nodeSelector }) => nodeSelector },
  peerIP: {
    read: text,
    render: peerIp,
    isRequired: true,
    identity: (spec) => neighbourOf({ spec }),
  },
  ...sessionFields,
};

/** Fields that a NetworkConfig does not have, with Calico's defaults. */
export const otherBgpPeerFields: Readonly<Record<string, OtherField>> = {
  keepOriginalNextHop: { default: false },
  nextHopMode: { default: 'Auto' },
  reversePeering: { default: 'Auto' },
  sourceAddress: { default: 'UseNodeIP' },
  ttlSecurity: { default: 0 },
};

export type SessionSetting = keyof SessionSettings;

const settingNames: readonly SessionSetting[] = keysOf(sessionFields);

/** The session settings alone, from a peer or from a BGPPeer's spec. */
export function sessionSettings(source: SessionSettings): SessionSettings;
export function sessionSettings(source: SessionSettings): object {
  const values = settingNames.map((name): readonly [string, unknown] => [name, source[name]]);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

/** The first setting in which the two sessions differ. */
export function differingSetting(
  one: SessionSettings,
  other: SessionSettings,
): SessionSetting | undefined {
  return settingNames.find((name) => valueIn(one, name) !== valueIn(other, name));
}

/** For a message; an absent setting is shown as Calico's default. */
export function settingText(settings: SessionSettings, name: SessionSetting): string {
  return String(valueIn(settings, name) ?? 'none');
}

function valueIn(
  settings: Partial<SessionSettings>,
  name: SessionSetting,
): SessionSettings[SessionSetting] | undefined {
  return settings[name] ?? sessionFields[name].defaultOf?.();
}

type Session = SessionSettings & Parameters<typeof peerKey>[0];

/** The same for peers that are one session in all its settings. */
export function sessionKey(peer: Session): string {
  return [peerKey(peer), ...settingNames.map((name) => valueIn(peer, name))].join(' ');
}
