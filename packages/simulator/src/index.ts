export type { FleetOptions } from "./fleet-options.ts";
export * from "./fleet.ts";
export type { Percentiles } from "./histogram.ts";
export { deviceKinds, isDeviceKind, type DeviceKind } from "./models/device-kind.ts";
export * from "./rates.ts";
export type { Failure, Latencies, Progress } from "./tally.ts";
export * from "./trouble.ts";
