/**
 * The arguments files of MicroK8s as kubelite reads them: lines that begin with # and empty ones
 * are
 * skipped, every quote is removed, the rest is split at single spaces, and $VARS are expanded. If
 * an option is given twice, the last one counts. Source: canonical/microk8s
 * build-scripts/components/kubernetes/patches, Kubelite-integration.patch.
 *
 * The lines keep all their bytes: what is read is printed back as it was.
 */
export interface ArgumentsLine {
  /** In the file's own form, with its line end. */
  readonly raw: string;
  /** The value as kubelite reads it. */
  readonly parts: readonly string[];
}

export interface ArgumentsFile {
  readonly lines: readonly ArgumentsLine[];
}

export interface ArgumentsOption {
  /** Without the dashes. */
  readonly name: string;
  /** `true` for a switch. */
  readonly value: string;
  /** 1-based. */
  readonly line: number;
}

export function parseArgumentsFile(text: string): ArgumentsFile {
  const raws = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  return { lines: raws.map((raw) => ({ raw, parts: partsOf(raw) })) };
}

export function printArgumentsFile({ lines }: ArgumentsFile): string {
  return lines.map(({ raw }) => raw).join('');
}

function partsOf(raw: string): readonly string[] {
  const line = raw.replace(/^\uFEFF/, '').trim();
  if (line === '' || line.startsWith('#')) return [];
  return line.replaceAll(/["']/g, '').split(' ');
}

/**
 * Variables that the snap has in its services; another one may be set there as well, and stays as
 * it is.
 */
const variables: Readonly<Record<string, string>> = {
  SNAP: '/snap/microk8s/current',
  SNAP_DATA: '/var/snap/microk8s/current',
  SNAP_COMMON: '/var/snap/microk8s/common',
};

/** As kubelite does; a variable that the snap does not have stays as it is. */
export function expandVariables(part: string): string {
  return part.replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (given, braced?: string, plain?: string) => {
    return variables[braced ?? plain ?? ''] ?? given;
  });
}

/** In the order of the file. */
export function optionsOf({ lines }: ArgumentsFile): readonly ArgumentsOption[] {
  const parts = lines.flatMap(({ parts: own }, index) =>
    own.map((part) => ({ text: expandVariables(part), line: index + 1 })),
  );
  return parts.flatMap(({ text, line }, index): readonly ArgumentsOption[] => {
    const [, name, value] = /^--?([^=-][^=]*)(?:=(.*))?$/s.exec(text) ?? [];
    if (name === undefined) return [];
    if (value !== undefined) return [{ name, value, line }];
    const next = parts[index + 1]?.text ?? '-';
    return [{ name, value: next.startsWith('-') ? 'true' : next, line }];
  });
}
