import { accept, refuse, type Decoded } from "../decoded.ts";
import { unreachable } from "../unreachable.ts";
import { disguised, readAddress } from "./address.ts";
import {
  attributes,
  FIRST_OPTIONAL,
  HEADER_BYTES,
  messageTypes,
  type BindingError,
  type BindingRequest,
  type BindingResponse,
  type StunIntegrity,
  type StunMessage,
} from "./message.ts";
import { hexOf, joined, readUint16, uint16 } from "./octets.ts";

/** Bounds that the caller sets. */
export interface StunLimits {
  readonly maxBytes: number;
}

/** No Binding message needs more than one datagram that every way carries. */
export const stunLimits: StunLimits = { maxBytes: 548 };

/** Reads a Binding message of RFC 3489 or RFC 5389; whatever else comes in a datagram is refused. */
export function decodeStun(bytes: Uint8Array, { maxBytes }: StunLimits): Decoded<StunMessage> {
  if (bytes.length > maxBytes) return refuse("over-limit", "0", `longer than ${maxBytes} bytes`);
  const type = typeOf(bytes);
  if (type === undefined) return refuse("bad-header", "0", "not a Binding message of STUN");
  const length = readUint16(bytes, 2);
  if (length !== bytes.length - HEADER_BYTES) return refuse("bad-header", "2", "its length is another");
  const head = { type, transaction: hexOf(bytes.subarray(4, HEADER_BYTES)) };
  const found = attributesOf(bytes);
  return found.ok ? messageOf(head, found.value) : found;
}

interface Head {
  readonly type: StunMessage["type"];
  readonly transaction: string;
}

interface Found {
  readonly values: ReadonlyMap<number, Uint8Array>;
  readonly integrity: StunIntegrity | undefined;
}

const INTEGRITY_BYTES = 20;
const utf8 = new TextDecoder("utf-8", { fatal: false });

function typeOf(bytes: Uint8Array): StunMessage["type"] | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  switch (readUint16(bytes, 0)) {
    case messageTypes["binding-request"]:
      return "binding-request";
    case messageTypes["binding-response"]:
      return "binding-response";
    case messageTypes["binding-error"]:
      return "binding-error";
    default:
      return undefined;
  }
}

/** The first of each; what comes behind MESSAGE-INTEGRITY is not covered by it, and not taken [RFC 5389 15.4]. */
function attributesOf(bytes: Uint8Array): Decoded<Found> {
  const values = new Map<number, Uint8Array>();
  let at = HEADER_BYTES;
  while (at < bytes.length) {
    const [type, length] = [readUint16(bytes, at), readUint16(bytes, at + 2)];
    const from = at + 4;
    if (from + length > bytes.length) return refuse("bad-field", String(at), "an attribute is cut off");
    const value = bytes.subarray(from, from + length);
    if (type === attributes.messageIntegrity) {
      if (length !== INTEGRITY_BYTES) return refuse("bad-field", String(at), "no MESSAGE-INTEGRITY");
      return accept({ values, integrity: { covered: covered(bytes, at), hmac: hexOf(value) } });
    }
    if (!values.has(type)) values.set(type, value);
    at = from + Math.ceil(length / 4) * 4;
  }
  return accept({ values, integrity: undefined });
}

/** With a length that ends behind MESSAGE-INTEGRITY, whatever follows it [RFC 5389 15.4]. */
function covered(bytes: Uint8Array, at: number): Uint8Array {
  const length = uint16(at + 4 + INTEGRITY_BYTES - HEADER_BYTES);
  return joined([bytes.subarray(0, 2), length, bytes.subarray(4, at)]);
}

function messageOf({ type, transaction }: Head, { values, integrity }: Found): Decoded<StunMessage> {
  const signed = integrity === undefined ? {} : { integrity };
  switch (type) {
    case "binding-request": {
      const response = values.get(attributes.responseAddress);
      const responseAddress = response && readAddress(response);
      if (response !== undefined && responseAddress === undefined) {
        return refuse("bad-field", String(HEADER_BYTES), "its RESPONSE-ADDRESS is none");
      }
      const answered = responseAddress === undefined ? {} : { responseAddress };
      return accept({ type, transaction, ...requestOf(values), ...answered, ...signed });
    }
    case "binding-response": {
      const mapped = mappedOf(values, transaction);
      if (mapped === undefined) return refuse("bad-field", String(HEADER_BYTES), "no mapped address");
      const from = values.get(attributes.reflectedFrom);
      const reflectedFrom = from && readAddress(from);
      const elsewhere = reflectedFrom === undefined ? {} : { reflectedFrom };
      return accept<BindingResponse>({ type, transaction, mapped, ...elsewhere, ...signed });
    }
    case "binding-error": {
      const error = errorOf(values);
      if (error === undefined) return refuse("bad-field", String(HEADER_BYTES), "no error code");
      return accept<BindingError>({ type, transaction, ...error });
    }
    default:
      return unreachable(type);
  }
}

const UNDERSTOOD: ReadonlySet<number> = new Set<number>([attributes.username, attributes.responseAddress]);

function requestOf(
  values: ReadonlyMap<number, Uint8Array>,
): Omit<BindingRequest, "type" | "transaction" | "responseAddress" | "integrity"> {
  const username = values.get(attributes.username);
  const unknown = [...values.keys()].filter(
    (type) => type < FIRST_OPTIONAL && !UNDERSTOOD.has(type) && !asksForNothing(type, values),
  );
  return {
    // Filled up with zeros or blanks to whole words by clients of RFC 3489.
    ...(username === undefined ? {} : { username: utf8.decode(username).replace(/[\0 ]+$/, "") }),
    forConnectionRequests: values.has(attributes.connectionRequestBinding),
    bindingChanged: values.has(attributes.bindingChange),
    unknown,
  };
}

/** A CHANGE-REQUEST without a flag, as some clients always send one. */
function asksForNothing(type: number, values: ReadonlyMap<number, Uint8Array>): boolean {
  return type === attributes.changeRequest && (values.get(type) ?? []).every((byte) => byte === 0);
}

function mappedOf(values: ReadonlyMap<number, Uint8Array>, transaction: string) {
  const hidden = values.get(attributes.xorMappedAddress);
  if (hidden !== undefined) return readAddress(disguised(hidden, transaction));
  const plain = values.get(attributes.mappedAddress);
  return plain && readAddress(plain);
}

function errorOf(
  values: ReadonlyMap<number, Uint8Array>,
): Omit<BindingError, "type" | "transaction"> | undefined {
  const cause = values.get(attributes.errorCode);
  if (cause === undefined || cause.length < 4) return undefined;
  const names = values.get(attributes.unknownAttributes) ?? new Uint8Array();
  return {
    code: ((cause[2] ?? 0) & 7) * 100 + ((cause[3] ?? 0) % 100),
    reason: utf8.decode(cause.subarray(4)),
    unknown: Array.from({ length: names.length >> 1 }, (_, index) => readUint16(names, index * 2)),
  };
}
