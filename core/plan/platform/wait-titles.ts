/** The titles of steps that wait for load balancers, by their place in the plan. */
export const waitTitles = {
  before: 'Wait before services restart',
  between: 'Wait until the other load balancer is gone',
  after: 'Wait until all services are answered',
} as const;
