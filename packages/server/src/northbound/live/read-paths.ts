import { checkParams, deviceRpcs } from "@heliograph/protocol";
import type { DeviceKey, ParameterValues } from "@heliograph/protocol";
import { subjects } from "../../ports/index.ts";
import type { OperationRecord, RpcAsk } from "../../ports/index.ts";
import { newOperationId } from "../carry-out.ts";
import type { NorthboundPorts } from "../settings.ts";

/** What came of asking a device for values. */
export type PathsRead =
  | { readonly type: "values"; readonly values: ParameterValues }
  /** By the device, which gives none of them for that. */
  | { readonly type: "faulted"; readonly detail: string }
  | { readonly type: "unanswered"; readonly detail: string };

/** A read that takes longer has met a device that is not there. */
const READ_MS = 20_000;
const MANAGER = "live";

/** By the ACS's own right: whoever watches is told no more than they may read. */
export async function readPaths(
  paths: readonly string[],
  { ports, device }: { readonly ports: NorthboundPorts; readonly device: DeviceKey },
): Promise<PathsRead> {
  const now = ports.clock.now();
  const ask: RpcAsk = {
    id: newOperationId(ports.random),
    rpcs: [{ method: "GetParameterValues", params: { ParameterNames: [...paths] } }],
    manager: MANAGER,
    automatic: MANAGER,
    waitMs: READ_MS,
    expiresAt: now + READ_MS,
  };
  const reply = await ports.bus.request(subjects.rpc(device), ask, { timeoutMs: 2 * READ_MS });
  return reply.type === "operation" ? outcomeOf(reply.operation) : unanswered(reply.detail);
}

function outcomeOf({ outcomes: [outcome] }: OperationRecord): PathsRead {
  if (outcome === undefined) return unanswered("the device did not answer in time");
  const { fault, result } = outcome;
  if (fault !== undefined) return { type: "faulted", detail: `${fault.code}: ${fault.message}` };
  const read = checkParams(deviceRpcs.GetParameterValues.answer, result, { strictness: "kinds" });
  if (!read.ok) return unanswered("its answer cannot be understood");
  return { type: "values", values: read.value.ParameterList };
}

function unanswered(detail: string): PathsRead {
  return { type: "unanswered", detail };
}
