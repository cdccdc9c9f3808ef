/**
 * One field of an object as a command of kubectl that changes nothing else. Where the way to it leads through a list, a
 * patch has to name the place in the list: a template makes a JSON patch (RFC 6902) of the object as it is, which the
 * server refuses if somebody writes meanwhile. A strategic merge patch would replace a list of texts, such as a command.
 */
import type { FieldPath, PathPart } from './cluster-edit.ts';
import { shellWord } from '../../shell-word.ts';

/**
 * @param kubectl the program. @param object `--namespace kube-system daemonset/calico-node`
 * @param value undefined: the field is to be absent
 */
export function patchCommand(
  kubectl: string,
  object: string,
  path: FieldPath,
  value: unknown,
): string {
  if (path.every((part) => typeof part === 'string')) {
    const patch = path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value ?? null);
    return `${kubectl} patch ${object} --type merge --patch ${shellWord(JSON.stringify(patch))}`;
  }
  const template = shellWord(patchTemplate(path, value));
  return `${kubectl} patch ${object} --type json --patch "$(${kubectl} get ${object} --output go-template=${template})"`;
}

/** A template of Go (text/template) that prints the JSON patch. */
function patchTemplate(path: FieldPath, value: unknown): string {
  const inner = path.slice(0, -1);
  const last = path.at(-1);
  const { find, at, pointer } = inner.reduce<Way>(stepInto, { find: '', at: '.', pointer: '' });
  const version = '{{.metadata.resourceVersion}}';
  const test = `{"op":"test","path":"/metadata/resourceVersion","value":"${version}"}`;
  const change = last === undefined ? '' : changeOf(last, value, pointer);
  return `${find}{{$p := ${at}}}[${test}${change}]`;
}

interface Way {
  /** Finds the places in the lists. */
  readonly find: string;
  /** The expression of the value so far. */
  readonly at: string;
  /** The JSON pointer so far. */
  readonly pointer: string;
}

/** No list is so long: the patch of an item that is not there fails. */
const nowhere = '999999';

function stepInto({ find, at, pointer }: Way, part: PathPart, index: number): Way {
  if (typeof part === 'string') {
    return { find, at: `(index ${at} ${literal(part)})`, pointer: `${pointer}/${escaped(part)}` };
  }
  const place = `$i${String(index)}`;
  return {
    find: `${find}{{${place} := ${nowhere}}}${findItem(part, at, place)}`,
    at: `(index ${at} ${place})`,
    pointer: `${pointer}/{{${place}}}`,
  };
}

function findItem(part: Exclude<PathPart, string>, list: string, place: string): string {
  const [item, wanted] = 'named' in part ? ['(index $x "name")', part.named] : ['$x', part.item];
  return `{{range $n, $x := ${list}}}{{if eq (printf "%v" ${item}) ${literal(wanted)}}}{{${place} = $n}}{{end}}{{end}}`;
}

/** @param pointer of the map or list that has the part: `$p` in the template */
function changeOf(part: PathPart, value: unknown, pointer: string): string {
  if (typeof part === 'string') {
    const path = `${pointer}/${escaped(part)}`;
    const isThere = `ne (printf "%v" (index $p ${literal(part)})) "<nil>"`;
    if (value === undefined) {
      return `{{if $p}}{{if ${isThere}}},{"op":"remove","path":"${path}"}{{end}}{{end}}`;
    }
    const whole = operation('add', pointer, { [part]: value });
    return `{{if $p}}${operation('add', path, value)}{{else}}${whole}{{end}}`;
  }
  const find = `{{$l := ${nowhere}}}${findItem(part, '$p', '$l')}`;
  const item = `${pointer}/{{$l}}`;
  const isThere = `lt $l ${nowhere}`;
  if (value === undefined)
    return `${find}{{if ${isThere}}},{"op":"remove","path":"${item}"}{{end}}`;
  const known = 'named' in part ? operation('replace', item, value) : '';
  const added = `{{if $p}}${operation('add', `${pointer}/-`, value)}{{else}}${operation('add', pointer, [value])}{{end}}`;
  return `${find}{{if ${isThere}}}${known}{{else}}${added}{{end}}`;
}

function operation(op: 'add' | 'replace', path: string, value: unknown): string {
  // Two braces would begin an action of the template.
  const text = JSON.stringify(value).replaceAll('{{', '{\\u007b');
  return `,{"op":"${op}","path":"${path}","value":${text}}`;
}

/** A key in a JSON pointer (RFC 6901), within a text of JSON. */
function escaped(key: string): string {
  return JSON.stringify(key.replaceAll('~', '~0').replaceAll('/', '~1'))
    .slice(1, -1)
    .replaceAll('{{', '{\\u007b');
}

/** A text of Go: its escapes are those of JSON. */
function literal(text: string): string {
  return JSON.stringify(text);
}
