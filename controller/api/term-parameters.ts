/** The query parameters of every request that brings or proposes a configuration. */
export const termParameters = [
  'retry',
  'accept-loss',
  'no-guard',
  'supersede',
  'confirm-within',
  'despite',
] as const;
