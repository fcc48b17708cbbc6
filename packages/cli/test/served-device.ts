import { dataModel } from "@heliograph/agent";
import { startDevice, type RunningDevice } from "@heliograph/agent/node";
import { freePort, tempDir, type TempDir } from "@heliograph/testkit";
import { HeliographProcess, type Ended } from "./heliograph-process.ts";

export const SERIAL = "SN0001";
export const CHANNEL = "Device.WiFi.Radio.1.Channel";

const OUI = "00D09E";
const PRODUCT = "IGD";
export const KEY = `${OUI}-${PRODUCT}-${SERIAL}`;

/** An ACS by the command line, what is watched of it, and one device that has its own credentials. */
export class ServedDevice implements AsyncDisposable {
  readonly folder: TempDir;
  readonly southbound: string;
  readonly northbound: string;
  readonly server: HeliographProcess;
  readonly watch: HeliographProcess;
  readonly device: RunningDevice;
  readonly #started: AsyncDisposableStack;

  private constructor(
    parts: Pick<ServedDevice, "folder" | "southbound" | "northbound" | "server" | "watch" | "device">,
    started: AsyncDisposableStack,
  ) {
    this.folder = parts.folder;
    this.southbound = parts.southbound;
    this.northbound = parts.northbound;
    this.server = parts.server;
    this.watch = parts.watch;
    this.device = parts.device;
    this.#started = started;
  }

  /** `texts`: what the device has besides its channel. */
  static async start(texts: Readonly<Record<string, string>> = {}): Promise<ServedDevice> {
    await using starting = new AsyncDisposableStack();
    const folder = starting.use(tempDir());
    const southbound = `127.0.0.1:${await freePort()}`;
    const northbound = `127.0.0.1:${await freePort()}`;
    const listeners = ["--southbound", southbound, "--northbound", northbound];
    const own = environment(folder);
    const server = starting.use(new HeliographProcess(["serve", ...listeners], own));
    await server.line(/^Try next:$/);
    const watch = starting.use(new HeliographProcess(["watch", "--since", "0"], own));
    const written = Object.entries(texts).map(
      ([path, value]) => [path, { type: "string", value, writable: true }] as const,
    );
    const device = await startDevice({
      acsUrl: `http://${southbound}/`,
      deviceId: { Manufacturer: "Acme", OUI, ProductClass: PRODUCT, SerialNumber: SERIAL },
      dataModel: dataModel({
        [CHANNEL]: { type: "unsignedInt", value: 36, writable: true },
        ...Object.fromEntries(written),
      }),
      light: "not",
      restartMs: 0,
    });
    starting.defer(() => device.close());
    await watch.line(/ credentials-confirmed/);
    return new ServedDevice({ folder, southbound, northbound, server, watch, device }, starting.move());
  }

  /** As whoever runs the ACS. */
  get environment(): Readonly<Record<string, string>> {
    return environment(this.folder);
  }

  /** One command, to its end. */
  async heliograph(...args: readonly string[]): Promise<Ended> {
    await using command = new HeliographProcess(args, this.environment);
    return await command.ended();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#started.disposeAsync();
  }
}

function environment(folder: TempDir): Readonly<Record<string, string>> {
  return { HOME: folder.path, HELIOGRAPH_DATA: folder.file("data") };
}
