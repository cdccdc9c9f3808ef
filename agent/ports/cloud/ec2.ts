import type { CloudInstance, CloudInterface } from '../../../core/cloud/observed-cloud.ts';
import type { CheckState } from '../../../core/cloud/settings.ts';
import type { Ec2Action } from '../../../core/cloud/iam-statement.ts';

/**
 * This machine as an instance of EC2. Each method throws AppError: not-ready (retryable) where the
 * metadata service does not answer, access-denied where the instance profile lacks a right (the
 * message has the statement to add), busy (retryable) where EC2 throttles or does not answer.
 */
export interface Ec2 {
  /** By the metadata service alone. */
  instance(): Promise<CloudInstance>;
  /**
   * A text that differs when an interface was attached or detached. By the metadata service alone:
   * it costs no request to EC2.
   */
  attachments(): Promise<string>;
  /** The interfaces of this instance, by EC2. */
  interfaces(): Promise<readonly CloudInterface[]>;
  /** EC2's answer to setCheck in a dry run: nothing is changed. */
  tryCheck(id: string, check: CheckState): Promise<Tried>;
  /** @throws AppError also datastore-conflict (retryable) where the interface is gone */
  setCheck(id: string, check: CheckState): Promise<void>;
}

export type Tried =
  | { readonly result: 'permitted' }
  | { readonly result: 'denied'; readonly action: Ec2Action }
  | { readonly result: 'gone' };
