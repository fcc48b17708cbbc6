import { decodeLightRequest } from "@heliograph/protocol";
import {
  nameFromDevice,
  resultStatuses,
  type RecordResult,
  type Report,
  type ReportReply,
} from "../ports/index.ts";
import type { EnginePorts } from "./engine-ports.ts";

/** Keeps what a device says of a publication. What is of no channel of its own is heard, and kept nowhere. */
export async function keepResult(
  report: Report,
  { store }: Pick<EnginePorts, "store">,
): Promise<ReportReply> {
  const change = resultChange(report);
  if (change !== undefined) await store.commit("record-result", change);
  return { type: "stored" };
}

function resultChange({ device, at, params }: Report): RecordResult | undefined {
  const decoded = decodeLightRequest("PublishResult", params);
  if (!decoded.ok || decoded.value.method !== "PublishResult") return undefined;
  const { Channel, Epoch: epoch, Offset: offset, Status, Data: data } = decoded.value.params;
  const channel = nameFromDevice(device, Channel);
  const status = resultStatuses.find((each) => each === Status);
  if (channel === undefined || status === undefined) return undefined;
  const told = { channel, epoch, offset, ...(data === undefined ? {} : { data }) };
  return {
    channel,
    device,
    result: { epoch, offset, status, at, ...(data === undefined ? {} : { data }) },
    events: [{ at, device, name: `publication-${status}`, data: told }],
  };
}
