import { decodeEnvelope, defaultLimits } from "@heliograph/protocol";
import type {
  Decoded,
  DeviceMethod,
  DeviceParams,
  DeviceRequest,
  JsonObject,
  SoapEnvelope,
} from "@heliograph/protocol";

/** An RPC that reached the device. */
export interface Call<M extends DeviceRequest["method"] = DeviceRequest["method"]> {
  readonly method: M;
  readonly params: M extends DeviceMethod ? DeviceParams<M> : JsonObject;
  /** The cwmp:ID, where the envelope had one. */
  readonly id: string | undefined;
  /** The CWMP namespace that the ACS used. */
  readonly namespace: string;
}

/** What an ACS sends, as a device reads it. */
export type AcsMessage = SoapEnvelope<"device">;

export function readAcsMessage(text: string): Decoded<AcsMessage> {
  return decodeEnvelope(text, { role: "device", limits: defaultLimits });
}

export function isCallOf<M extends DeviceRequest["method"]>(
  body: AcsMessage["body"],
  method: M,
): body is AcsMessage["body"] & { readonly kind: "request"; readonly params: Call<M>["params"] } {
  return body.kind === "request" && body.method === method;
}

/** A few words for what a message is, where another one was expected. */
export function named(body: AcsMessage["body"]): string {
  switch (body.kind) {
    case "request":
      return `a call of ${body.method}`;
    case "answer":
      return `${body.method}Response`;
    case "fault":
      return `fault ${body.fault.code} ${body.fault.message}`;
    case "unknown-method":
      return `an unknown ${body.part} ${body.method}`;
    case "malformed":
      return `a malformed ${body.part} ${body.method}: ${body.problem.detail} at ${body.problem.at}`;
  }
}
