import type { Subprotocol } from "../../speech/speech.ts";
import type { DeviceCase } from "./asking.ts";
import { attachCases, comingCases, saidCases, soapSaidCases } from "./coming.ts";
import { deviceFrameCases } from "./frames.ts";
import { livingCases } from "./living.ts";
import { returningCases } from "./returning.ts";
import { jsonRpcCases, rpcCases, soapRpcCases } from "./rpcs.ts";
import { deviceTokenCases } from "./tokens.ts";

const [reboots, harmless] = [
  rpcCases.filter(({ needs }) => needs !== undefined),
  rpcCases.filter(({ needs }) => needs === undefined),
];
const last: readonly DeviceCase[] = [...livingCases, ...reboots, ...returningCases, ...saidCases];

/** What a device is tested for, in the order in which it is done. */
export const deviceCases: Readonly<Record<Subprotocol, readonly DeviceCase[]>> = {
  "cwmp.json": [...comingCases, ...attachCases, ...harmless, ...jsonRpcCases, ...deviceTokenCases, ...last],
  "cwmp.soap": [...comingCases, ...harmless, ...soapRpcCases, ...last, ...soapSaidCases],
  "v12.stomp": [...comingCases, ...harmless, ...jsonRpcCases, ...deviceFrameCases, ...last],
};
