/**
 * Parses kubeconfig files as kubectl does: checks only the used context, its cluster and its user,
 * so that a fault in another entry does no harm.
 */
import { textBounds } from '../../../core/input/bounds.ts';
import type { Issue } from '../../../core/issue.ts';
import type { Located, LocatedEntry, LocatedMap } from '../../../core/config/yaml/located.ts';
import type { Expected } from '../../../core/config/mix-ups/instead.ts';
import { fieldsOf, itemsOf, textOf } from '../../../core/config/yaml/read-values.ts';
import type { Kubeconfig } from '../../../schemas/generated/kubeconfig.ts';
import { AppError } from '../../errors.ts';

/** A file of YAML or JSON whose entries are not checked yet. */
export interface LocatedKubeconfig {
  readonly file: string;
  readonly root: Located;
}

/** @returns undefined for an empty file. @throws AppError where it is no YAML */
export async function locateKubeconfig(
  file: string,
  text: string,
): Promise<LocatedKubeconfig | undefined> {
  const [{ locate }, { recogniseInstead }] = await Promise.all([
    import('../../../core/config/yaml/located-yaml.ts'),
    import('../../../core/config/mix-ups/instead.ts'),
  ]);
  const located = locate(text, textBounds.kubeconfig);
  if (located.ok) {
    const instead = recogniseInstead(located.root, kubeconfig);
    if (instead !== undefined) throw refused(file, [instead]);
    return isNothing(located.root) ? undefined : { file, root: located.root };
  }
  if (located.issues.every(({ code }) => code === 'yaml-empty')) return undefined;
  throw refused(file, located.issues);
}

const kubeconfig: Expected = {
  what: 'a kubeconfig',
  hint: 'give the file that kubectl uses, as kubectl config view --flatten --minify --raw prints it',
  kind: 'Config',
  keys: ['current-context', 'contexts', 'clusters', 'users'],
};

function isNothing(root: Located): boolean {
  return root.kind === 'scalar' && root.value === null;
}

export type Section = 'contexts' | 'clusters' | 'users';

/** The first entry of that name, unchecked. */
export function entryNamed(
  { root }: LocatedKubeconfig,
  section: Section,
  name: string,
): Located | undefined {
  return itemsOf(fieldsOf(root).get(section)).find((item) => nameOf(item) === name);
}

export function namesIn({ root }: LocatedKubeconfig, section: Section): readonly string[] {
  return itemsOf(fieldsOf(root).get(section)).flatMap((item) => nameOf(item) ?? []);
}

function nameOf(item: Located): string | undefined {
  return textOf(fieldsOf(item).get('name'))?.value;
}

/** The used parts of a file, checked. @throws AppError invalid-settings, with all issues at once */
export async function usedParts(
  { file, root }: LocatedKubeconfig,
  used: ReadonlySet<Located>,
): Promise<Kubeconfig> {
  const { isKubeconfig } = await import('../../../schemas/generated/kubeconfig.validator.js');
  const [{ plainValue }, { schemaIssues }] = await Promise.all([
    import('../../../core/config/yaml/plain-value.ts'),
    import('../../../core/config/schema/schema-issues.ts'),
  ]);
  const parts = root.kind === 'map' ? reduced(root, used) : root;
  const data = plainValue(parts);
  if (isKubeconfig(data)) return data;
  const issues = schemaIssues(isKubeconfig.errors ?? [], parts);
  throw refused(
    file,
    issues.map((issue) => withoutSecrets(issue)),
  );
}

const sections: readonly string[] = ['contexts', 'clusters', 'users'] satisfies Section[];

function reduced(root: LocatedMap, used: ReadonlySet<Located>): LocatedMap {
  const entries = root.entries.map((entry): LocatedEntry => {
    const { key, value } = entry;
    if (!sections.includes(key) || value.kind !== 'list') return entry;
    const items = value.items.filter((item) => used.has(item)).map(withoutUnset);
    return { ...entry, value: { ...value, items } };
  });
  return { ...root, entries };
}

/** Removes empty texts and null, which count as absent for client-go. */
function withoutUnset(node: Located): Located {
  if (node.kind !== 'map') return node;
  const entries = node.entries.flatMap((entry) => {
    const { value } = entry;
    const isUnset = value.kind === 'scalar' && (value.value === null || value.value === '');
    return isUnset ? [] : [{ ...entry, value: withoutUnset(value) }];
  });
  return { ...node, entries };
}

function refused(file: string, issues: readonly Issue[]): AppError {
  const [first] = issues;
  const reason = first === undefined ? 'it has errors' : placed(first);
  return new AppError('invalid-settings', `cannot use the kubeconfig "${file}": ${reason}`, {
    issues,
  });
}

function placed({ message, line }: Issue): string {
  return line === undefined ? message : `line ${String(line)}: ${message}`;
}

/** Removes a value from an issue's message: below /users it may be a key or a token. */
function withoutSecrets(issue: Issue): Issue {
  if (!issue.pointer.startsWith('/users/')) return issue;
  const message = issue.message.replace(/, but is .*$/su, '');
  const { hint: _hint, ...rest } = issue;
  return { ...rest, message };
}
