import { unreachable } from "../unreachable.ts";
import { disguised, writeAddress } from "./address.ts";
import { integrityOf, type Signing } from "./integrity.ts";
import {
  attributes,
  CONNECTION_REQUEST_BINDING,
  hasMagicCookie,
  HEADER_BYTES,
  messageTypes,
  type BindingError,
  type BindingRequest,
  type BindingResponse,
  type StunAddress,
  type StunMessage,
} from "./message.ts";
import { bytesOfHex, joined, padded, uint16 } from "./octets.ts";

/** Writes a message, with MESSAGE-INTEGRITY where it is signed. Throws where an address is no IP address. */
export function encodeStun(message: StunMessage, signing?: Signing): Uint8Array {
  const body = joined(bodyOf(message));
  if (signing === undefined) return joined([header(message, body.length), body]);
  const covered = joined([header(message, body.length + INTEGRITY_BYTES), body]);
  const hmac = bytesOfHex(integrityOf(covered, message.transaction, signing));
  return joined([covered, attribute(attributes.messageIntegrity, hmac)]);
}

/** The attribute with its own header. */
const INTEGRITY_BYTES = HEADER_BYTES + 4;
const utf8 = new TextEncoder();
const NOTHING = new Uint8Array();

function header({ type, transaction }: StunMessage, bodyLength: number): Uint8Array {
  return joined([uint16(messageTypes[type]), uint16(bodyLength), bytesOfHex(transaction)]);
}

function bodyOf(message: StunMessage): readonly Uint8Array[] {
  switch (message.type) {
    case "binding-request":
      return requestBody(message);
    case "binding-response":
      return responseBody(message);
    case "binding-error":
      return errorBody(message);
    default:
      return unreachable(message);
  }
}

function responseBody({ mapped, reflectedFrom, ...message }: BindingResponse): readonly Uint8Array[] {
  const { transaction } = message;
  return [
    hasMagicCookie(message)
      ? attribute(attributes.xorMappedAddress, disguised(addressValue(mapped), transaction))
      : attribute(attributes.mappedAddress, addressValue(mapped)),
    ...(reflectedFrom === undefined
      ? []
      : [attribute(attributes.reflectedFrom, addressValue(reflectedFrom))]),
  ];
}

function addressValue(address: StunAddress): Uint8Array {
  const value = writeAddress(address);
  if (value === undefined) throw new Error(`${address.address} is no IP address`);
  return value;
}

function requestBody(message: BindingRequest): readonly Uint8Array[] {
  const { username, responseAddress, ...request } = message;
  return [
    ...(responseAddress === undefined
      ? []
      : [attribute(attributes.responseAddress, addressValue(responseAddress))]),
    ...(request.forConnectionRequests
      ? [attribute(attributes.connectionRequestBinding, utf8.encode(CONNECTION_REQUEST_BINDING))]
      : []),
    ...(request.bindingChanged ? [attribute(attributes.bindingChange, NOTHING)] : []),
    ...(username === undefined ? [] : [attribute(attributes.username, utf8.encode(username))]),
  ];
}

function errorBody({ code, reason, unknown }: BindingError): readonly Uint8Array[] {
  const cause = joined([Uint8Array.of(0, 0, Math.floor(code / 100), code % 100), utf8.encode(reason)]);
  const names = unknown.map(uint16);
  return [
    attribute(attributes.errorCode, cause),
    ...(names.length === 0 ? [] : [attribute(attributes.unknownAttributes, joined(names))]),
  ];
}

/** Filled up to whole words, which its length does not count [RFC 5389 15]. */
function attribute(type: number, value: Uint8Array): Uint8Array {
  return joined([uint16(type), uint16(value.length), padded(value, 4)]);
}
