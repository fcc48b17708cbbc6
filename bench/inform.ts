import { encodeRequest, grouped, type SoapHeader } from "@heliograph/protocol";
import type { Parameter } from "./parameters.ts";

/** How a device of the bench writes its Inform. */
export interface InformOptions {
  readonly serial: number;
  readonly events: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly header?: SoapHeader;
}

/** As {@link informText} has the ACS name the device. */
export function keyOf(serial: number): string {
  return `00D09E-Bench-${serial}`;
}

const NAMESPACE = "urn:dslforum-org:cwmp-1-2";

export function informText({ serial, events, parameters, header }: InformOptions): string {
  return encodeRequest({
    namespace: NAMESPACE,
    id: "1",
    ...(header === undefined ? {} : { header }),
    request: {
      method: "Inform",
      params: {
        DeviceId: {
          Manufacturer: "Acme",
          OUI: "00D09E",
          ProductClass: "Bench",
          SerialNumber: String(serial),
        },
        Event: events.map((EventCode) => ({ EventCode })),
        MaxEnvelopes: 1,
        CurrentTime: new Date().toISOString(),
        RetryCount: 0,
        ParameterList: grouped(parameters),
      },
    },
  });
}
