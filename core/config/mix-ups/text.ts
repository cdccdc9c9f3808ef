/** Recognises a text that is no YAML, or only one text for YAML, by its first lines. */
import type { Issue } from '../../issue.ts';
import { issueAt } from '../../findings.ts';
import { accepted, type MixUp } from './mix-up.ts';

interface KnownText extends MixUp {
  readonly pattern: RegExp;
}

const maxLooked = 65_536;

const known: readonly KnownText[] = [
  {
    pattern: /\0/,
    what: 'not a text: it has NUL characters, as UTF-16 text and programs have',
    hint: 'save it as UTF-8: iconv -f UTF-16 -t UTF-8',
  },
  {
    pattern: /^\s*<(?:!doctype|html|head|body|\?xml)\b/i,
    what: 'a web page or XML, such as a login page, instead of the file that was asked for',
    hint: 'fetch the file again with the credentials that its server wants, and check its content',
  },
  {
    pattern: /^-----BEGIN [A-Z ]+-----/m,
    what: 'a certificate or key (PEM)',
    hint: accepted,
  },
  {
    pattern: /^<{7} .*$/m,
    what: 'a file with conflicts of git that nobody resolved (<<<<<<<)',
    hint: 'resolve them: keep one side of each, and take the lines <<<<<<<, ======= and >>>>>>> away',
  },
  {
    // The text within has no braces, so that no place is looked at from every brace before it.
    pattern: /^[^#\n]*(?:\{\{[^{}\n]*\}\}|\{%[^{}\n]*%\})/m,
    what: 'a template whose {{ … }} or {% … %} nobody filled in',
    hint: 'render it first (helm template, ansible, jinja), and give the result',
  },
  {
    // No \s: it runs over line breaks, from each of them to the end of all.
    pattern: /^[ \t]*(?:router bgp \d|protocol bgp\b|router id \d)/m,
    what: 'a configuration of a router (BIRD or FRR)',
    hint: accepted,
  },
  {
    pattern: /^(?:export )?[A-Z][A-Z0-9_]*=/m,
    what: 'a list of environment variables',
    hint: accepted,
  },
];

export function recogniseText(text: string): Issue | undefined {
  const start = text.slice(0, maxLooked);
  const found = known.find(({ pattern }) => pattern.test(start));
  if (found === undefined) return undefined;
  const line = start.slice(0, found.pattern.exec(start)?.index ?? 0).split('\n').length;
  const message = `this is ${found.what}`;
  return issueAt(
    { pointer: '', line, column: 1 },
    'error',
    'unknown-document',
    message,
    found.hint,
  );
}
