/** The settings of a session besides its neighbour. */
import { keysOf } from '../../keys-of.ts';
import type { PeerSettings } from '../model.ts';
import { peerKey } from './neighbour.ts';

/** The settings, with the names of BGPPeer's fields. */
export type SessionSettings = Omit<PeerSettings, 'address' | 'family' | 'port'>;
export type SessionSetting = keyof SessionSettings;

interface Setting<T> {
  /** The setting's name in messages. */
  readonly noun: string;
  /** Calico's default; absent: it has none. */
  readonly defaultOf?: () => T;
}

/** Settings on which all rules must agree that give a node the same neighbour. */
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

/** The same text for peers with the same neighbour and settings. */
export function sessionKey(peer: Session): string {
  return [peerKey(peer), ...settingNames.map((name) => valueIn(peer, name))].join(' ');
}

/** The setting's name in messages. */
export function settingNoun(name: SessionSetting): string {
  return settings[name].noun;
}
