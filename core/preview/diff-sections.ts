/** Compares the sections of a configuration beside Calico's resources, field by field. */
import type { SectionChange } from '../../schemas/generated/fleet-preview.ts';
import { byText } from '../by-text.ts';
import type { NetworkModel } from '../config/model.ts';
import { bounds, shownField } from './shown.ts';

const sections = ['platform', 'metallb', 'images', 'cloud', 'lxd'] as const;

export function diffSections(
  before: NetworkModel | undefined,
  after: NetworkModel,
): SectionChange[] {
  return sections.flatMap((section) => {
    const was = leaves(sectionOf(before, section));
    const is = leaves(sectionOf(after, section));
    const paths = [...new Set([...was.keys(), ...is.keys()])].sort(byText);
    const changed = paths.filter((path) => was.get(path) !== is.get(path));
    if (changed.length === 0) return [];
    const fields = changed
      .slice(0, bounds.fields)
      .map((path) => shownField(path, { before: was.get(path), after: is.get(path) }, []));
    return [{ section, fields, left: changed.length - fields.length }];
  });
}

/** With its name, as it stands in the document. */
function sectionOf(model: NetworkModel | undefined, name: (typeof sections)[number]): object {
  const section = model?.[name];
  if (section === undefined) return {};
  if (model?.platform === undefined || name !== 'platform') return { [name]: section };
  const { kind, settings } = model.platform;
  return { platform: kind, [kind]: settings };
}

type Leaves = Map<string, string | number | boolean>;

/** The values by their path, without their places. Items of lists go by their name. */
function leaves(value: object): Leaves {
  const found: Leaves = new Map();
  collect(value, '', found);
  return found;
}

function collect(given: unknown, path: string, found: Leaves): void {
  const value = withoutPlace(given);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    found.set(path, value);
  } else if (Array.isArray(value)) {
    collectItems(value.map(withoutPlace), path, found);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      if (!placeKeys.test(key)) collect(item, path === '' ? key : `${path}.${key}`, found);
    }
  }
}

/** A list of plain values is one value. */
function collectItems(items: readonly unknown[], path: string, found: Leaves): void {
  if (items.every((item) => typeof item !== 'object')) {
    found.set(path, items.length === 0 ? 'none' : items.map(String).join(', '));
    return;
  }
  for (const [index, item] of items.entries())
    collect(item, `${path}[${nameIn(item, index)}]`, found);
}

/** `place`, `places`, `ownerPlace` */
const placeKeys = /^places?$|Places?$/u;

function withoutPlace(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const isSourced = 'value' in value && 'place' in value && Object.keys(value).length === 2;
  return isSourced ? value.value : value;
}

function nameIn(item: unknown, index: number): string {
  const isNamed = typeof item === 'object' && item !== null && 'name' in item;
  return isNamed && typeof item.name === 'string' ? item.name : String(index);
}
