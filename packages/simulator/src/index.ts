export type { Counted, Latencies } from "./counts.ts";
export type { FleetOptions } from "./fleet-options.ts";
export * from "./fleet.ts";
export type { Percentiles } from "./histogram.ts";
export { spoken, type Mix, type Spoken } from "./mix.ts";
export { deviceKinds, isDeviceKind, type DeviceKind } from "./models/device-kind.ts";
export * from "./rates.ts";
export * from "./simulated-nat.ts";
export type { Failure, Part, Progress } from "./tally.ts";
export {
  isTransferTrouble,
  transferTroubles,
  type TransferTrouble,
  type TransferTroubleShares,
} from "./transfer-trouble.ts";
export * from "./trouble.ts";
export type { Weakness } from "./weakness.ts";
