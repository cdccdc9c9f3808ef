/** The messages of the control channel. They are read from text that any program may have sent. */
import type { ChannelMessage, ConfigMessage } from '../../schemas/generated/channel-message.ts';
import type { RevisionRef } from '../../schemas/generated/revision.ts';

export type {
  AckMessage,
  ChannelMessage,
  ConfigMessage,
  DecisionMessage,
  HelloMessage,
  NackMessage,
} from '../../schemas/generated/channel-message.ts';
import { jsonBounds, type JsonBounds } from '../input/bounds.ts';
import { removeUnknownField, type SchemaFault } from '../input/newer-data.ts';
import { textAt } from '../input/plain-data.ts';
import { parseJson, parseJsonInParts, type ParsedJson } from '../input/parse-json.ts';

export const subprotocol = 'calico-agent.v1';
export const agentsPath = '/v1/agents';

export const maxMessageBytes = jsonBounds.message.maxBytes;
export const maxAgentMessageBytes = jsonBounds.agentMessage.maxBytes;

/** Capability of an agent that knows a configuration's `retry`; an older one refuses the message. */
export const retryCapability = 'retry';

/** Capability of an agent that knows the terms of a push. */
export const termsCapability = 'push-terms';

/** Capability of an agent that takes what a person at the controller decides about a revision. */
export const decisionCapability = 'person-confirm';

/** Capability of an agent that can leave the cluster-wide resources to a later revision. */
export const clusterShareCapability = 'cluster-share-later';

/** The optional fields of a configuration that an agent knows. */
export interface KnownOfConfig {
  readonly retry: boolean;
  readonly terms: boolean;
  /** A person confirms the revision at the controller. */
  readonly decisions: boolean;
  /** The cluster-wide resources stay as they are until a later revision. */
  readonly clusterShare: boolean;
}

const capabilitiesOfKnown = [
  retryCapability,
  termsCapability,
  decisionCapability,
  clusterShareCapability,
] as const;

/** One object for each combination, which all connections of such agents share. */
const kindsOfKnown: readonly KnownOfConfig[] = Array.from(
  { length: 2 ** capabilitiesOfKnown.length },
  (_, kind) => {
    const [retry = false, terms = false, decisions = false, clusterShare = false] =
      capabilitiesOfKnown.map((_name, place) => (kind & (1 << place)) !== 0);
    return { retry, terms, decisions, clusterShare };
  },
);

export function knownOf(capabilities: readonly string[]): KnownOfConfig {
  const kind = capabilitiesOfKnown.reduce(
    (sum, name, place) => sum + (capabilities.includes(name) ? 1 << place : 0),
    0,
  );
  return kindsOfKnown[kind] ?? nothingKnown;
}

/** Of an agent that has not said what it knows. */
export const nothingKnown: KnownOfConfig = {
  retry: false,
  terms: false,
  decisions: false,
  clusterShare: false,
};

/** The lineage of the revisions from a cluster's controller. */
export function controllerLineage(cluster: string): string {
  return `controller:${cluster}`;
}

export function refOf({ lineage, number, digest }: RevisionRef): RevisionRef {
  return { lineage, number, digest };
}

export function sameRef(one: RevisionRef, other: RevisionRef): boolean {
  // Thousands of connections share the reference of a revision.
  if (one === other) return true;
  return (
    one.number === other.number && one.digest === other.digest && one.lineage === other.lineage
  );
}

/** "You have it": the same configuration without its text. */
export function withoutText(config: ConfigMessage): ConfigMessage {
  const { text: _text, mediaType: _mediaType, ...rest } = config;
  return rest;
}

/**
 * The configuration without fields that the agent does not know: it would refuse the message. One
 * that a person is to confirm, or that leaves the cluster-wide resources alone, is not for agents that
 * do not know that.
 */
export function forAgent(config: ConfigMessage, known: KnownOfConfig): ConfigMessage {
  const { retry, acceptLoss, noGuard, confirmSeconds, clusterShare, ...rest } = config;
  return {
    ...rest,
    ...(known.retry && retry !== undefined && { retry }),
    ...(known.terms && acceptLoss !== undefined && { acceptLoss }),
    ...(known.terms && noGuard !== undefined && { noGuard }),
    ...(known.decisions && confirmSeconds !== undefined && { confirmSeconds }),
    ...(known.clusterShare && clusterShare !== undefined && { clusterShare }),
  };
}

/** The validator that ajv compiles from schemas/channel-message.schema.json. */
export interface MessageValidator {
  (data: unknown): data is ChannelMessage;
  errors?: readonly MessageFault[] | null;
}

interface MessageFault extends SchemaFault {
  readonly message?: string;
}

export type ParsedMessage =
  | { readonly ok: true; readonly message: ChannelMessage }
  /**
   * Names the fault without repeating the message's data, which may be secret, or made for a log.
   */
  | {
      readonly ok: false;
      readonly reason: string;
      /** A newer program may have sent it. */
      readonly isUnknown?: true;
    };

/** The rules for reading the messages of one direction. */
export interface MessageReader {
  /** jsonBounds.agentMessage for agents' messages, jsonBounds.message for a controller's. */
  readonly bounds: JsonBounds;
  readonly isMessage: MessageValidator;
  /** The other side may be newer: fields that this one does not know are ignored. */
  readonly isTolerant?: true;
}

export function parseMessage(text: string, reader: MessageReader): ParsedMessage {
  return judgeMessage(parseJson(text, reader.bounds), reader);
}

/** As parseMessage, with a rest after each part of a long text in which other work may be done. */
export function* parseMessageInParts(
  text: string,
  reader: MessageReader,
): Generator<undefined, ParsedMessage> {
  return judgeMessage(yield* parseJsonInParts(text, reader.bounds), reader);
}

function judgeMessage(parsed: ParsedJson, { isMessage, isTolerant }: MessageReader): ParsedMessage {
  if (!parsed.ok) return refused(`cannot read the message: ${parsed.reason}`);
  const { data } = parsed;
  if (isMessage(data)) return { ok: true, message: data };
  if (isTolerant !== true) return refused(textOf(isMessage.errors?.[0]));
  for (let fault = 0; fault < mostUnknown; fault += 1) {
    const [first] = isMessage.errors ?? [];
    const isNewer = first?.keyword === 'additionalProperties' && removeUnknownField(data, first);
    if (!isNewer) break;
    if (isMessage(data)) return { ok: true, message: data };
  }
  const [left] = isMessage.errors ?? [];
  const isUnknown = isOfNewerProtocol(data, left);
  return { ...refused(textOf(left)), ...(isUnknown && { isUnknown }) };
}

/** Fields that a newer agent may have and this program does not know; each costs a check. */
const mostUnknown = 20;

/** A type of message that this program does not know, or a stage. */
function isOfNewerProtocol(data: unknown, fault: MessageFault | undefined): boolean {
  if (fault?.keyword === 'discriminator') return textAt(data, 'type') !== undefined;
  return fault?.keyword === 'enum' && fault.instancePath === '/stage';
}

function textOf(fault: MessageFault | undefined): string {
  if (fault === undefined || fault.keyword === 'discriminator') {
    return 'the message has no known type';
  }
  // At most two steps of the pointer, because the sender may choose the names of deeper ones.
  const steps = fault.instancePath.split('/').slice(1, 3);
  const place = steps.length === 0 ? '' : ` at /${steps.join('/')}`;
  const reason = fault.keyword === 'pattern' ? 'it has another form' : fault.message;
  return `the message is wrong${place}: ${reason ?? 'it breaks its schema'}`;
}

function refused(reason: string): Extract<ParsedMessage, { readonly ok: false }> {
  return { ok: false, reason };
}
