import type { JsonObject } from "../model/json.ts";
import { controlRpcs, optionRpcs } from "./control.ts";
import type { RpcDefinition } from "./definition.ts";
import type { StructOf } from "./field.ts";
import { informRpcs } from "./inform.ts";
import { methodRpcs } from "./methods.ts";
import { parameterRpcs } from "./parameters.ts";
import { softwareModuleNotices, softwareModuleRpcs } from "./software-modules.ts";
import { transferNotices, transferRpcs } from "./transfers.ts";

/** What the ACS calls on a device: every CPE method of CWMP 1.0–1.4. */
export const deviceRpcs = {
  ...methodRpcs,
  ...parameterRpcs,
  ...transferRpcs,
  ...controlRpcs,
  ...softwareModuleRpcs,
  ...optionRpcs,
};

/** What a device calls on the ACS: every ACS method of CWMP 1.0–1.4. */
export const acsRpcs = { ...methodRpcs, ...informRpcs, ...transferNotices, ...softwareModuleNotices };

export type DeviceMethod = keyof typeof deviceRpcs;
export type AcsMethod = keyof typeof acsRpcs;

/** `X_<OUI>_Name`: a vendor's own RPC, passed through with any object as params. */
export type VendorMethod = `X_${string}`;

export type DeviceParams<M extends DeviceMethod> = StructOf<(typeof deviceRpcs)[M]["request"]>;
export type DeviceResult<M extends DeviceMethod> = StructOf<(typeof deviceRpcs)[M]["answer"]>;
export type AcsParams<M extends AcsMethod> = StructOf<(typeof acsRpcs)[M]["request"]>;
export type AcsResult<M extends AcsMethod> = StructOf<(typeof acsRpcs)[M]["answer"]>;

/** One RPC that the ACS asks of a device, as every binding, the bus, the store and the REST API carry it. */
export type DeviceRequest =
  { [M in DeviceMethod]: Request<M, DeviceParams<M>> }[DeviceMethod] | VendorRequest;

/** One RPC that a device asks of the ACS. */
export type AcsRequest = { [M in AcsMethod]: Request<M, AcsParams<M>> }[AcsMethod] | VendorRequest;

export interface Request<M extends string, P> {
  readonly method: M;
  readonly params: P;
}

/** How a device answers one RPC that went well. */
export type DeviceAnswer = { [M in DeviceMethod]: Answer<M, DeviceResult<M>> }[DeviceMethod] | VendorAnswer;

/** How the ACS answers one RPC that went well. */
export type AcsAnswer = { [M in AcsMethod]: Answer<M, AcsResult<M>> }[AcsMethod] | VendorAnswer;

export interface Answer<M extends string, R> {
  readonly method: M;
  readonly result: R;
}

export type VendorAnswer = Answer<VendorMethod, JsonObject>;

export type VendorRequest = Request<VendorMethod, JsonObject>;

/** How an RPC came back: its answer, or a fault [CWMP 1.4 A.5]. */
export type RpcOutcome =
  | { readonly result: JsonObject; readonly fault?: undefined }
  | { readonly fault: Fault; readonly result?: undefined };

/** A refusal that travels on the wire, in the token's shape [LIGHT 3]. */
export interface Fault {
  readonly code: number;
  readonly message: string;
  readonly data?: { readonly SetParameterValuesFault: readonly ParameterFault[] };
}

export interface ParameterFault {
  readonly ParameterName: string;
  readonly FaultCode: number;
  readonly FaultString: string;
}

export function isDeviceMethod(name: string): name is DeviceMethod {
  return Object.hasOwn(deviceRpcs, name);
}

export function isAcsMethod(name: string): name is AcsMethod {
  return Object.hasOwn(acsRpcs, name);
}

/** What a vendor may call its own RPCs. */
export const VENDOR_METHOD = /^X_[0-9A-Za-z]+(?:_[0-9A-Za-z_.-]*)?$/;

export function isVendorMethod(name: string): name is VendorMethod {
  return name.length <= 64 && VENDOR_METHOD.test(name);
}

/** The definition of what is called on the ACS; undefined for vendor RPCs, which have none. */
export function acsRpc(method: string): RpcDefinition | undefined {
  return isAcsMethod(method) ? acsRpcs[method] : undefined;
}

/** The definition of what is called on a device; undefined for vendor RPCs, which have none. */
export function deviceRpc(method: string): RpcDefinition | undefined {
  return isDeviceMethod(method) ? deviceRpcs[method] : undefined;
}
