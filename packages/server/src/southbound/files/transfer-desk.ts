import type { DeviceKey } from "@heliograph/protocol";
import { asError, isEnd } from "../../ports/index.ts";
import type {
  Clock,
  FileRecord,
  Log,
  NewFile,
  OperationId,
  OperationRecord,
  Store,
} from "../../ports/index.ts";
import type { FileServerPorts, Reading } from "./file-server.ts";
import type { ExpectedUpload, UploadServerPorts } from "./upload-server.ts";

interface DeskPorts {
  readonly store: Pick<Store, "operation" | "commit">;
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
}

export type TransferDesk = Pick<FileServerPorts, "isOpen" | "onRead"> &
  Pick<UploadServerPorts, "expected" | "onUploaded">;

/** What the servers of files know of transfers, and what they tell of them. */
export function transferDesk(ports: DeskPorts): TransferDesk {
  const { store } = ports;
  return {
    async isOpen(transfer) {
      const operation = await store.operation(transfer);
      return operation?.transfer !== undefined && !isEnd(operation.state);
    },
    onRead(reading) {
      keepReading(reading, ports).catch((error: unknown) => {
        ports.log.warn("what a device read could not be kept", { error: asError(error) });
      });
    },
    async expected(transfer) {
      const operation = await store.operation(transfer);
      return operation === undefined || isEnd(operation.state) ? undefined : expectedOf(operation);
    },
    onUploaded: (transfer, file) => keepUpload(transfer, file, ports),
  };
}

/** Nobody waits for it: what is lost is shown late, or not at all. */
async function keepReading({ transfer, file, span }: Reading, { store, clock }: DeskPorts): Promise<void> {
  const progress = { bytes: span.to, of: file.bytes, at: clock.now() };
  await store.commit("record-progress", { operation: transfer, progress, events: [] }, "soon");
}

async function keepUpload(
  transfer: OperationId,
  { id, bytes, kind, device }: FileRecord,
  { store, clock }: DeskPorts,
): Promise<void> {
  const at = clock.now();
  const progress = { bytes, of: bytes, at, received: id };
  const data = { file: id, kind, bytes, operation: transfer };
  const events = device === undefined ? [] : [{ at, device, name: "file-received", data }];
  const { held } = await store.commit("record-progress", { operation: transfer, progress, events });
  if (!held) throw new Error("the transfer has a file already, or is gone");
}

function expectedOf({ transfer, rpcs, device, createdAt }: OperationRecord): ExpectedUpload | undefined {
  if (transfer?.kind !== "Upload") return undefined;
  if (transfer.progress?.received !== undefined) return { type: "received" };
  const kind = rpcs.at(-1)?.params["FileType"];
  const file: NewFile = {
    name: nameOf(device, createdAt),
    kind: typeof kind === "string" ? kind : "",
    target: {},
    device,
  };
  return { type: "wanted", file };
}

const MAX_KEY_CHARS = 64;

/** The device, as far as a file's name takes it, and when the file was asked for. */
function nameOf(device: DeviceKey, at: number): string {
  const key = device.replace(/[^A-Za-z0-9.-]/g, "_").slice(0, MAX_KEY_CHARS);
  return `${key}-${new Date(at).toISOString().replace(/[-:]|\.\d+/g, "")}`;
}
