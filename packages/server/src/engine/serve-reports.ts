import { decodeAcsRequest } from "@heliograph/protocol";
import {
  subjects,
  type EngineId,
  type RecordReport,
  type Report,
  type ReportReply,
  type Subscription,
  type TransferReport,
} from "../ports/index.ts";
import type { Devices, Opening } from "./devices.ts";
import type { EnginePorts } from "./engine-ports.ts";
import { keepResult } from "./publish-result.ts";
import { reportChange } from "./report.ts";
import type { ToldKinds } from "./told-kinds.ts";
import { ownerOf } from "./transfer-report.ts";
import { settlingOf, transferIn } from "./transfer-settling.ts";

interface Serving {
  readonly owned: Devices;
  readonly ports: EnginePorts;
  readonly told: ToldKinds;
}

/** Serves what devices report by requests of their own: it is stored before it is answered. */
export function serveReports(id: EngineId, serving: Serving): Subscription {
  return serving.ports.bus.serve(subjects.report(id), (report) => keepReport(report, serving));
}

function keepReport(report: Report, serving: Serving): Promise<ReportReply> {
  const { owned, ports } = serving;
  if (report.method === "PublishResult") return keepResult(report, ports);
  const transfer = report.method === "TransferComplete" ? readReport(report) : undefined;
  if (transfer === undefined) return record(reportChange(report), ports);
  return owned.open(report.device, () => settle(report, transfer, serving));
}

/** Ends the transfer that the report is of, with it and in one transaction. */
async function settle(
  report: Report,
  transfer: TransferReport,
  { ports, told }: Serving,
): Promise<Opening<ReportReply>> {
  const { device, credentialVersion, at: now } = report;
  const change = reportChange(report);
  const operations = await ports.store.transfers(device);
  const known = operations.map(transferIn).filter((each) => each !== undefined);
  const owner = ownerOf(known, { report: transfer, kinds: told.of(report.connection) });
  if (owner.type === "nobody") return { reply: await record(change, ports) };
  if (owner.type === "repeats") return { reply: await record({ ...change, events: [] }, ports) };
  const { operation: id } = owner.transfer;
  const operation = operations.find((each) => each.id === id);
  const settling =
    operation &&
    settlingOf(operation, {
      input: { type: "reported", report: transfer, now },
      events: change.events.map((event) => ({ ...event, data: { ...event.data, operation: id } })),
      report: { key: change.reportKey, credentialVersion },
    });
  if (settling === undefined) return { reply: await record(change, ports) };
  const { held } = await ports.store.commit("settle-transfer", settling);
  if (!held) return { reply: { type: "superseded" } };
  return { reply: { type: "stored" }, input: { type: "settled", now, operation: id } };
}

async function record(change: RecordReport, { store }: EnginePorts): Promise<ReportReply> {
  const { held } = await store.commit("record-report", change);
  return { type: held ? "stored" : "superseded" };
}

function readReport({ method, params }: Report): TransferReport | undefined {
  const decoded = decodeAcsRequest(method, params);
  if (!decoded.ok || decoded.value.method !== "TransferComplete") return undefined;
  const { CommandKey, FaultStruct, StartTime, CompleteTime } = decoded.value.params;
  return {
    commandKey: CommandKey ?? "",
    faultCode: FaultStruct.FaultCode,
    ...(FaultStruct.FaultString === "" ? {} : { faultString: FaultStruct.FaultString }),
    startTime: StartTime,
    completeTime: CompleteTime,
  };
}
