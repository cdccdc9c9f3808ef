import type { Place } from '../issue.ts';

/** The `cloud:` section: what the cloud below the nodes has to allow. */
export interface CloudSettings {
  readonly provider: 'aws';
  /**
   * EC2's check of a network interface: with it, EC2 drops packets whose source or destination is
   * none of the interface's own addresses, and so the packets of pods that no overlay carries.
   */
  readonly sourceDestCheck: CheckState;
  readonly place: Place;
  readonly checkPlace: Place;
}

export type CheckState = 'enabled' | 'disabled';
