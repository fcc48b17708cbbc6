import { groupedValue, type AcsParams, type SoapHeader } from "@heliograph/protocol";
import type { LightOffer } from "../ports/index.ts";
import { chosen, SUBPROTOCOLS } from "./subprotocols.ts";

const MANAGEMENT_SERVER = /^[^.]+[.]ManagementServer[.]$/;
const ADVERTISED = "X_HELIOGRAPH_WebSocketSubprotocols";

/** What a device advertises of the light transport [LIGHT 1.1]. */
export interface Advertised {
  /** In its order of preference. */
  readonly subprotocols: readonly string[];
  /** By a parameter of its Inform alone, so that it takes the reference as parameters. */
  readonly byParameter: boolean;
}

/** Undefined for a device that says nothing of the light transport. */
export function advertised(
  header: SoapHeader,
  { ParameterList: values }: AcsParams<"Inform">,
): Advertised | undefined {
  const { webSocketSupport } = header;
  if (webSocketSupport !== undefined) return { subprotocols: webSocketSupport, byParameter: false };
  const object = Object.keys(values).find((name) => MANAGEMENT_SERVER.test(name));
  const value = object === undefined ? undefined : groupedValue(values, object + ADVERTISED);
  if (value === undefined) return undefined;
  const text = Array.isArray(value) ? String(value[0]) : String(value ?? "");
  return { subprotocols: text.split(/[\s,]+/).filter((name) => name !== ""), byParameter: true };
}

/** The reference for a device that may be referred to `url`; undefined where it speaks nothing that we do. */
export function offerOf({ subprotocols, byParameter }: Advertised, url: string): LightOffer | undefined {
  const subprotocol = chosen(subprotocols, SUBPROTOCOLS);
  return subprotocol === undefined ? undefined : { url, subprotocol, byParameter };
}
