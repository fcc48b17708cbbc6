import type {
  Configuration,
  ConfigurationRequest,
  ConfigurationVersionList,
  DesiredState,
} from "../configurations.ts";
import type { CallOptions } from "./call-options.ts";
import { askJson, segments, type Transport } from "./transport.ts";

/** What single devices are to hold. */
export interface ConfigurationsClient {
  get(device: string, options?: CallOptions): Promise<Configuration>;
  /** In place of what it was to hold alone before. */
  set(device: string, request: ConfigurationRequest, options?: CallOptions): Promise<Configuration>;
  remove(device: string, options?: CallOptions): Promise<void>;
  versions(device: string, options?: CallOptions): Promise<ConfigurationVersionList>;
  /** Together with what policies of its groups say. */
  desired(device: string, options?: CallOptions): Promise<DesiredState>;
}

export function configurationsClient(transport: Transport): ConfigurationsClient {
  const own = (device: string, ...rest: readonly string[]): string =>
    segments("devices", device, "configuration", ...rest);
  return {
    get: (device, { signal } = {}) => askJson(transport, { method: "GET", path: own(device), signal }),
    set: (device, body, { signal } = {}) =>
      askJson(transport, { method: "PUT", path: own(device), body, signal }),
    async remove(device, { signal } = {}) {
      await transport({ method: "DELETE", path: own(device), signal });
    },
    versions: (device, { signal } = {}) =>
      askJson(transport, { method: "GET", path: own(device, "versions"), signal }),
    desired: (device, { signal } = {}) =>
      askJson(transport, { method: "GET", path: segments("devices", device, "desired"), signal }),
  };
}
