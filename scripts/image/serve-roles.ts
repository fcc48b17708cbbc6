import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { ROOT } from "../check/sources.ts";
import type { Image } from "./build.ts";
import { Container } from "./container.ts";
import { startExample } from "./example-device.ts";
import { startNats, startPostgres, startProxy, type Neighbourhood } from "./neighbours.ts";
import { Switch } from "./switch.ts";

const ROLES = ["cwmp", "light", "engine", "api"] as const;
const OF_EACH = 2;
const NAME = "acs.example";

/** What the environment of each service is, by its name. */
type Compose = ReadonlyMap<string, Variables>;

type Variables = Readonly<Record<string, string>>;

/**
 * Two processes of each role with PostgreSQL, NATS and a proxy, each on a machine of its own, told what
 * `packaging/docker/roles` tells them; gives whether all ended well.
 */
export async function serveRoles(image: Image): Promise<boolean> {
  using made = new DisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "heliograph-roles-"));
  made.defer(() => {
    rmSync(folder, { recursive: true });
  });
  // Others than root go in there, too.
  execFileSync("chmod", ["0711", folder]);
  const roles = resolve(ROOT, "packaging/docker/roles");
  const secrets = join(folder, "secrets");
  execFileSync("bash", [join(roles, "prepare.sh"), NAME, secrets], { stdio: "ignore" });
  const hosts = join(folder, "hosts");
  const network = made.use(new Switch(hosts));
  const around = { network, folder, roles, secrets };
  const neighbours = [await startPostgres(around), await startNats(around)];
  for (const child of neighbours) made.defer(() => void child.kill("SIGINT"));
  const prepared = parseEnv(readFileSync(join(secrets, "heliograph.env"), "utf8"));
  const compose = readCompose(join(roles, "compose.yaml"));
  const mounts = [
    { at: image.volume, memory: "uid=7547,gid=7547,mode=0700" },
    { at: "/tmp", memory: "mode=1777" },
    { at: "/etc/heliograph/ca.pem", from: join(secrets, "ca.pem") },
    { at: "/etc/hosts", from: hosts },
  ];
  const started: { readonly role: string; readonly container: Container }[] = [];
  for (const role of ROLES.flatMap((each) => Array<typeof each>(OF_EACH).fill(each))) {
    // Nobody is there to approve devices.
    const last = { ...compose.get(role), HELIOGRAPH_OPEN_ENROLMENT: "all" };
    const told = { ...image, environment: { ...image.environment, ...prepared, ...last } };
    started.push({
      role,
      container: made.use(await Container.start(told, { network: network.join(role), mounts })),
    });
  }
  for (const { container } of started) await container.healthy();
  console.log(`roles: ${started.map(({ role }) => role).join(", ")} are healthy`);
  const proxy = await startProxy(around, NAME);
  made.defer(() => void proxy.nginx.kill());
  await haveDevices(around, started.find(({ role }) => role === "api")?.container);
  const ends = await Promise.all(
    started.map(async ({ role, container }) => ({ role, ...(await container.stop()) })),
  );
  console.log(
    `  SIGTERM: ${ends.map(({ role, code, seconds }) => `${role} ${String(code)} after ${seconds} s`).join(", ")}`,
  );
  return ends.every(({ code }) => code === 0);
}

/** One of each transport comes by TLS, through the proxy; the light one is called. */
async function haveDevices({ network, secrets }: Neighbourhood, api: Container | undefined): Promise<void> {
  const space = network.join("devices");
  const url = `https://${NAME}/`;
  const come = { space, authorities: join(secrets, "ca.pem") };
  await using coming = new AsyncDisposableStack();
  const light = { program: "light-device.ts", args: [url, "0001"], until: "is attached" };
  coming.defer(await startExample(network, { ...come, ...light }));
  const classic = { program: "classic-device.ts", args: [url, "0002"], until: "nothing more" };
  coming.defer(await startExample(network, { ...come, ...classic }));
  console.log(api?.heliograph("devices"));
  console.log(api?.heliograph("get", "0001", "Device.WiFi.Radio.1.Channel"));
}

function readCompose(path: string): Compose {
  const environment = { ...process.env, GO111MODULE: "off", GOPATH: "/usr/share/gocode" };
  const printed = execFileSync("go", ["run", "./packaging/helm/render", "yaml", path], {
    cwd: ROOT,
    env: environment,
    encoding: "utf8",
  });
  const file: unknown = JSON.parse(printed);
  const services = isRecord(file) && isRecord(file["services"]) ? file["services"] : {};
  return new Map(
    Object.entries(services).map(([name, service]) => {
      const said = isRecord(service) && isRecord(service["environment"]) ? service["environment"] : {};
      return [
        name,
        Object.fromEntries(Object.entries(said).map(([variable, value]) => [variable, String(value)])),
      ];
    }),
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
