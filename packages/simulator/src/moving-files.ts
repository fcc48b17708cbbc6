import type { DataModel, Transfer, TransferHandler } from "@heliograph/agent";
import { httpTransfer } from "@heliograph/agent/node";

/** The last number with dots in a file's name, such as `2.1.0` in `router-2.1.0.bin`. */
const VERSION = /\d+(?:\.\d+)+(?!.*\d\.\d)/;

/** Fetches and sends files as they are asked for: a firmware is run by the version in its name, a configuration is its own. */
export function movingFiles(model: DataModel): TransferHandler {
  return httpTransfer({
    receive(_, transfer) {
      const version = versionIn(transfer);
      if (version !== undefined) model.set(`${model.root}DeviceInfo.SoftwareVersion`, version);
    },
    provide: () => Uint8Array.from(Buffer.from(configurationOf(model))),
  });
}

function versionIn({ FileType, URL: url }: Transfer): string | undefined {
  if (!FileType.startsWith("1 ")) return undefined;
  const name = new URL(url).pathname.split("/").at(-1) ?? "";
  return VERSION.exec(name.replaceAll("%20", " "))?.[0];
}

/** What tells the device from others of its kind, as any device has it. */
function configurationOf(model: DataModel): string {
  const names = ["SoftwareVersion", "HardwareVersion", "SerialNumber"];
  const lines = names.map((name) => `${name}=${String(model.get(`${model.root}DeviceInfo.${name}`) ?? "")}`);
  return `${lines.join("\n")}\n`;
}
