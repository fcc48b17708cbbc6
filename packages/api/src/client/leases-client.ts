import type { Lease, LeaseRequest } from "../leases.ts";
import type { CallOptions } from "./call-options.ts";
import { askJson, segments, type Transport } from "./transport.ts";

/** One manager at a time. */
export interface LeasesClient {
  get(device: string, options?: CallOptions): Promise<Lease>;
  /** Begins a lease, or lets one's own end at another time. */
  take(device: string, request?: LeaseRequest, options?: CallOptions): Promise<Lease>;
  /** Of oneself, or of somebody else for whoever may. */
  end(device: string, options?: CallOptions): Promise<void>;
}

export function leasesClient(transport: Transport): LeasesClient {
  const lease = (device: string): string => segments("devices", device, "lease");
  return {
    get: (device, { signal } = {}) => askJson(transport, { method: "GET", path: lease(device), signal }),
    take: (device, body = {}, { signal } = {}) =>
      askJson(transport, { method: "PUT", path: lease(device), body, signal }),
    async end(device, { signal } = {}) {
      await transport({ method: "DELETE", path: lease(device), signal });
    },
  };
}
