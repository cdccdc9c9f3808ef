import path from 'node:path';
import { readTextFile } from '../../../runtime/files/read-text-file.ts';

const amazon = 'Amazon EC2';

/**
 * The maker of this machine by its firmware: `Amazon EC2`; undefined: not known. An instance on Xen has the maker `Xen`,
 * and a version such as `4.11.amazon`. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/identify_ec2_instances.html
 */
export async function machineMaker(folder = '/sys/class/dmi/id'): Promise<string | undefined> {
  const [maker, version] = await Promise.all(
    ['sys_vendor', 'bios_version'].map(async (name) => {
      const text = await readTextFile(path.join(folder, name), 4096).catch(() => undefined);
      return text?.trim();
    }),
  );
  if (version?.endsWith('.amazon') === true) return amazon;
  return maker === '' ? undefined : maker;
}
