import { chownSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Image } from "./build.ts";
import { Container } from "./container.ts";
import { startExample } from "./example-device.ts";
import { Switch } from "./switch.ts";

const ACCOUNT = 7547;

/** One process with its data in a volume, as `packaging/docker/compose.yaml` has it; gives whether it ended well. */
export async function serveOne(image: Image): Promise<boolean> {
  using made = new DisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "heliograph-volume-"));
  made.defer(() => {
    rmSync(folder, { recursive: true });
  });
  chownSync(folder, ACCOUNT, ACCOUNT);
  const network = made.use(new Switch(join(folder, "hosts")));
  const space = network.join("heliograph");
  const mounts = [
    { at: image.volume, from: folder },
    { at: "/tmp", memory: "mode=1777" },
  ];
  const began = performance.now();
  const container = made.use(await Container.start(image, { network: space, mounts }));
  await container.healthy();
  console.log(`one process: healthy after ${((performance.now() - began) / 1_000).toFixed(1)} s`);
  console.log(`  /readyz: ${network.run(space, ["curl", "--silent", "http://127.0.0.1:8080/readyz"])}`);
  showConfinement(container, [`${image.volume}/x`, "/tmp/x", "/opt/heliograph/x", "/etc/x"]);
  const device = { space, program: "light-device.ts", args: [], until: "is attached" };
  const end = await startExample(network, device);
  console.log(container.heliograph("devices"));
  console.log(container.heliograph("get", "0001", "Device.WiFi.Radio.1.Channel"));
  await end();
  const { code, seconds } = await container.stop();
  console.log(`  SIGTERM: ended with ${String(code)} after ${seconds} s`);
  return code === 0;
}

/** Prints what the server's process may do. */
function showConfinement(container: Container, paths: readonly string[]): void {
  const status = readFileSync(`/proc/${container.pid}/status`, "utf8");
  const of = (name: string): string => new RegExp(`^${name}:\\s*(\\S+)`, "m").exec(status)?.[1] ?? "";
  console.log(`  account ${of("Uid")}, capabilities ${of("CapEff")}, may gain none: ${of("NoNewPrivs")}`);
  const write = (path: string): string => {
    try {
      container.run(["touch", path]);
      return "written";
    } catch {
      return "refused";
    }
  };
  console.log(`  ${paths.map((path) => `${path}: ${write(path)}`).join(", ")}`);
}
