/** What a session is like, beside the neighbour that it is with. */
import { keysOf } from '../../keys-of.ts';
import type { PeerSettings } from '../model.ts';
import { peerKey } from './neighbour.ts';

/** Named as a BGPPeer names them. */
export type SessionSettings = Omit<PeerSettings, 'address' | 'family' | 'port'>;
export type SessionSetting = keyof SessionSettings;

interface Setting<T> {
  /** As a message names it. */
  readonly noun: string;
  /** Calico's default; absent: it has none. */
  readonly defaultOf?: () => T;
}

/** Settings in which all rules that give a node the same neighbour must agree. */
const settings: {
  readonly [K in keyof Required<SessionSettings>]: Setting<Required<SessionSettings>[K]>;
} = {
  asNumber: { noun: 'AS number' },
};

const settingNames: readonly SessionSetting[] = keysOf(settings);

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
export function settingText(session: SessionSettings, name: SessionSetting): string {
  return String(valueIn(session, name) ?? 'none');
}

function valueIn(
  session: Partial<SessionSettings>,
  name: SessionSetting,
): SessionSettings[SessionSetting] | undefined {
  return session[name] ?? settings[name].defaultOf?.();
}

type Session = SessionSettings & Parameters<typeof peerKey>[0];

/** The same for peers that are one session in all its settings. */
export function sessionKey(peer: Session): string {
  return [peerKey(peer), ...settingNames.map((name) => valueIn(peer, name))].join(' ');
}

/** As a message names the setting. */
export function settingNoun(name: SessionSetting): string {
  return settings[name].noun;
}
