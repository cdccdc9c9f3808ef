/** Reads controller.yaml. */
import type { Expected } from '../../core/config/mix-ups/instead.ts';
import { documentHint } from '../../core/document-hint.ts';
import { textBounds } from '../../core/input/bounds.ts';
import { AppError } from '../../runtime/errors.ts';
import { readTextFile } from '../../runtime/files/read-text-file.ts';
import type { ControllerConfig } from '../../schemas/generated/controller-config.ts';
import type { EtcdStoreSettings } from '../settings.ts';

export const usualConfigFile = '/etc/calico-controller/controller.yaml';

/** The help of the option that names the file. */
export const configOptionText = `settings of the store and of TLS (default: "${usualConfigFile}", if it exists)`;

/**
 * The settings of the store in etcd; undefined: the store is embedded.
 * @param file absent: the usual one, which need not exist
 * @throws AppError invalid-settings with all issues at once
 */
export async function readStoreSettings(
  file: string | undefined,
): Promise<EtcdStoreSettings | undefined> {
  return etcdOf(await readControllerConfig(file));
}

/** The settings of the store in etcd; undefined: the store is embedded. */
export function etcdOf({ store }: Pick<ControllerConfig, 'store'>): EtcdStoreSettings | undefined {
  if (store?.engine !== 'etcd') return undefined;
  const { engine: _engine, ...settings } = store;
  return settings;
}

export async function readControllerConfig(file: string | undefined): Promise<ControllerConfig> {
  return (await readControllerFile(file)).config;
}

export interface ControllerFile {
  readonly config: ControllerConfig;
  /** @returns what `read` makes of it @throws AppError its issues get their places in the file */
  readonly judged: <T>(read: () => T) => T;
}

/**
 * @param file absent: the usual one, which need not exist
 * @throws AppError invalid-settings with all issues at once
 */
export async function readControllerFile(file: string | undefined): Promise<ControllerFile> {
  const named = file ?? usualConfigFile;
  const text = await readTextFile(named, textBounds.controllerSettings.maxBytes);
  if (text !== undefined) return parseControllerConfig(named, text);
  if (file === undefined) {
    const config: ControllerConfig = { apiVersion: 'calico-agent/v1', kind: 'ControllerConfig' };
    return { config, judged: (read) => read() };
  }
  throw new AppError('not-found', `cannot read "${named}": no such file`);
}

async function parseControllerConfig(file: string, text: string): Promise<ControllerFile> {
  const [
    { isControllerConfig },
    { locate },
    { placeIn },
    { plainValue },
    { schemaIssues },
    { arrangeIssues },
    instead,
  ] = await Promise.all([
    import('../../schemas/generated/controller-config.validator.js'),
    import('../../core/config/yaml/located-yaml.ts'),
    import('../../core/config/yaml/located.ts'),
    import('../../core/config/yaml/plain-value.ts'),
    import('../../core/config/schema/schema-issues.ts'),
    import('../../core/config/schema/arrange-issues.ts'),
    import('../../core/config/mix-ups/instead.ts'),
  ]);
  const located = locate(text, textBounds.controllerSettings);
  if (!located.ok) throw refused(file, located.issues);
  const { root } = located;
  const data = plainValue(root);
  if (!isControllerConfig(data)) {
    const mixedUp = instead.recogniseInstead(root, controllerYaml);
    throw refused(file, mixedUp ? [mixedUp] : schemaIssues(isControllerConfig.errors ?? [], root));
  }
  const judged: ControllerFile['judged'] = (read) => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof AppError) || error.issues.length === 0) throw error;
      const { issues } = error;
      const placed = issues.map((issue) => ({ ...issue, ...placeIn(root, issue.pointer) }));
      throw refused(file, arrangeIssues(placed));
    }
  };
  return { config: data, judged };
}

const controllerYaml: Expected = {
  what: 'the settings of a controller (controller.yaml)',
  hint: `write a ControllerConfig as ${documentHint('controller.md')} shows; a network configuration is brought to all nodes by calico-controller push FILE`,
  kind: 'ControllerConfig',
  keys: [
    'store',
    'advertise',
    'tls',
    'authority',
    'sharedToken',
    'api',
    'people',
    'approvals',
    'clusters',
  ],
};

function refused(file: string, issues: AppError['issues']): AppError {
  return new AppError('invalid-settings', `cannot use "${file}": it has errors`, {
    issues,
    source: file,
  });
}
