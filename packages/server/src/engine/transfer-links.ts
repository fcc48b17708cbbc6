import type { DeviceKey } from "@heliograph/protocol";
import {
  fileId,
  isTransferKind,
  referredFile,
  UPLOAD_REFERENCE,
  type Clock,
  type DeviceCall,
  type OperationId,
  type Store,
  type TransferUrls,
} from "../ports/index.ts";

interface LinkPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly urls: TransferUrls;
}

/**
 * The call with a link of its own where it names a file of ours, or asks for one: it is made as the call leaves, so that it
 * is good for as long as the transfer may take, and stands nowhere else.
 */
export async function withLink(
  device: DeviceKey,
  { operation, call }: { readonly operation: OperationId; readonly call: DeviceCall },
  ports: LinkPorts,
): Promise<DeviceCall> {
  const { method, params } = call;
  const { URL: named } = params;
  if (!isTransferKind(method) || typeof named !== "string") return call;
  const file = fileId(referredFile(named) ?? "");
  if (file === undefined && named !== UPLOAD_REFERENCE) return call;
  const { store, clock, urls } = ports;
  const patienceMs = (await store.operation(operation))?.transfer?.patienceMs ?? 0;
  const link = {
    transfer: operation,
    expiresAt: clock.now() + patienceMs,
    deviceAcsUrl: await acsUrlOf(device, store),
  };
  const url = file === undefined ? urls.upload(link) : urls.download({ ...link, file });
  return url === undefined ? call : { method, params: { ...params, URL: url } };
}

/** By what URL the device says that it reaches the ACS; undefined where it has not said. */
async function acsUrlOf(device: DeviceKey, store: Store): Promise<string | undefined> {
  const root = (await store.device(device))?.facts.root;
  if (root === undefined) return undefined;
  const object = `${root}ManagementServer.`;
  const value = (await store.parameters(device, object))[object]?.["URL"]?.value;
  return typeof value === "string" ? value : undefined;
}
