import { accept, refuse, type Decoded } from "../decoded.ts";
import { defaultLimits, type Limits } from "../limits.ts";
import { isRecord } from "../model/record.ts";
import type { Fields } from "../rpc/field.ts";
import {
  acsRpc,
  deviceRpc,
  isVendorMethod,
  type AcsAnswer,
  type AcsMethod,
  type AcsRequest,
  type AcsResult,
  type DeviceAnswer,
  type DeviceMethod,
  type DeviceRequest,
  type DeviceResult,
} from "../rpc/table.ts";
import type { Reading } from "./spot.ts";
import { readStruct } from "./struct-reader.ts";

const MAX_SHOWN_CHARS = 64;

/**
 * Reads the params of an RPC that is to be called on a device, as a token, the REST API or the bus carry them [LIGHT 3].
 * Values of a set must be such that they can be set; fields that hold their default are left out of what is given.
 */
export function decodeDeviceRequest(method: string, params: unknown, limits?: Limits): Decoded<DeviceRequest>;
export function decodeDeviceRequest(method: string, params: unknown, limits?: Limits): Decoded<unknown> {
  return decodeMessage(
    { method, part: "params", fields: deviceRpc(method)?.request, sets: true, limits },
    params,
  );
}

/** Reads a device's answer to `method`; what a device reports is taken as it is. */
export function decodeDeviceResult<M extends DeviceMethod>(
  method: M,
  result: unknown,
  limits?: Limits,
): Decoded<DeviceResult<M>>;
export function decodeDeviceResult(method: string, result: unknown, limits?: Limits): Decoded<unknown> {
  return decodePart(
    { method, part: "result", fields: deviceRpc(method)?.answer, sets: false, limits },
    result,
  );
}

/** Reads a device's answer where the method is only known as text; vendor RPCs answer with any object. */
export function decodeDeviceAnswer(method: string, result: unknown, limits?: Limits): Decoded<DeviceAnswer>;
export function decodeDeviceAnswer(method: string, result: unknown, limits?: Limits): Decoded<unknown> {
  return decodeMessage(
    { method, part: "result", fields: deviceRpc(method)?.answer, sets: false, limits },
    result,
  );
}

/** Reads the params of an RPC that a device calls on the ACS. */
export function decodeAcsRequest(method: string, params: unknown, limits?: Limits): Decoded<AcsRequest>;
export function decodeAcsRequest(method: string, params: unknown, limits?: Limits): Decoded<unknown> {
  return decodeMessage(
    { method, part: "params", fields: acsRpc(method)?.request, sets: false, limits },
    params,
  );
}

/** Reads the ACS's answer to `method`. */
export function decodeAcsResult<M extends AcsMethod>(
  method: M,
  result: unknown,
  limits?: Limits,
): Decoded<AcsResult<M>>;
export function decodeAcsResult(method: string, result: unknown, limits?: Limits): Decoded<unknown> {
  return decodePart({ method, part: "result", fields: acsRpc(method)?.answer, sets: false, limits }, result);
}

/** Reads the ACS's answer where the method is only known as text. */
export function decodeAcsAnswer(method: string, result: unknown, limits?: Limits): Decoded<AcsAnswer>;
export function decodeAcsAnswer(method: string, result: unknown, limits?: Limits): Decoded<unknown> {
  return decodeMessage(
    { method, part: "result", fields: acsRpc(method)?.answer, sets: false, limits },
    result,
  );
}

interface Part {
  readonly method: string;
  readonly part: "params" | "result";
  /** Undefined where the table does not know the method. */
  readonly fields: Fields | undefined;
  readonly sets: boolean;
  readonly limits: Limits | undefined;
}

function decodeMessage(part: Part, value: unknown): Decoded<unknown> {
  const read = decodePart(part, value);
  return read.ok ? accept({ method: part.method, [part.part]: read.value }) : read;
}

function decodePart(
  { method, part, fields, sets, limits = defaultLimits }: Part,
  value: unknown,
): Decoded<unknown> {
  const at = `$.${part}`;
  if (fields === undefined) {
    if (!isVendorMethod(method)) {
      return refuse("unknown-method", "$.method", `there is no RPC ${method.slice(0, MAX_SHOWN_CHARS)}`);
    }
    return isRecord(value) ? accept(value) : refuse("bad-field", at, "an object is needed");
  }
  const reading: Reading = { sets, left: limits.maxNodes, problem: undefined };
  const struct = readStruct(fields, value ?? {}, { at, reading });
  return reading.problem === undefined ? accept(struct) : { ok: false, problem: reading.problem };
}
