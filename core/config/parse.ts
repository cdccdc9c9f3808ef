/**
 * Text → model: any form of either dialect, YAML or JSON. Pure; reports all issues at once, and
 * refuses only for errors.
 */
import { textBounds } from '../input/bounds.ts';
import { hasErrors, type Issue } from '../issue.ts';
import { digestOf } from '../revision/digest.ts';
import { readCharm } from './charm/read-charm.ts';
import { noteUnknownOptions } from './charm/notes.ts';
import { checkOverlays } from './charm/overlays.ts';
import { unwrap } from './charm/unwrap.ts';
import { unifyPorts } from './unify-ports.ts';
import { checkModel } from './checks/check-model.ts';
import { recogniseDialect } from './dialect.ts';
import { gatherFindings, type Findings } from '../findings.ts';
import { arrangeIssues } from './schema/arrange-issues.ts';
import { locateAll } from './yaml/located-yaml.ts';
import type { Located } from './yaml/located.ts';
import { accepted } from './mix-ups/mix-up.ts';
import { recogniseText } from './mix-ups/text.ts';
import type { NetworkDraft, ParsedConfig } from './model.ts';
import { readNative } from './native/read-native.ts';
import { plainValue } from './yaml/plain-value.ts';
import { withQuoteHints } from './yaml/unquoted-selector.ts';

export const maxConfigBytes = textBounds.config.maxBytes;

export interface ParseOptions {
  /** The Juju application for bare unit numbers. Default: the one in the text, else calico. */
  readonly unitApplication?: string;
}

export function parseConfig(text: string, options: ParseOptions = {}): ParsedConfig {
  const located = locateAll(text, textBounds.config);
  if (!located.ok) {
    return { ok: false, issues: arrangeIssues(unreadable(located.issues, text)) };
  }
  const findings = gatherFindings();
  const read = readDraft(located, options, findings);
  const draft = read && unifyPorts(read, findings);
  if (draft !== undefined) checkModel(draft, findings);
  const issues = arrangeIssues(findings.issues);
  if (draft === undefined || hasErrors(issues)) return { ok: false, issues };
  const digest = digestOf(plainValue(located.root));
  return { ok: true, model: { ...draft, digest }, issues };
}

/** Names the kind of a text that is no YAML, because the YAML reader's issues would not help. */
function unreadable(issues: readonly Issue[], text: string): readonly Issue[] {
  const mixUp = recogniseText(text);
  if (mixUp !== undefined && issues.every(({ code }) => code !== 'too-large')) return [mixUp];
  return withQuoteHints(issues, text).map((issue) =>
    issue.code === 'yaml-empty' ? { ...issue, hint: accepted } : issue,
  );
}

interface Documents {
  readonly root: Located;
  /** Only after a bundle. */
  readonly others: readonly Located[];
}

function readDraft(
  { root, others }: Documents,
  { unitApplication }: ParseOptions,
  findings: Findings,
): NetworkDraft | undefined {
  const recognised = recogniseDialect(root, unitApplication);
  if (recognised.dialect === 'none') {
    const mixUp = root.kind === 'scalar' ? recogniseText(String(root.value)) : undefined;
    findings.add([mixUp ?? recognised.issue]);
    return undefined;
  }
  findings.add(checkOverlays(recognised.root, others, unitApplication));
  const application = unitApplication ?? 'calico';
  if (recognised.dialect === 'native') return readNative(recognised.root, application, findings);
  const unwrapped = unwrap(recognised.root, unitApplication);
  if (!unwrapped.ok) {
    findings.add(unwrapped.issues);
    return undefined;
  }
  noteUnknownOptions(unwrapped.unknown ?? [], findings);
  const own = unitApplication ?? unwrapped.application ?? application;
  return readCharm(unwrapped.options, own, findings);
}
