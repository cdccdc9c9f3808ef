/** The tool that shall apply the files. */
export type Tool = 'calicoctl' | 'kubectl' | 'kubectl-v3';
