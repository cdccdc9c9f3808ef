/** Gathers what K3s reads at its start, in the order of systemd and of K3s. */
import { byText } from '../../../core/by-text.ts';
import { isHidden, type HiddenFile, type HostFile } from '../../../core/platform/host-file.ts';
import { isReadable } from '../../../core/platform/host-paths.ts';
import { readGiven } from '../../../core/platform/k3s/given-flags.ts';
import { textInForce } from '../../../core/platform/k3s/merge.ts';
import { usualConfig, type K3sInput } from '../../../core/platform/k3s/report-k3s.ts';
import {
  environmentFiles,
  readService,
  type K3sService,
  type UnitFile,
} from '../../../core/platform/k3s/service.ts';
import type { HostFiles } from '../../ports/platform/host-files.ts';
import type { PlatformDeps } from './platform-deps.ts';

/** The first folder that has the unit counts. Source: systemd.unit(5). */
const unitFolders = ['/etc', '/run', '/usr/local/lib', '/usr/lib', '/lib'].map(
  (folder) => `${folder}/systemd/system`,
);

export async function readK3s({ files, programs }: PlatformDeps): Promise<K3sInput> {
  const { unit, units, hidden } = await findUnit(files);
  const environment = await readAll(files, environmentFiles(unit, units));
  const service = readService(unit, units, environment);
  const configPath = configPathOf(service);
  const configFiles = isReadable(configPath)
    ? [await files.read(configPath), ...(await dropIns(files, `${configPath}.d`, /\.ya?ml$/i))]
    : [];
  const { hiddenCni, ...calico } = await findCalico(files);
  const dataDir = textInForce(readGiven({ service, configFiles }).given, 'data-dir');
  return {
    role: service.role ?? (unit === 'k3s-agent' ? 'agent' : 'server'),
    unit,
    service,
    configPath,
    configFiles,
    hidden: [...hidden, ...environment.filter(isHidden)],
    hiddenCni,
    version: await programs.k3sVersion(),
    flannel: await files.read('/var/lib/rancher/k3s/agent/etc/flannel/net-conf.json'),
    firstStart: await findFirstStart(files, dataDir),
    ...calico,
  };
}

const usualDataDir = '/var/lib/rancher/k3s';
/** A server makes them when it starts for the first time, whatever its datastore. */
const marksOfStart = ['server/tls', 'server/db', 'agent/containerd'].map(
  (name) => `${usualDataDir}/${name}`,
);

async function findFirstStart(
  files: HostFiles,
  dataDir: string | undefined,
): Promise<K3sInput['firstStart']> {
  if (dataDir !== usualDataDir) {
    return { was: true, because: `its data-dir ${dataDir ?? ''} is not read here` };
  }
  for (const mark of marksOfStart) {
    const entry = await files.entry(mark);
    if (entry.state === 'there') return { was: true, because: `${mark} is there` };
    if (entry.state === 'unreadable') {
      return { was: true, because: `whether ${mark} is there is not known: ${entry.why}` };
    }
  }
  return { was: false, because: `${usualDataDir}/server is not there` };
}

interface FoundUnit {
  readonly unit: K3sInput['unit'];
  readonly units: readonly UnitFile[];
  readonly hidden: readonly HiddenFile[];
}

async function findUnit(files: HostFiles): Promise<FoundUnit> {
  const hidden: HiddenFile[] = [];
  for (const unit of ['k3s', 'k3s-agent'] as const) {
    for (const folder of unitFolders) {
      const file = await files.read(`${folder}/${unit}.service`);
      if (isHidden(file)) hidden.push(file);
      if (file.state !== 'text') continue;
      const more = await unitDropIns(files, unit);
      hidden.push(...more.filter(isHidden));
      return { unit, units: [{ file: file.path, text: file.text }, ...unitFiles(more)], hidden };
    }
  }
  return { unit: 'k3s', units: [], hidden };
}

/** By name over all folders; of the same name the first folder counts. Source: systemd.unit(5). */
async function unitDropIns(files: HostFiles, unit: string): Promise<readonly HostFile[]> {
  const found = new Map<string, HostFile>();
  for (const folder of unitFolders) {
    for (const file of await dropIns(files, `${folder}/${unit}.service.d`, /\.conf$/)) {
      const name = file.path.slice(file.path.lastIndexOf('/') + 1);
      if (file.state !== 'absent' && !found.has(name)) found.set(name, file);
    }
  }
  return [...found].sort(([one], [other]) => byText(one, other)).map(([, file]) => file);
}

function unitFiles(files: readonly HostFile[]): readonly UnitFile[] {
  return files.flatMap((file) =>
    file.state === 'text' ? [{ file: file.path, text: file.text }] : [],
  );
}

/** A folder that cannot be read is one of them, because its files are not known. */
async function dropIns(
  files: HostFiles,
  folder: string,
  form: RegExp,
): Promise<readonly HostFile[]> {
  const { names, hidden } = await files.list(folder);
  if (hidden !== undefined) return [hidden];
  return readAll(
    files,
    names.filter((name) => form.test(name)).map((name) => `${folder}/${name}`),
  );
}

function readAll(files: HostFiles, paths: readonly string[]): Promise<readonly HostFile[]> {
  return Promise.all(paths.map((file) => files.read(file)));
}

/** Source: k3s pkg/configfilearg/defaultparser.go: the variable comes before the flag. */
function configPathOf({ variables, flags }: K3sService): string {
  const variable = variables.findLast(({ name }) => name === 'K3S_CONFIG_FILE')?.value ?? '';
  if (variable !== '') return variable;
  return flags.find(({ name }) => name === 'config')?.text ?? usualConfig;
}

/** With Calico containerd reads /etc/cni/net.d. */
async function findCalico(
  files: HostFiles,
): Promise<{ readonly calico?: HostFile; readonly hiddenCni: readonly HiddenFile[] }> {
  const folders = ['/etc/cni/net.d', '/var/lib/rancher/k3s/agent/etc/cni/net.d'];
  const hiddenCni: HiddenFile[] = [];
  for (const folder of folders) {
    const { names, hidden } = await files.list(folder);
    if (hidden !== undefined) hiddenCni.push(hidden);
    const name = names.find((one) => /calico.*\.conflist$/.test(one));
    if (name !== undefined) return { calico: await files.read(`${folder}/${name}`), hiddenCni };
  }
  return { hiddenCni };
}
