import { routes, type DownloadRequest, type UploadRequest } from "@heliograph/api";
import type { JsonObject } from "@heliograph/protocol";
import { fileReference, UPLOAD_REFERENCE, type DeviceCall, type FileRecord } from "../ports/index.ts";
import type { Manager } from "./authentication.ts";
import { carryOut } from "./carry-out.ts";
import { findFile } from "./file-handlers.ts";
import { isRefusal } from "./refusal.ts";
import { checkCalls } from "./rpc-check.ts";
import { serve, type Asked as RouteAsked } from "./serve.ts";
import type { RestPorts } from "./settings.ts";

const CONFIGURATION = "1 Vendor Configuration File";
const AT_ANY_TIME = "1 At Any Time";

/** Moves files of ours: the calls name them, and get their links as they leave. */
export function transferHandlers(ports: RestPorts, signal: AbortSignal) {
  const call = async (rpc: DeviceCall, { params, headers, body, manager }: Asked) => {
    const rpcs = checkCalls([rpc], () => "$");
    if (isRefusal(rpcs)) return rpcs;
    const by = { manager, idempotencyKey: headers["idempotency-key"] };
    return carryOut(ports, { device: params.key, rpcs, asking: body, ...by }, signal);
  };
  return {
    downloadFile: serve(routes.downloadFile, async ({ input, manager }) => {
      const file = await findFile(ports, input.body.file);
      return isRefusal(file) ? file : call(downloadCall(file, input.body), { ...input, manager });
    }),

    uploadFile: serve(routes.uploadFile, async ({ input, manager }) =>
      call(uploadCall(input.body), { ...input, manager }),
    ),
  };
}

type Asked = Pick<RouteAsked<typeof routes.downloadFile>["input"], "params" | "headers"> & {
  readonly body: DownloadRequest | UploadRequest;
  readonly manager: Manager;
};

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
