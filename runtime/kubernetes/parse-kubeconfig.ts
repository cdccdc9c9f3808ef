/** One kubeconfig file, checked against its schema, with places and hints for what is wrong. */
import type { Issue } from '../../core/issue.ts';
import type { Kubeconfig } from '../../schemas/generated/kubeconfig.ts';
import { AppError } from '../errors.ts';

/** @throws AppError invalid-settings with all issues at once */
export async function parseKubeconfig(file: string, text: string): Promise<Kubeconfig> {
  const { isKubeconfig } = await import('../../schemas/generated/kubeconfig.validator.js');
  const [{ locate }, { plainValue }, { schemaIssues }] = await Promise.all([
    import('../../core/config/located-yaml.ts'),
    import('../../core/config/plain-value.ts'),
    import('../../core/config/schema-issues.ts'),
  ]);
  const located = locate(text);
  if (!located.ok) throw refused(file, located.issues);
  const data = plainValue(located.root);
  if (isKubeconfig(data)) return data;
  const issues = schemaIssues(isKubeconfig.errors ?? [], located.root);
  throw refused(
    file,
    issues.map((issue) => withoutSecrets(issue)),
  );
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

/** A message shows the value that it is about, which below /users may be a key or a token. */
function withoutSecrets(issue: Issue): Issue {
  if (!issue.pointer.startsWith('/users/')) return issue;
  const message = issue.message.replace(/, but is .*$/su, '');
  const { hint: _hint, ...rest } = issue;
  return { ...rest, message };
}
