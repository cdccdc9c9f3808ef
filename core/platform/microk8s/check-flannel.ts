/**
 * flannel with the Kubernetes store, and the effect of the document's commands when SNAP_DATA is
 * unset.
 */
import type { PlatformIssue } from '../../../schemas/generated/agent-api/platform.ts';
import { fileIssue } from '../file-issues.ts';
import type { HostFile } from '../host-file.ts';

export interface FlannelInput {
  /** args/flanneld, which bash evaluates, and this code does not. */
  readonly flanneld: HostFile;
  readonly isLocked: boolean;
  readonly lockFile: string;
  /** The files left by a command without SNAP_DATA: `/args/flanneld`. */
  readonly strays: readonly string[];
}

const unsetHint =
  'SNAP_DATA is unset in a shell: write /var/snap/microk8s/current in its place, and run the command again';

export function checkFlannel({
  flanneld,
  isLocked,
  lockFile,
  strays,
}: FlannelInput): PlatformIssue[] {
  const lines = flanneld.state === 'text' ? flanneld.text.split('\n') : [];
  const lineOf = (form: RegExp): number =>
    lines.findIndex((line) => !line.trim().startsWith('#') && form.test(line)) + 1;
  const wanted = lineOf(/--kube-subnet-mgr(?:=true)?\s*$/);
  const etcd = lineOf(/^\s*--etcd-/);
  const unset = lineOf(/=["']?\/(?:credentials|args)\//);
  const at = (line: number): { file: string; line: number } => ({ file: flanneld.path, line });
  return [
    ...(wanted > 0 && isLocked ? [lockedOut(lockFile, flanneld.path, wanted)] : []),
    ...(wanted > 0 && etcd > 0 ? [withEtcd(at(etcd))] : []),
    ...(unset > 0
      ? [
          fileIssue('error', at(unset), {
            code: 'microk8s-snap-data-unset',
            message:
              'the path lacks /var/snap/microk8s/current: the shell that wrote the file had no SNAP_DATA',
            hint: 'keep $SNAP_DATA as text in the file: single quotes around what is echoed',
          }),
        ]
      : []),
    ...strays.map((file) =>
      fileIssue(
        'warning',
        { file },
        {
          code: 'microk8s-snap-data-unset',
          message:
            'a command with $SNAP_DATA, which was unset, made this file at the root of the host; MicroK8s does not read it',
          hint: unsetHint,
        },
      ),
    ),
  ];
}

function lockedOut(lockFile: string, flanneld: string, line: number): PlatformIssue {
  return fileIssue(
    'error',
    { file: lockFile },
    {
      code: 'microk8s-flannel-locked',
      message: `flanneld is set up for the Kubernetes store (${flanneld}, line ${String(line)}), and this lock keeps it from starting`,
      hint: `sudo rm ${lockFile} && sudo snap restart microk8s.daemon-containerd microk8s.daemon-flanneld; the document's rm $SNAP_DATA/var/lock/no-flanneld misses it, because SNAP_DATA is unset in a shell`,
    },
  );
}

function withEtcd(place: { readonly file: string; readonly line: number }): PlatformIssue {
  return fileIssue('error', place, {
    code: 'microk8s-flannel-etcd',
    message:
      'an argument of etcd beside --kube-subnet-mgr: the wrapper finds it and waits for an etcd that does not run',
    hint: 'take all --etcd- lines out',
  });
}
