import { accept, refuse, type Decoded } from "../decoded.ts";
import { defaultLimits, type Limits } from "../limits.ts";
import type { Fields, StructOf } from "../rpc/field.ts";
import { lightRpcs, type LightMethod, type LightRequest } from "../rpc/light.ts";
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
import { withinLimits } from "./bounds.ts";
import { readJsonObject } from "./json-reader.ts";
import { startReading, type Spot, type Strictness } from "./spot.ts";
import { readStruct } from "./struct-reader.ts";

const MAX_SHOWN_CHARS = 64;

/**
 * Reads the params of an RPC that is to be called on a device, as a token, the REST API or the bus carry them [LIGHT 3].
 * They must be such that every binding can carry them: within the schema's patterns and ranges, and every value of a set
 * one that can be set. Fields that hold their default are left out of what is given.
 */
export function decodeDeviceRequest(method: string, params: unknown, limits?: Limits): Decoded<DeviceRequest>;
export function decodeDeviceRequest(method: string, params: unknown, limits?: Limits): Decoded<unknown> {
  return decodeMessage(
    { method, part: "params", fields: deviceRpc(method)?.request, strictness: "schema", limits },
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
    { method, part: "result", fields: deviceRpc(method)?.answer, strictness: "kinds", limits },
    result,
  );
}

/** Reads a device's answer where the method is only known as text; vendor RPCs answer with any object. */
export function decodeDeviceAnswer(method: string, result: unknown, limits?: Limits): Decoded<DeviceAnswer>;
export function decodeDeviceAnswer(method: string, result: unknown, limits?: Limits): Decoded<unknown> {
  return decodeMessage(
    { method, part: "result", fields: deviceRpc(method)?.answer, strictness: "kinds", limits },
    result,
  );
}

/** Reads the params of an RPC that a device calls on the ACS. */
export function decodeAcsRequest(method: string, params: unknown, limits?: Limits): Decoded<AcsRequest>;
export function decodeAcsRequest(method: string, params: unknown, limits?: Limits): Decoded<unknown> {
  return decodeMessage(
    { method, part: "params", fields: acsRpc(method)?.request, strictness: "kinds", limits },
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
  return decodePart(
    { method, part: "result", fields: acsRpc(method)?.answer, strictness: "kinds", limits },
    result,
  );
}

/** Reads the ACS's answer where the method is only known as text. */
export function decodeAcsAnswer(method: string, result: unknown, limits?: Limits): Decoded<AcsAnswer>;
export function decodeAcsAnswer(method: string, result: unknown, limits?: Limits): Decoded<unknown> {
  return decodeMessage(
    { method, part: "result", fields: acsRpc(method)?.answer, strictness: "kinds", limits },
    result,
  );
}

/** Reads the params of an RPC that the light transport adds to what a device calls on the ACS. */
export function decodeLightRequest(
  method: LightMethod,
  params: unknown,
  limits?: Limits,
): Decoded<LightRequest>;
export function decodeLightRequest(method: LightMethod, params: unknown, limits?: Limits): Decoded<unknown> {
  const { request } = lightRpcs[method];
  return decodeMessage({ method, part: "params", fields: request, strictness: "kinds", limits }, params);
}

interface Part {
  readonly method: string;
  readonly part: "params" | "result";
  /** Undefined where the table does not know the method. */
  readonly fields: Fields | undefined;
  readonly strictness: Strictness;
  readonly limits: Limits | undefined;
}

function decodeMessage(part: Part, value: unknown): Decoded<unknown> {
  const read = decodePart(part, value);
  return read.ok ? accept({ method: part.method, [part.part]: read.value }) : read;
}

function decodePart(
  { method, part, fields, strictness, limits = defaultLimits }: Part,
  value: unknown,
): Decoded<unknown> {
  const at = `$.${part}`;
  if (fields !== undefined) return checkParams(fields, value ?? {}, { strictness, limits, at });
  if (!isVendorMethod(method)) {
    return refuse("unknown-method", "$.method", `there is no RPC ${method.slice(0, MAX_SHOWN_CHARS)}`);
  }
  return checkVendorObject(value, { strictness, limits, at });
}

export interface ParamsCheck {
  readonly strictness: Strictness;
  readonly limits?: Limits;
  /** JSON path of the value; `$` unless said otherwise. */
  readonly at?: string;
}

/** Reads a value by the fields of a table, and gives it in its one form. */
export function checkParams<F extends Fields>(
  fields: F,
  value: unknown,
  check: ParamsCheck,
): Decoded<StructOf<F>>;
export function checkParams(fields: Fields, value: unknown, check: ParamsCheck): Decoded<unknown> {
  return checked(value, check, (spot) => readStruct(fields, value, spot));
}

/** Reads the params or the result of a vendor's RPC: any object within the limits. */
export function checkVendorObject(value: unknown, check: ParamsCheck): Decoded<unknown> {
  return checked(value, check, (spot) => readJsonObject(value, spot));
}

function checked(value: unknown, check: ParamsCheck, read: (spot: Spot) => unknown): Decoded<unknown> {
  const { strictness, limits = defaultLimits, at = "$" } = check;
  const bounded = withinLimits(value, at, limits);
  if (!bounded.ok) return bounded;
  const reading = startReading(strictness);
  const found = read({ at, reading });
  return reading.problem === undefined ? accept(found) : { ok: false, problem: reading.problem };
}
