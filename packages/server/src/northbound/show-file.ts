import type { File } from "@heliograph/api";
import type { FileRecord } from "../ports/index.ts";
import { present } from "./present.ts";
import { showTime } from "./show-time.ts";

export function showFile({ target, addedAt, ...file }: FileRecord): File {
  const { id, name, kind, version, device, bytes, sha256, md5 } = file;
  return present({
    id,
    name,
    kind,
    version,
    ...target,
    device,
    bytes,
    sha256,
    md5,
    added: showTime(addedAt),
  });
}
