import { execFileSync, type ChildProcess } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import type { Switch } from "./switch.ts";

export interface Neighbourhood {
  readonly network: Switch;
  /** Where they keep what they write. */
  readonly folder: string;
  /** Where the Compose file is, and what was prepared for it. */
  readonly roles: string;
  readonly secrets: string;
}

export interface Proxy {
  readonly space: string;
  readonly nginx: ChildProcess;
}

/** Why they cannot be run here; undefined where they can. */
export function whyNoNeighbours(): string | undefined {
  const missing = ["nats-server", "nginx", "openssl", "go", "setpriv"].find((name) => !isOnPath(name));
  if (missing !== undefined) return `needs ${missing} on PATH`;
  return postgresPrograms() === undefined ? "needs PostgreSQL" : undefined;
}

/** PostgreSQL with TLS, as the Compose file starts it. */
export async function startPostgres(around: Neighbourhood): Promise<ChildProcess> {
  const { network } = around;
  const space = network.join("postgres");
  const { home, become } = makeCluster(around, space);
  const said = {
    listen_addresses: "*",
    unix_socket_directories: home,
    ...{ ssl: "on", ssl_cert_file: `${home}/postgres.pem`, ssl_key_file: `${home}/postgres.key` },
  };
  const flags = Object.entries(said).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const server = network.start(space, [...become, program("postgres"), "-D", `${home}/data`, ...flags]);
  const at = [`--host=${home}`, "--username=heliograph"];
  await untilDone(() => {
    network.run(space, [program("pg_isready"), "--quiet", ...at, "--dbname=postgres"]);
  });
  network.run(space, [program("createdb"), ...at, "heliograph"]);
  return server;
}

/** Its account is PostgreSQL's own, and so is everything in its home. */
function makeCluster({ network, folder, secrets }: Neighbourhood, space: string) {
  const [uid = 0, gid = 0] = ["-u", "-g"].map((of) => Number(execFileSync("id", [of, "postgres"])));
  const home = join(folder, "postgres");
  mkdirSync(home);
  chownSync(home, uid, gid);
  const own = (name: string, text: string | Buffer): void => {
    writeFileSync(join(home, name), text, { mode: 0o600 });
    chownSync(join(home, name), uid, gid);
  };
  const { POSTGRES_PASSWORD = "" } = parseEnv(readFileSync(join(secrets, "postgres.env"), "utf8"));
  own("password", POSTGRES_PASSWORD);
  for (const name of ["postgres.pem", "postgres.key"]) own(name, readFileSync(join(secrets, name)));
  const become = ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
  const kind = ["--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256"];
  const login = ["--username=heliograph", `--pwfile=${home}/password`];
  network.run(space, [...become, program("initdb"), ...kind, ...login, `${home}/data`]);
  writeFileSync(join(home, "data/pg_hba.conf"), "local all all trust\nhostssl all all all scram-sha-256\n");
  return { home, become };
}

export async function startNats({ network, folder, roles, secrets }: Neighbourhood): Promise<ChildProcess> {
  const path = join(folder, "nats.conf");
  const text = configured(join(roles, "nats.conf"), secrets).replace('"/data"', `"${join(folder, "nats")}"`);
  writeFileSync(path, text);
  const env = { ...process.env, ...parseEnv(readFileSync(join(secrets, "nats.env"), "utf8")) };
  const space = network.join("nats");
  const server = network.start(space, ["nats-server", "-c", path, "-l", join(folder, "nats.log")], env);
  await untilDone(() => {
    network.run(space, ["bash", "-c", "exec 2>/dev/null 3<>/dev/tcp/nats/4222"]);
  });
  return server;
}

/** nginx, under the name of the ACS; gives its namespace, too. */
export async function startProxy(at: Neighbourhood, name: string): Promise<Proxy> {
  const { network, folder, roles, secrets } = at;
  const path = join(folder, "nginx.conf");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  const text = configured(join(roles, "nginx.conf"), secrets).replace(
    "http {",
    `http { access_log off; ${temporary.join(" ")}`,
  );
  const foreground = `daemon off; user root; error_log stderr warn; pid ${join(folder, "nginx.pid")};`;
  writeFileSync(path, `${foreground}\n${text}`);
  const space = network.join(name);
  const nginx = network.start(space, ["nginx", "-e", "stderr", "-p", folder, "-c", path]);
  await untilDone(() => {
    network.run(space, ["bash", "-c", `exec 2>/dev/null 3<>/dev/tcp/${name}/443`]);
  });
  return { space, nginx };
}

/** With certificates where they were made. */
function configured(path: string, secrets: string): string {
  return readFileSync(path, "utf8").replaceAll("/run/certificates", secrets);
}

/** Of PostgreSQL. */
function program(name: string): string {
  return join(postgresPrograms() ?? "", name);
}

/** Where the newest that is installed has its programs. */
function postgresPrograms(): string | undefined {
  const versions = "/usr/lib/postgresql";
  if (!existsSync(versions)) return undefined;
  const [newest] = readdirSync(versions).sort((one, other) => Number(other) - Number(one));
  return newest === undefined ? undefined : join(versions, newest, "bin");
}

const TRIES = 60;
const TRY_MS = 500;

async function untilDone(act: () => void): Promise<void> {
  for (let left = TRIES; ; left -= 1) {
    try {
      act();
      return;
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((settle) => setTimeout(settle, TRY_MS));
    }
  }
}

function isOnPath(program: string): boolean {
  const folders = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin"];
  return folders.some((folder) => existsSync(join(folder, program)));
}
