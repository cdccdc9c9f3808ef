/** Reads the XML answers of EC2's query protocol. */
import { XMLParser } from 'fast-xml-parser';
import type { CloudInterface } from '../../../core/cloud/observed-cloud.ts';
import { parseAddress } from '../../../core/config/net/address.ts';
import { listAt, textAt } from '../../../core/input/plain-data.ts';
import { AppError } from '../../../runtime/errors.ts';

const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  parseTagValue: false,
  isArray: (name) => name === 'item' || name === 'Error',
});

/** @throws AppError unexpected-answer */
export function parseAnswer(body: string): unknown {
  // EC2 declares no document type; one could define entities that grow.
  if (/<!DOCTYPE/i.test(body)) throw unexpected('it declares a document type');
  try {
    return parser.parse(body);
  } catch {
    throw unexpected('it is not XML');
  }
}

export interface Ec2Fault {
  /** `UnauthorizedOperation`. */
  readonly code: string;
  readonly message: string;
}

/** The first error of a refusal; undefined: it has none. */
export function faultOf(answer: unknown): Ec2Fault | undefined {
  // The second form is that of IAM, which stands before EC2.
  const [first] = ['Response', 'ErrorResponse'].flatMap((root) =>
    listAt(answer, root, 'Errors', 'Error'),
  );
  const code = textAt(first, 'Code');
  return code === undefined ? undefined : { code, message: textAt(first, 'Message') ?? '' };
}

/** The attached interfaces of an instance in an answer to DescribeInstances. @throws AppError */
export function interfacesOf(answer: unknown, instance: string): readonly CloudInterface[] {
  const found = listAt(answer, 'DescribeInstancesResponse', 'reservationSet', 'item')
    .flatMap((reservation) => listAt(reservation, 'instancesSet', 'item'))
    .find((one) => textAt(one, 'instanceId') === instance);
  if (found === undefined) throw unexpected(`it does not have the instance ${instance}`);
  return listAt(found, 'networkInterfaceSet', 'item').map(interfaceOf);
}

function interfaceOf(item: unknown): CloudInterface {
  const id = textAt(item, 'networkInterfaceId');
  const check = textAt(item, 'sourceDestCheck');
  const deviceIndex = Number(textAt(item, 'attachment', 'deviceIndex'));
  if (id === undefined || !/^eni-[0-9a-f]{8,17}$/.test(id)) {
    throw unexpected('an interface has no ID');
  }
  if ((check !== 'true' && check !== 'false') || !Number.isInteger(deviceIndex)) {
    throw unexpected(`it does not say the source/destination check of ${id}`);
  }
  const texts = [
    textAt(item, 'privateIpAddress'),
    ...listAt(item, 'privateIpAddressesSet', 'item').map((one) => textAt(one, 'privateIpAddress')),
    ...listAt(item, 'ipv6AddressesSet', 'item').map((one) => textAt(one, 'ipv6Address')),
  ];
  const addresses = texts.flatMap((text) => {
    const parsed = text === undefined ? undefined : parseAddress(text);
    return parsed?.ok === true ? [parsed.value.address] : [];
  });
  return {
    id,
    deviceIndex,
    cardIndex: Number(textAt(item, 'attachment', 'networkCardIndex') ?? 0),
    addresses: [...new Set(addresses)],
    check: check === 'true' ? 'enabled' : 'disabled',
  };
}

function unexpected(reason: string): AppError {
  return new AppError('unexpected-answer', `cannot read the answer of EC2: ${reason}`, {
    retryable: true,
  });
}
