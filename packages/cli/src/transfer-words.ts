import type { Operation, Transfer } from "@heliograph/api";
import { printable } from "./output.ts";

/** How far a file has come that the device has not told of yet. */
export function transferSentence(transfer: Transfer | undefined): string {
  const { progress, kind } = transfer ?? {};
  if (progress === undefined) return "the device has accepted it, and is to say what came of it";
  const verb = kind === "Upload" ? "sent" : "fetched";
  return `the device has ${verb} ${progress.bytes} of ${progress.of} bytes, and is to say what came of it`;
}

/** What the device said in the end; undefined where it has said nothing. */
export function reportLine({ transfer }: Operation): string | undefined {
  const { report, kind = "", file } = transfer ?? {};
  if (report === undefined) return undefined;
  const { faultCode, faultString = "" } = report;
  if (faultCode !== 0)
    return printable(`${kind}: the device reports fault ${faultCode} ${faultString}`.trimEnd());
  const moved = file === undefined ? "" : `; file ${file}`;
  return printable(`${kind}: the device says that it is done${moved}${softwareWords(transfer?.software)}`);
}

/** What became of the device's software, where it is known. */
function softwareWords({ before, after }: NonNullable<Transfer["software"]> = {}): string {
  if (before === undefined || after === undefined) return "";
  return before === after ? `; it still runs ${after}` : `; it ran ${before}, and runs ${after}`;
}
