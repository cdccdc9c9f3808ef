/** What a provider needs beside the document. */
export interface Need {
  readonly what: 'permissions' | 'ports' | 'logs' | 'secret' | 'kube-proxy' | 'install';
  readonly text: string;
  /** An IAM statement as JSON, or commands, line by line. */
  readonly paste?: readonly string[];
}
