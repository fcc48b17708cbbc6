import { routes, type DownloadRequest, type UploadRequest } from "@heliograph/api";
import { parseDeviceKey, type JsonObject } from "@heliograph/protocol";
import {
  fileReference,
  UPLOAD_REFERENCE,
  type DeviceCall,
  type FileRecord,
  type RpcAsk,
} from "../ports/index.ts";
import { unknownDevice } from "./device-handlers.ts";
import { findFile } from "./file-handlers.ts";
import { askEngine, expiry, newOperationId } from "./operation-handlers.ts";
import { isRefusal, refuseInput, type Refusal } from "./refusal.ts";
import { checkCalls } from "./rpc-check.ts";
import { give, serve } from "./serve.ts";
import type { RestPorts } from "./settings.ts";
import { showOperation } from "./show-operation.ts";

const CONFIGURATION = "1 Vendor Configuration File";
const AT_ANY_TIME = "1 At Any Time";

/** Moves files of ours: the calls name them, and get their links as they leave. */
export function transferHandlers(ports: RestPorts, signal: AbortSignal) {
  const carryOut = async (key: string, manager: string, asked: Asked) => {
    const device = parseDeviceKey(key);
    if (device === undefined) return unknownDevice(key);
    const ask = readAsk(asked, ports);
    if (isRefusal(ask)) return ask;
    const operation = await askEngine(ports, { key: device, signal, ask: { ...ask, manager } });
    if (isRefusal(operation)) return operation;
    const shown = showOperation(operation);
    if (operation.endedAt !== undefined) return give(200, shown);
    return give(202, shown, { location: `/api/v1/operations/${operation.id}` });
  };
  return {
    downloadFile: serve(routes.downloadFile, async ({ input: { params, headers, body }, manager }) => {
      const file = findFile(ports, body.file);
      if (isRefusal(file)) return file;
      const idempotencyKey = headers["idempotency-key"];
      return carryOut(params.key, manager.name, { body, idempotencyKey, call: downloadCall(file, body) });
    }),

    uploadFile: serve(routes.uploadFile, async ({ input: { params, headers, body }, manager }) => {
      const idempotencyKey = headers["idempotency-key"];
      return carryOut(params.key, manager.name, { body, idempotencyKey, call: uploadCall(body) });
    }),
  };
}

interface Asked {
  readonly body: DownloadRequest | UploadRequest;
  readonly idempotencyKey: string | undefined;
  readonly call: DeviceCall;
}

/** What the engine is asked; the manager is filled in by the caller. */
function readAsk(
  { body, idempotencyKey, call }: Asked,
  { clock, random }: RestPorts,
): Omit<RpcAsk, "manager"> | Refusal {
  const rpcs = checkCalls([call], () => "$");
  if (isRefusal(rpcs)) return rpcs;
  const expiresAt = expiry(body, clock.now());
  if (expiresAt !== undefined && expiresAt <= clock.now()) {
    return refuseInput("invalid-request", [
      { at: "$.expires", detail: "is past: give a time to come, or seconds" },
    ]);
  }
  return {
    id: newOperationId(random),
    rpcs,
    waitMs: Math.round((body.wait ?? 0) * 1000),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(body.automatic === undefined ? {} : { automatic: body.automatic }),
  };
}

function downloadCall(
  file: FileRecord,
  { delay = 0, windows, target = "", commandKey }: DownloadRequest,
): DeviceCall {
  const params = {
    ...keyOf(commandKey),
    FileType: file.kind,
    URL: fileReference(file.id),
    Username: "",
    Password: "",
    FileSize: file.bytes,
    TargetFileName: target,
  };
  if (windows === undefined) {
    const urls = { SuccessURL: "", FailureURL: "" };
    return { method: "Download", params: { ...params, DelaySeconds: delay, ...urls } };
  }
  const TimeWindowList = windows.map(
    ({ start, end, mode = AT_ANY_TIME, message = "", retries = 0 }): JsonObject => {
      const bounds = { WindowStart: delay + start, WindowEnd: delay + end };
      return { ...bounds, WindowMode: mode, UserMessage: message, MaxRetries: retries };
    },
  );
  return { method: "ScheduleDownload", params: { ...params, TimeWindowList } };
}

function uploadCall({ kind = CONFIGURATION, delay = 0, commandKey }: UploadRequest): DeviceCall {
  const params = {
    ...keyOf(commandKey),
    FileType: kind,
    URL: UPLOAD_REFERENCE,
    Username: "",
    Password: "",
    DelaySeconds: delay,
  };
  return { method: "Upload", params };
}

function keyOf(commandKey: string | undefined): { readonly CommandKey?: string } {
  return commandKey === undefined ? {} : { CommandKey: commandKey };
}
